"""Where does Helm come from? Go builds it once, into a cache that outlives the clone.

    python -m tests.kube.helm            # build it now (needs go and the network; a few minutes)
    python -m tests.kube.helm --check    # only say whether it is there, or a Go that can build it

It lies in `$XDG_CACHE_HOME/headstart/helm/<version>/helm`. HELM names one that is installed already.
Standard library only, so that it runs before any environment exists.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tests.kube import binary
from tests.kube.binary import KubernetesUnavailableError, go_command, lock, workshop

VERSION = "v3.22.0"
SOURCE = f"helm.sh/helm/v3/cmd/helm@{VERSION}"


def helm() -> Path:
    """The path of the command; it exists once it was built."""
    named = os.environ.get("HELM")
    return Path(named) if named else binary.cache().with_name("helm") / VERSION / "helm"


def build() -> Path:
    """The command's path, built by Go if need be. Raises KubernetesUnavailableError."""
    command = helm()
    if command.is_file():
        return command
    go = go_command()
    command.parent.mkdir(parents=True, exist_ok=True)
    with lock(command.parent / "lock"):
        if not command.is_file():
            print(f"Building Helm {VERSION} by Go into {command} (once, a few minutes) ...", file=sys.stderr)
            with workshop(command.parent) as folder:
                _install(go, folder)
                (folder / "helm").rename(command)
    return command


def _install(go: str, folder: Path) -> None:
    environment = {
        "GOMODCACHE": str(folder / "modules"),
        "GOCACHE": str(folder / "objects"),
        **os.environ,  # warm caches the caller names are used, and kept
        "CGO_ENABLED": "0",
        "GOBIN": str(folder),
    }
    command = [go, "install", "-modcacherw", "-trimpath", "-ldflags", "-s -w", SOURCE]
    run = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, check=False)
    if run.returncode != 0:
        tail = "\n".join(run.stderr.splitlines()[-15:])
        fix = "Check the network, GOPROXY and free disk space (2 GB), then run: make helm"
        raise KubernetesUnavailableError(f"go install {SOURCE} failed (exit {run.returncode}). {fix}\n{tail}")


def main() -> int:
    """Build, or with `--check` only look; exit code 1 with a plain message if that fails."""
    parser = argparse.ArgumentParser(description="Build Helm for the tests.")
    parser.add_argument("--check", action="store_true", help="only check that it is there or can be built")
    arguments = parser.parse_args()
    try:
        if not arguments.check:
            build()
        elif not helm().is_file():
            go_command()
    except KubernetesUnavailableError as error:
        print(f"Tests render the chart by Helm, and it cannot be had here.\n  {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
