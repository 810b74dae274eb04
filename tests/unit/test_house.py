"""The house's own promises: locks that pin everything and name no host, commands that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^ ;]+)( ; [^\\]+)? \\$", re.MULTILINE)


def pins(lock: str) -> set[tuple[str, str, str]]:
    return set(PIN.findall((ROOT / lock).read_text()))


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-bench.lock"])
def test_a_lock_holds_pins_and_hashes_and_nothing_else(lock: str) -> None:
    """Every line is an exact version or a hash of it: no address, no range, no option."""
    lines = (ROOT / lock).read_text().splitlines()

    hashes = [line for line in lines if re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line)]
    assert len(pins(lock)) > 0
    assert len(pins(lock)) + len(hashes) == len(lines)


def test_tests_run_on_the_versions_that_ship() -> None:
    """The development lock holds every pin of the runtime lock."""
    assert pins("requirements.lock") - pins("requirements-dev.lock") == set()


def test_benchmarks_run_on_the_versions_that_are_tested() -> None:
    """The benchmarks' lock holds every pin of the development lock."""
    assert pins("requirements-dev.lock") - pins("requirements-bench.lock") == set()


def test_the_readme_names_only_commands_that_exist() -> None:
    """Each `make` command in the README is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^    |`)make ([a-z-]+)", (ROOT / "README.md").read_text(), re.MULTILINE))

    assert {"demo", "test"} <= named
    assert named <= targets


def test_ci_runs_the_readmes_own_test_command() -> None:
    """CI takes no other way than the one the README gives."""
    assert "make test" in (ROOT / ".ci" / "run").read_text().splitlines()
