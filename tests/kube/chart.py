"""What does the chart render to, and what may the worker do by it?"""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.kube.helm import build

CHART = Path(__file__).parents[2] / "helm"


def rendered(*sets: str, namespace: str = "headstart", release: str = "headstart") -> list[dict[str, Any]]:
    """The chart's manifests with these `--set` values, e.g. `actuation.enabled=true`."""
    flags = [part for one in sets for part in ("--set", one)]
    command = [str(build()), "template", release, str(CHART), "--namespace", namespace, *flags]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if run.returncode != 0:
        raise AssertionError(f"helm template failed: {run.stderr}")
    return [one for one in yaml.safe_load_all(run.stdout) if one]


@cache
def rules(*, actuation: bool) -> tuple[dict[str, Any], ...]:
    """All that the chart lets the worker do, as RBAC rules."""
    manifests = rendered(f"actuation.enabled={str(actuation).lower()}")
    return tuple(rule for one in manifests if one["kind"] == "ClusterRole" for rule in one["rules"])
