"""A real Apache Kafka broker as a child process: start, stop, kill, restart.

    with Broker(folder) as broker:
        producer = KafkaProducer(bootstrap_servers=broker.bootstrap)

One node is broker and controller at once (KRaft). It listens on 127.0.0.1 only, keeps its data under
`folder` and its port over restarts, and never outlives the process that started it.
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from types import TracebackType

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from tests.kafka import jars
from tests.support.leashed import LeashedProcess

CLUSTER_ID = "aGVhZHN0YXJ0LXRlc3RzLQ"
READY_WITHIN_S = 60.0
STOP_WITHIN_S = 30.0
# Below every system's range of ephemeral ports: a client that keeps knocking on a loopback port from
# that range while the broker is down can end up connected to itself, and then owns the broker's port.
PORTS = range(20_000, 30_000)


class Broker(LeashedProcess):
    """One real broker. Not started by its constructor; use it as a context manager, or call `start`."""

    def __init__(self, folder: Path, *, properties: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.port, self._controller_port = islice(free_ports(), 2)
        self._properties = properties or {}
        # Its log holds what it wrote to its standard streams, over all its starts.
        super().__init__(
            f"the broker at {self.bootstrap}", folder / "broker.log", stop_within_s=STOP_WITHIN_S
        )

    @property
    def bootstrap(self) -> str:
        """The address for `bootstrap_servers`; the same over restarts."""
        return f"127.0.0.1:{self.port}"

    def start(self, timeout_s: float = READY_WITHIN_S) -> Broker:
        """Start, and return once the broker answers a metadata request. Raises KafkaUnavailableError."""
        if self.running:
            return self
        lib = jars.fetch()
        config = self._prepared(lib)
        self.run(_java(lib, "-Xms256m", "-Xmx512m", main="kafka.Kafka", arguments=[str(config)]))
        answers = partial(_answers, self.port, self.bootstrap)
        if trouble := self.trouble_until(answers, timeout_s, "did not answer in time"):
            raise jars.KafkaUnavailableError(trouble)
        return self

    def restart(self) -> Broker:
        """Start it again on the same port and data, after `kill`, or in place of a `stop` and `start`."""
        self.stop()
        return self.start()

    def __enter__(self) -> Broker:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()

    def _prepared(self, lib: Path) -> Path:
        """The path of server.properties, written and with its storage formatted if it is not there yet."""
        config = self.folder / "server.properties"
        if config.exists():
            return config
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = _properties(self.port, self._controller_port, self.folder / "data") | self._properties
        config.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        arguments = ["format", "-t", CLUSTER_ID, "-c", str(config)]
        command = _java(lib, main="kafka.tools.StorageTool", arguments=arguments)
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=READY_WITHIN_S)
        if run.returncode != 0:
            config.unlink()
            raise jars.KafkaUnavailableError(f"formatting {self.folder} failed:\n{run.stdout}{run.stderr}")
        return config


def free_ports() -> Iterator[int]:
    """Which loopback ports are free? Each process looks from another place on, so parallel runs differ."""
    first = os.getpid() * 7 % len(PORTS)
    for port in [*PORTS[first:], *PORTS[:first]]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        yield port
    raise RuntimeError(f"no free port on 127.0.0.1 in {PORTS.start}..{PORTS.stop - 1}")


def _java(lib: Path, *options: str, main: str, arguments: list[str]) -> list[str]:
    # The quick compiler only: a broker that lives for seconds never earns back the slow one's work.
    quick = ["-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError"]
    logging = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
    return [jars.java_command(), *quick, *options, logging, "-cp", f"{lib}/*", main, *arguments]


def _answers(port: int, bootstrap: str) -> bool:
    """Does the broker answer a metadata request, with itself as a member of the cluster?"""
    with socket.socket() as knock:
        if knock.connect_ex(("127.0.0.1", port)) != 0:
            return False
    try:
        admin = KafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000)
    except KafkaError:
        return False
    try:
        return bool(admin.describe_cluster()["brokers"])
    except KafkaError:
        return False
    finally:
        admin.close()


def _properties(port: int, controller_port: int, data: Path) -> dict[str, str]:
    """The broker's settings: one node, every internal topic small, groups that start without waiting."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",
        "offsets.topic.num.partitions": "4",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        # Tests join and leave groups all the time: no waiting for more members, and short sessions allowed.
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "log.cleaner.dedupe.buffer.size": "8388608",
        # A crashed broker is admitted again only when its old session is over (9 s by default).
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
    }
