"""Where do Kafka's jars come from? Maven copies them once into `build/kafka/<hash of pom.xml>/lib`.

    python -m tests.kafka.jars            # fetch them now (needs java and mvn)
    python -m tests.kafka.jars --check    # only say whether java and mvn are there

Standard library only, so that it runs before any environment exists.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

POM = Path(__file__).with_name("pom.xml")
CACHE = Path(__file__).parents[2] / "build" / "kafka"
LEAST_JAVA = 17
FETCH_TIMEOUT_S = 600


class KafkaUnavailableError(RuntimeError):
    """The real broker cannot run here; the message names what is missing and how to get it."""


def java_command() -> str:
    """Which `java` starts the broker? JAVA_HOME's, else the PATH's. Raises KafkaUnavailableError."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which(str(Path(home) / "bin" / "java")) if home else shutil.which("java")
    where = f"JAVA_HOME={home}" if home else "the PATH"
    fix = f"Install a JDK {LEAST_JAVA} or newer (Debian: openjdk-17-jdk-headless), or set JAVA_HOME to one."
    if java is None:
        raise KafkaUnavailableError(f"java: not found by {where}. {fix}")
    report = subprocess.run([java, "-version"], capture_output=True, text=True, check=False, timeout=30)
    version = re.search(r'version "(?:1\.)?(\d+)', report.stderr)
    if version is None or int(version[1]) < LEAST_JAVA:
        found = report.stderr.strip().splitlines()[:1] or ["no version"]
        raise KafkaUnavailableError(f"{java}: Java {LEAST_JAVA} or newer is needed, found: {found[0]}. {fix}")
    return java


def maven_command() -> str:
    """Which `mvn` fetches the jars? Raises KafkaUnavailableError if there is none."""
    maven = shutil.which("mvn")
    if maven is None:
        raise KafkaUnavailableError("mvn: not found by the PATH. Install Maven 3 (Debian: maven).")
    return maven


def library() -> Path:
    """The folder of jars for this pom.xml; it exists once they were fetched."""
    return CACHE / hashlib.sha256(POM.read_bytes()).hexdigest()[:16] / "lib"


def fetch() -> Path:
    """The folder of jars, fetched by Maven if need be (some 45 MB). Raises KafkaUnavailableError.

    The folder appears whole or not at all, so an interrupted or a concurrent fetch does no harm.
    """
    lib = library()
    if lib.is_dir():
        return lib
    maven = maven_command()
    lib.parent.mkdir(parents=True, exist_ok=True)
    print(f"Fetching Kafka's jars by Maven into {lib} (once) ...", file=sys.stderr, flush=True)
    partial = Path(tempfile.mkdtemp(prefix="lib.partial-", dir=lib.parent))
    try:
        _copy_dependencies(maven, partial)
        _publish(partial, lib)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return lib


def _copy_dependencies(maven: str, target: Path) -> None:
    options = ["-B", "-q", "-ntp", "-f", str(POM), "-DincludeScope=runtime", f"-DoutputDirectory={target}"]
    command = [maven, *options, "dependency:copy-dependencies"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=FETCH_TIMEOUT_S)
    if run.returncode != 0 or not any(target.glob("kafka_*.jar")):
        tail = "\n".join((run.stdout + run.stderr).strip().splitlines()[-15:])
        fix = "Check the network and Maven's settings (proxy, mirror), then run: make kafka"
        raise KafkaUnavailableError(f"{' '.join(command)} failed (exit {run.returncode}). {fix}\n{tail}")


def _publish(partial: Path, lib: Path) -> None:
    try:
        partial.rename(lib)
    except OSError:
        if not lib.is_dir():  # nobody else was faster: a real failure
            raise


def main() -> int:
    """Fetch, or with `--check` only look for the tools; exit code 1 with a plain message if that fails."""
    parser = argparse.ArgumentParser(description="Fetch Kafka's jars for the tests.")
    parser.add_argument("--check", action="store_true", help="only check that java and mvn are there")
    arguments = parser.parse_args()
    try:
        java_command()
        if arguments.check:
            if not library().is_dir():
                maven_command()
        else:
            fetch()
    except KafkaUnavailableError as error:
        print(f"Tests run on a real Kafka broker, and it cannot run here.\n  {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
