"""`headstart worker`: the service itself."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated, Literal

import typer

from advisor.errors import HeadstartError
from advisor.policy_file import PolicyFile, load_policy
from advisor.settings import Settings, load_settings
from streams.cli.outcome import BAD_KAFKA, exit_codes, fail


def worker(
    policy: Annotated[
        Path | None, typer.Option(help="Policy file. Default: HEADSTART_POLICY_FILE, then policy.yaml.")
    ] = None,
    clock: Annotated[
        Literal["wall", "events"],
        typer.Option(help="Where time comes from: the wall, or a replayed stream, which also ends it."),
    ] = "wall",
) -> None:
    """Run the service: read traffic and campaigns, forecast, decide, recommend, act where allowed.

    Serves /metrics, /healthz and /readyz on HEADSTART_WORKER__HTTP_PORT. Any number of workers may run:
    they share out the services, and one of them decides. By the event clock both "now" and what is known
    come from the stream (see `headstart replay`); only simulated resources are then acted on.

    Exit code 0: told to stop, or the replay is over. 1: something broke. 2: the policy or a setting cannot
    be used. 3: Kafka cannot be reached, or a topic is missing or wrong. Examples:

        headstart worker --policy policy.yaml

        HEADSTART_KAFKA__BOOTSTRAP_SERVERS=kafka:9092 headstart worker

        headstart worker --clock events --policy policy.yaml
    """
    from streams.logs import configure
    from streams.processes import end_with_parent
    from streams.topic_setup import check_topics

    end_with_parent()
    with exit_codes():
        settings = load_settings()
        policy_file = load_policy(policy or settings.policy_file)
        configure(settings.log_level, settings.log_format)
        if not settings.kafka.embedded:
            problems = check_topics(settings, policy_file)
            if problems:
                listed = "\n".join(f"  {problem}" for problem in problems)
                raise fail(f"topics are not as they must be:\n{listed}", BAD_KAFKA)
        try:
            asyncio.run(_run(settings, policy_file, from_events=clock == "events"))
        except OSError as error:  # the port of the probes, most likely
            raise HeadstartError(f"cannot start: {error}") from error


async def _run(settings: Settings, policy_file: PolicyFile, *, from_events: bool) -> None:
    from streams.bootstrap import build_worker
    from streams.clock import event_clock, wall_clock
    from streams.failures import named
    from streams.outbox import Outbox
    from streams.processes import forecast_pool

    clock = event_clock() if from_events else wall_clock()
    outbox = Outbox(settings)
    with named("connecting"):
        await outbox.start()
    try:
        with (
            forecast_pool(settings.worker.forecast_processes) as pool,
            tempfile.TemporaryDirectory(prefix="headstart-") as datadir,
        ):
            with named("starting"):
                built = await build_worker(settings, policy_file, clock, outbox, pool, Path(datadir))
            await built.run()
    finally:
        await outbox.stop()
