"""What does the chart render to, and what may the worker do by it?"""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

import yaml

from tests.kube.helm import build
from tests.kube.manifests import Manifest

CHART = Path(__file__).parents[2] / "helm"


def rendered(*sets: str, namespace: str = "headstart", release: str = "headstart") -> list[Manifest]:
    """The chart's manifests with these `--set` values, e.g. `actuation.enabled=true`."""
    flags = [part for one in sets for part in ("--set", one)]
    command = [str(build()), "template", release, str(CHART), "--namespace", namespace, *flags]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if run.returncode != 0:
        raise AssertionError(f"helm template failed: {run.stderr}")
    return [one for one in yaml.safe_load_all(run.stdout) if one]


@cache
def rules(*, actuation: bool) -> tuple[list[Manifest], list[Manifest]]:
    """What the chart lets the worker do, as RBAC rules: in its namespaces, and in the whole cluster."""
    roles = [
        one
        for one in rendered(f"actuation.enabled={str(actuation).lower()}", "rbac.namespaces={shop}")
        if one["kind"] == "ClusterRole"
    ]
    here: list[Manifest] = []
    everywhere: list[Manifest] = []
    for role in roles:
        (everywhere if role["metadata"]["name"].endswith("-cluster") else here).extend(role["rules"])
    return here, everywhere
