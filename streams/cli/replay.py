"""`headstart replay`: publish a recorded trace and its calendar as if they were live."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from advisor.domain.timegrid import to_iso
from advisor.durations import parse_duration
from advisor.settings import load_settings
from streams.cli.outcome import exit_codes
from streams.cli.progress import Bar

Parsed = TypeVar("Parsed")


def replay(
    *,
    demand: Annotated[Path, typer.Option(help="CSV or .csv.gz of timestamp_utc,value (slot start).")],
    service: Annotated[str, typer.Option(help="The service whose demand it is.")],
    campaigns: Annotated[Path, typer.Option(help="CSV of start_utc,end_utc,name,kind[,announced_utc,...].")],
    start: Annotated[str | None, typer.Option(help="First slot, e.g. 2026-11-26T00:00:00Z.")] = None,
    end: Annotated[str | None, typer.Option(help="Only slots that start before this.")] = None,
    speed: Annotated[str, typer.Option(help="Seconds of event time a second, or max.")] = "60",
    value_per: Annotated[str, typer.Option(help="Time that a value counts over, e.g. 1m.")] = "1s",
    clock_every: Annotated[str, typer.Option(help="Event time between two clock records.")] = "5m",
    policy: Annotated[
        Path | None, typer.Option(help="Policy file naming the traffic topics. Default: the usual topic.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON summary, no progress bar.")] = False,
) -> None:
    """Publish a demand trace and a campaign calendar to Kafka as if live, with event time in the values.

    Topics are those of the settings (HEADSTART_KAFKA__TOPIC_PREFIX); use a prefix of its own for every
    replay. Exit code 0: everything is on Kafka. 2: a file or an option cannot be used; every bad line is
    named. 3: Kafka cannot be reached. Examples:

        headstart replay --demand shop.csv.gz --service web-shop --campaigns calendar.csv --speed 600

        headstart replay --demand wc98.csv.gz --value-per 1m --service site --campaigns wc98.events.csv
        --start 1998-06-01T00:00:00Z --end 1998-06-12T00:00:00Z --speed max
    """
    from advisor.policy_file import load_policy
    from streams.kafka_clients import producer
    from streams.replay import Progress, ReplayPlan, samples_of
    from streams.replay import replay as publish
    from streams.replay_files import parse_instant, read_calendar, read_trace
    from streams.topic_setup import require_topics
    from streams.topics import TopicNames

    first = _option("--start", start, parse_instant) if start else None
    last = _option("--end", end, parse_instant) if end else None
    per = _option("--value-per", value_per, parse_duration)
    every = _option("--clock-every", clock_every, parse_duration)
    factor = _option("--speed", speed, parse_speed)
    service = _option("--service", service, _service_name)
    with exit_codes():
        settings = load_settings()
        names = TopicNames.of(settings, load_policy(policy) if policy else None)
        trace = read_trace(demand, first, last)
        begin = first or trace.slots[0].start
        plan = ReplayPlan(
            samples=samples_of(trace, service, per),
            slot=trace.width,
            campaigns=read_calendar(campaigns, (service,), begin),
            start=begin,
            traffic_topic=names.traffic[0],
            campaigns_topic=names.campaigns,
            clock_every=every,
        )
        require_topics(settings, (plan.traffic_topic, plan.campaigns_topic))
        total = len(plan.samples) + len(plan.campaigns)
        with producer(settings) as client, Bar("replay", total, quiet=as_json) as bar:

            def show(so_far: Progress) -> None:
                bar.show(f"{so_far.at:%Y-%m-%d %H:%M}Z", so_far.published, so_far.total)

            done = publish(plan, client, pace=wall_pace(factor), on_progress=show)
    summary = {"published": done.published, "event_time": to_iso(done.at)}
    text = f"replayed {done.published} records up to {summary['event_time']}"
    typer.echo(json.dumps(summary) if as_json else text)


def parse_speed(text: str) -> float:
    """How many seconds of event time pass in one? `max` is infinity. Raises ValueError."""
    factor = math.inf if text == "max" else float(text)
    if not factor > 0:
        raise ValueError(f"{text!r} is not a speed: write max, or a number above 0")
    return factor


def _service_name(text: str) -> str:
    if not 0 < len(text) <= 255:
        raise ValueError(f"{text!r} is no service name: write 1 to 255 characters, as the policy spells it")
    return text


def wall_pace(
    speed: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Callable[[datetime], None]:
    """A pace at which `speed` seconds of event time pass in a second, counted from its first call."""
    began: list[tuple[datetime, float]] = []

    def pace(at: datetime) -> None:
        if not began:
            began.append((at, clock()))
        first_at, first_wall = began[0]
        early = first_wall + (at - first_at).total_seconds() / speed - clock()
        if early > 0:
            sleep(early)

    return pace


def _option(name: str, text: str, parse: Callable[[str], Parsed]) -> Parsed:
    """The option as its parser reads it; what it cannot read is a usage error, exit code 2."""
    try:
        return parse(text)
    except ValueError as error:
        raise typer.BadParameter(f"{error}", param_hint=name) from error
