"""Where does the control plane come from? Go builds it once, into a cache that outlives the clone.

    python -m tests.kube.binary            # build it now (needs go and the network; cold up to 15 minutes)
    python -m tests.kube.binary --check    # only say whether it is there, or a Go that can build it

One binary holds etcd, kube-apiserver, kube-controller-manager and kwok (main.go). It lies in
`$XDG_CACHE_HOME/headstart/kube/<hash of its sources and build flags>/hk` (~/.cache if that is not set). Go's
own caches (3.5 GB) are thrown away after the build, except where GOMODCACHE and GOCACHE name folders to keep.

Standard library only, so that it runs before any environment exists.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOURCES = [Path(__file__).with_name(name) for name in ("main.go", "go.mod", "go.sum")]
LEAST_GO = (1, 26)
# Clients read the server's version; a binary built without it says "v0.0.0-master".
VERSION = {"gitVersion": "v1.36.3", "gitMajor": "1", "gitMinor": "36"}
LINK_FLAGS = " ".join(
    ["-s -w", *(f"-X k8s.io/component-base/version.{key}={value}" for key, value in VERSION.items())]
)
BUILD_FLAGS = ["-trimpath", "-buildvcs=false", "-ldflags", LINK_FLAGS]
REPORT_EVERY_S = 30.0


class KubernetesUnavailableError(RuntimeError):
    """The real control plane cannot run here; the message names what is missing and how to get it."""


def cache() -> Path:
    """The folder that holds built binaries, one folder each: $XDG_CACHE_HOME/headstart/kube."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "headstart" / "kube"


def binary() -> Path:
    """The path of the binary of these sources and flags; it exists once it was built."""
    digest = hashlib.sha256("\0".join(BUILD_FLAGS).encode())
    for source in SOURCES:
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return cache() / digest.hexdigest()[:16] / "hk"


def go_command() -> str:
    """Which `go` builds the binary? Raises KubernetesUnavailableError if there is none, or too old a one."""
    least = ".".join(map(str, LEAST_GO))
    fix = f"Install Go {least} or newer (https://go.dev/dl/) and put its bin folder on the PATH."
    go = shutil.which("go")
    if go is None:
        raise KubernetesUnavailableError(f"go: not found by the PATH. {fix}")
    report = subprocess.run([go, "version"], capture_output=True, text=True, check=False, timeout=60)
    version = re.search(r"\bgo(\d+)\.(\d+)", report.stdout)
    if version is None or (int(version[1]), int(version[2])) < LEAST_GO:
        found = (report.stdout + report.stderr).strip() or "no version"
        raise KubernetesUnavailableError(f"{go}: Go {least} or newer is needed, found: {found}. {fix}")
    return go


def build() -> Path:
    """The binary's path, built by Go if need be. Raises KubernetesUnavailableError.

    The file appears whole or not at all, and of several runs at once one builds while the others wait.
    """
    hk = binary()
    if hk.is_file():
        return hk
    go = go_command()
    hk.parent.mkdir(parents=True, exist_ok=True)
    with lock(hk.parent / "lock"):
        if not hk.is_file():
            _say(f"Building Kubernetes {VERSION['gitVersion']} by Go into {hk} (once, 5 to 15 minutes) ...")
            with workshop(hk.parent) as folder:
                _build(go, folder / "hk", folder)
                (folder / "hk").rename(hk)
    return hk


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold the lock file `path`; waits as long as another process holds it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def workshop(parent: Path) -> Iterator[Path]:
    """A folder beside what is built, gone with all that is left in it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="partial-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _build(go: str, target: Path, workshop: Path) -> None:
    environment = {
        "GOMODCACHE": str(workshop / "modules"),
        "GOCACHE": str(workshop / "objects"),
        **os.environ,  # warm caches the caller names are used, and kept
        "CGO_ENABLED": "0",
    }
    # -modcacherw: modules are laid down read-only otherwise, and nobody but root could remove them again.
    command = [go, "build", "-v", "-modcacherw", *BUILD_FLAGS, "-o", str(target), "."]
    with subprocess.Popen(
        command, cwd=SOURCES[0].parent, env=environment, stderr=subprocess.PIPE, text=True
    ) as run:
        try:
            tail = _watch(run)
        except BaseException:
            run.kill()
            raise
    if run.returncode != 0 or not target.is_file():
        fix = "Check the network, GOPROXY and free disk space (5 GB), then run: make kube"
        message = f"go build in {SOURCES[0].parent} failed (exit {run.returncode}). {fix}\n"
        raise KubernetesUnavailableError(message + "".join(tail))


def _watch(run: subprocess.Popen[str]) -> deque[str]:
    """Say now and then how far the build is; the last lines it wrote."""
    assert run.stderr is not None
    started = said = time.monotonic()
    tail: deque[str] = deque(maxlen=15)
    modules = packages = 0
    for line in run.stderr:
        tail.append(line)
        if line.startswith("go: downloading"):
            modules += 1
        else:
            packages += 1
        if time.monotonic() - said > REPORT_EVERY_S:
            said = time.monotonic()
            minutes = (said - started) / 60
            _say(
                f"  {minutes:.1f} min: {modules} modules fetched, {packages} packages compiled of about 2,700"
            )
    return tail


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def main() -> int:
    """Build, or with `--check` only look; exit code 1 with a plain message if that fails."""
    parser = argparse.ArgumentParser(description="Build the Kubernetes control plane for the tests.")
    parser.add_argument("--check", action="store_true", help="only check that it is there or can be built")
    arguments = parser.parse_args()
    try:
        if not arguments.check:
            build()
        elif not binary().is_file():
            go_command()
    except KubernetesUnavailableError as error:
        print(
            f"Tests run on a real Kubernetes control plane, and it cannot run here.\n  {error}",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
