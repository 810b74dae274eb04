"""The life of a worker: start its parts, watch them, and end them all when one ends.

Crash-only: whatever breaks ends the process with its error, and the next start rebuilds everything from
the log. There is no half-alive worker.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from typing import Any

import faust
import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from advisor.errors import HeadstartError
from streams.assessor import Assessor
from streams.campaign_feed import CampaignFeed
from streams.command_feed import CommandFeed
from streams.context import WorkerContext
from streams.decider import Decider
from streams.failures import WorkerFailedError, failure, named
from streams.http import serve
from streams.ingest import Ingest
from streams.kafka_clients import KafkaUnreachableError
from streams.processes import end_within
from streams.watchdog import Watchdog

log = structlog.get_logger(__name__)


# A client that waits for a rebalance may not let itself be stopped for half a minute. Nothing rests on an
# orderly end, so past this grace (well within Kubernetes' 30 s) the process just ends.
STOP_GRACE_S = 8.0


class Worker:
    """The parts of one worker process, and how they live together."""

    watchdog: Watchdog

    def __init__(
        self,
        context: WorkerContext,
        app: faust.App,
        feed: CampaignFeed,
        commands: CommandFeed,
        ingest: Ingest,
        assessor: Assessor,
        decider: Decider,
    ) -> None:
        self._settings = context.settings
        self._names = context.names
        self._metrics = context.metrics
        self._app = app
        self._feed = feed
        self._commands = commands
        self._ingest = ingest
        self._assessor = assessor
        self._decider = decider
        self._caught_up = False

    async def run(self) -> None:
        """Run until SIGTERM, SIGINT or the end of a replay. Raises what broke it."""
        stop = asyncio.Event()

        def on_signal() -> None:
            stop.set()
            end_within(STOP_GRACE_S, code=0)

        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, on_signal)
        runner, port = await serve(
            self._settings.worker.http_host,
            self._settings.worker.http_port,
            self._metrics.registry,
            healthy=self.healthy,
            ready=self.ready,
        )
        log.info("serving", port=port)
        code = 1
        try:
            await self._start()
            await self._supervise(stop)
            code = 0
        except HeadstartError as error:
            log.critical("failed", why=str(error))  # the command says so too, if it is left the time
            code = 3 if isinstance(error, KafkaUnreachableError) else 1
            raise
        finally:
            end_within(STOP_GRACE_S, code=code)
            await _in_order(self._app.stop, self._assessor.stop, self._decider.stop, runner.cleanup)
            log.info("stopped")

    def wake(self) -> None:
        """The campaigns may have changed: everything that rests on them is due."""
        self._assessor.wake()
        self._decider.wake()

    def positions(self) -> Mapping[TopicPartition, int]:
        """Where each consumer stands, for the watchdog."""
        positions = {**self._ingest.positions(), self._commands.partition: self._commands.position}
        for partition in self._assessor.owned:
            position = self._assessor.position(partition)
            if position is not None:
                positions[TopicPartition(self._names.demand, partition)] = position
        if self._decider.active:
            positions[TopicPartition(self._names.needs, 0)] = self._decider.position
        return positions

    def healthy(self) -> tuple[bool, Mapping[str, object]]:
        """Liveness: every consumer that has something to read progresses."""
        stalled = sorted(f"{p.topic}/{p.partition}" for p in self.watchdog.stalled)
        return not stalled, {"stalled": stalled}

    def ready(self) -> tuple[bool, Mapping[str, object]]:
        """Readiness: campaigns are read, and the state of every partition owned is restored."""
        details = {
            "campaigns_read": self._caught_up,
            "assigned": self._assessor.taken,
            "demand_partitions": list(self._assessor.owned),
            "decider": self._decider.active,
        }
        return self._caught_up and self._assessor.taken, details

    async def _start(self) -> None:
        """Connect every part that has to be, and read the campaigns. Raises what :func:`named` does."""
        with named("reading the campaigns"):
            await self._feed.start()
        with named("following the commands"):
            await self._commands.start()
        with named("connecting to restore demand"):
            await self._assessor.start()
        with named("connecting to restore decisions"):
            await self._decider.start()
        self._caught_up = True

    async def _supervise(self, stop: asyncio.Event) -> None:
        parts: dict[str, Coroutine[Any, Any, None]] = {
            "stop": _waited(stop),
            "finished": _waited(self._decider.finished),
            "faust": self._run_faust(),
            "feed": self._feed.run(),
            "commands": self._commands.run(),
            "ingest": self._ingest.run(),
            "assessor": self._assessor.run(),
            "decider": self._decider.run(),
            "snapshots": self._snapshots(),
            "watchdog": self.watchdog.run(),
        }
        tasks = {asyncio.create_task(work, name=name) for name, work in parts.items()}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _end(tasks)
        for task in done:
            error = task.exception()
            if error is not None:
                raise failure(task.get_name(), error) from error
        names = {task.get_name() for task in done}
        if not names & {"stop", "finished"}:
            raise WorkerFailedError(f"{', '.join(sorted(names))} ended by itself")
        await _in_order(self._assessor.snapshot)

    async def _run_faust(self) -> None:
        await self._app.start()
        await self._app.wait_until_stopped()
        if self._app.crash_reason is not None:
            raise self._app.crash_reason

    async def _snapshots(self) -> None:
        while True:
            await asyncio.sleep(self._settings.worker.snapshot_every_s)
            await self._assessor.snapshot()


async def _end(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel these tasks and wait for them, though not for one that waits for a broker that is away."""
    for task in tasks:
        task.cancel()
    ended, _ = await asyncio.wait(tasks, timeout=STOP_GRACE_S)
    for task in ended:
        if not task.cancelled():
            task.exception()  # looked at, or asyncio would report it as overlooked


async def _in_order(*steps: Callable[[], Awaitable[object]]) -> None:
    """Take these steps of an orderly end. Nothing rests on any of them: one that fails holds up no other."""
    for step in steps:
        try:
            await step()
        except (KafkaError, HeadstartError, OSError) as error:
            log.warning("end_not_orderly", step=step.__qualname__, why=f"{type(error).__name__}: {error}")


async def _waited(event: asyncio.Event) -> None:
    await event.wait()
