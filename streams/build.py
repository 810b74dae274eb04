"""Which build is this? Only on the same one does a decision come out the same to the byte for certain."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

import advisor

NOT_INSTALLED = "(not installed)"


@cache
def this_build() -> dict[str, str]:
    """The package's version, a hash of the sources that judge, and what they are computed with.

    `sources` are 16 hex digits over every Python file under `advisor`, by name and content; the last bits
    of a float may depend on Python and numpy, so they are named too. Read once, for sources that change
    under a running process are not what it runs.
    """
    return {
        "version": package_version(),
        "sources": _hash_of_sources(Path(advisor.__file__).parent),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def package_version() -> str:
    """The installed version; says so where there is none."""
    try:
        return version("headstart")
    except PackageNotFoundError:  # run from its sources
        return NOT_INSTALLED


def _hash_of_sources(package: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(package).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]
