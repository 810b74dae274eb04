"""The demo: an embedded broker, the real worker as a process of its own, a paced replay, and a live view."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from rich.console import Console

from advisor.domain.timegrid import from_epoch_s
from advisor.errors import HeadstartError
from advisor.policy_file import PolicyFile, parse_policy
from advisor.settings import Settings, load_settings
from streams.demo.broker import embedded_broker
from streams.demo.observer import Observer
from streams.demo.report import write_report
from streams.demo.scenario import RESOURCE, Scenario
from streams.demo.scenes import frame_at, story_of
from streams.demo.story import DemoStory, summary
from streams.demo.view import Show, open_view
from streams.kafka_clients import producer
from streams.processes import PARENT_VARIABLE
from streams.replay import ReplayPlan, replay
from streams.topics import TopicNames

AHEAD = timedelta(hours=4)  # how far the replay may run ahead of the decider: the broker keeps some megabytes
STALLED_AFTER_S = 60.0
ENDS_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True)
class Played:
    """What a demo leaves behind."""

    story: DemoStory
    picture: Path
    page: Path


class WorkerStoppedError(HeadstartError):
    """The demo's worker ended, or stood still, before the replay was over."""


def run_demo(scenario: Scenario, out: Path, console: Console, *, seconds: float) -> Played:
    """Play a scenario in about so many seconds (longer if the worker needs it) and write the report to `out`.

    Raises HeadstartError if the embedded broker or the worker fails; nothing is left running either way.
    """
    out.mkdir(parents=True, exist_ok=True)
    policy_path = out / "policy.yaml"
    policy_path.write_text(scenario.policy(), encoding="utf-8")
    policy_file = parse_policy(scenario.policy(), str(policy_path))
    with embedded_broker() as broker:
        environ = {
            "HEADSTART_KAFKA__BOOTSTRAP_SERVERS": broker.bootstrap_servers,
            "HEADSTART_KAFKA__EMBEDDED": "true",
            "HEADSTART_WORKER__HTTP_HOST": "127.0.0.1",
            "HEADSTART_WORKER__HTTP_PORT": "0",
            "HEADSTART_LOG_FORMAT": "json",
        }
        settings = load_settings(environ)
        names = TopicNames.of(settings, policy_file)
        broker.touch([topic for _, topic in names.all()])
        level = policy_file.policy.resources[RESOURCE].quantile
        with (
            _worker(policy_path, environ, out / "worker.log") as worker,
            Observer(settings, names, scenario.sale, level) as observer,
            open_view(console) as show,
        ):
            stage = _Stage(scenario, observer, worker, show, seconds, out / "worker.log")
            _publish(settings, policy_file, scenario, stage)
            stage.wait_for_the_end()
    story = story_of(scenario, observer)
    picture, page = write_report(story, out)
    (out / "summary.json").write_text(summary(story), encoding="utf-8")
    return Played(story, picture, page)


def _publish(settings: Settings, policy_file: PolicyFile, scenario: Scenario, stage: _Stage) -> None:
    names = TopicNames.of(settings, policy_file)
    plan = ReplayPlan(
        samples=scenario.samples,
        slot=scenario.slot,
        campaigns=scenario.campaigns,
        start=scenario.start,
        traffic_topic=names.traffic[0],
        campaigns_topic=names.campaigns,
    )
    with producer(settings) as client:

        def pace(at: datetime) -> None:
            if stage.may_wait(at):
                client.flush()  # the worker cannot catch up on what still lies here
            stage.pace(at)

        replay(plan, client, pace=pace)


class _Stage:
    """Keeps replay, worker and view together while the demo plays."""

    def __init__(
        self,
        scenario: Scenario,
        observer: Observer,
        worker: subprocess.Popen[bytes],
        show: Show,
        seconds: float,
        log: Path,
    ) -> None:
        self._scenario = scenario
        self._observer = observer
        self._worker = worker
        self._show = show
        self._log = log
        self._span = scenario.end - scenario.start
        self._per_second = self._span / seconds
        self._begun_s = 0.0  # monotonic; 0 before the replay begins
        self._shown_at_s = 0.0

    def may_wait(self, at: datetime) -> bool:
        """Is the decider so far behind that the replay has to wait for it?"""
        return self._begun_s > 0 and at - AHEAD > self._reached()

    def pace(self, at: datetime) -> None:
        """Wait until the demo's speed, and the worker's progress, have reached this event time."""
        if not self._begun_s:
            self._begun_s = time.monotonic()
        moved_at_s, reached = time.monotonic(), self._reached()
        while self.may_wait(at) or self._too_early(at):
            self._look()
            if self._reached() != reached:
                moved_at_s, reached = time.monotonic(), self._reached()
            if time.monotonic() - moved_at_s > STALLED_AFTER_S:
                raise WorkerStoppedError(
                    f"the worker stands still at {reached:%Y-%m-%d %H:%M}Z; see {self._log}"
                )

    def wait_for_the_end(self) -> None:
        """Until the worker has read the last clock record and ended by itself."""
        until_s = time.monotonic() + STALLED_AFTER_S
        while self._worker.poll() is None:
            if time.monotonic() > until_s:
                raise WorkerStoppedError(f"the worker did not end with the replay; see {self._log}")
            self._observer.poll(0.1)
            self._draw()
        if self._worker.returncode != 0:
            raise WorkerStoppedError(
                f"the worker failed with code {self._worker.returncode}; see {self._log}"
            )
        self._observer.poll(1.0)

    def _too_early(self, at: datetime) -> bool:
        played = self._per_second * (time.monotonic() - self._begun_s)
        return at - self._scenario.start > played

    def _reached(self) -> datetime:
        return max(from_epoch_s(self._observer.seen.decided_s), self._scenario.start)

    def _look(self) -> None:
        self._observer.poll(0.02)
        if self._worker.poll() is not None:
            raise WorkerStoppedError(
                f"the worker ended with code {self._worker.returncode} in mid-replay; see {self._log}"
            )
        self._draw()

    def _draw(self) -> None:
        if time.monotonic() - self._shown_at_s >= 0.25:
            self._shown_at_s = time.monotonic()
            self._show(frame_at(self._scenario, self._observer, self._reached()))


@contextmanager
def _worker(policy: Path, environ: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The real worker as a child process; it ends with this context, however that ends."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HEADSTART_")}
    command = [
        sys.executable,
        "-m",
        "streams.cli.main",
        "worker",
        "--clock",
        "events",
        "--policy",
        str(policy),
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            env={**inherited, **environ, PARENT_VARIABLE: str(os.getpid())},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,  # Ctrl-C reaches the demo, which ends the worker in order
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
