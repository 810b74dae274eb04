"""`headstart demo`: the whole product on a broker it brings along."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from advisor.durations import parse_duration
from streams.cli.outcome import BAD_INPUT, exit_codes, fail

if TYPE_CHECKING:
    from streams.demo.run import Played
    from streams.demo.scenario import Scenario

INTERRUPTED = 130


def demo(
    *,
    demand: Annotated[
        Path | None, typer.Option(help="Your own trace: CSV or .csv.gz of timestamp_utc,value.")
    ] = None,
    campaigns: Annotated[
        Path | None,
        typer.Option(help="Its calendar: CSV of start_utc,end_utc,name,kind[,announced_utc,...]."),
    ] = None,
    service: Annotated[str, typer.Option(help="What to call the trace's service.")] = "web-shop",
    start: Annotated[str | None, typer.Option(help="First slot, e.g. 2026-11-26T00:00:00Z.")] = None,
    end: Annotated[str | None, typer.Option(help="Only slots that start before this.")] = None,
    value_per: Annotated[str, typer.Option(help="Time that a value counts over, e.g. 1m.")] = "1s",
    unit_capacity: Annotated[
        float | None, typer.Option(min=0.001, help="Requests/s one unit carries. Default: peak / 30.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=5, max=3600, help="About how long to play.")] = 60.0,
    out: Annotated[Path, typer.Option(help="Folder for the picture, the page and the log.")] = Path(
        "build/demo"
    ),
) -> None:
    """Play a shop's day and a half with a flash sale, and hold Headstart beside a reactive autoscaler.

    Everything is real but the shop and its pods: an embedded broker, the topics, the worker process. With
    --demand and --campaigns it plays a trace of your own; of a long one three days, from a day before its
    first campaign on, unless --start and --end say otherwise. Exit code 0: played. 1: something broke.
    2: a file or an option cannot be used. Examples:

        headstart demo

        headstart demo --demand shop.csv.gz --campaigns calendar.csv --value-per 1m
    """
    console = Console()
    from streams.demo.run import run_demo
    from streams.demo.scenario import shop_scenario

    with exit_codes():
        if demand is not None and campaigns is not None:
            scenario = _own(demand, campaigns, service, (start, end), value_per, unit_capacity)
        elif demand is None and campaigns is None:
            scenario = shop_scenario()
        else:
            raise fail("--demand and --campaigns go together: give both, or neither", BAD_INPUT)
        hours = (scenario.end - scenario.start) / timedelta(hours=1)
        console.print(
            f"playing {hours:.0f} hours of {scenario.service} in about {seconds:.0f} s on an embedded broker;"
            f" the worker logs to {out / 'worker.log'}",
            highlight=False,
        )
        try:
            played = run_demo(scenario, out, console, seconds=seconds)
        except KeyboardInterrupt:
            raise fail("interrupted; worker and broker are stopped", INTERRUPTED) from None
    _print_summary(console, played)


def _own(
    demand: Path,
    campaigns: Path,
    service: str,
    span: tuple[str | None, str | None],
    value_per: str,
    unit_capacity: float | None,
) -> Scenario:
    from streams.demo.scenario import default_span, trace_scenario
    from streams.replay_files import parse_instant, read_calendar, read_trace

    try:
        per = parse_duration(value_per)
        first, last = (parse_instant(text) if text else None for text in span)
    except ValueError as error:
        raise fail(str(error), BAD_INPUT) from error
    trace = read_trace(demand, first, last)
    calendar = read_calendar(campaigns, (service,), trace.slots[0].start)
    if first is None and last is None:
        trace = read_trace(demand, *default_span(trace, calendar))
    return trace_scenario(trace, calendar, service, per, unit_capacity)


def _print_summary(console: Console, played: Played) -> None:
    from streams.demo.report import score_words
    from streams.demo.story import headline

    table = Table(
        title="Headstart beside a reactive autoscaler: same pods, same lead time", title_justify="left"
    )
    for column in ("", "first 10 min lacking", "min short in campaigns", "min short in all", "worst lack"):
        table.add_column(column, justify="right" if column else "left")
    table.add_column("unit-hours", justify="right")
    ours = list(played.story.scorecards)[-1]
    for name, card in played.story.scorecards.items():
        table.add_row(name, *score_words(card), style="bold green" if name == ours else "")
    console.print(table)
    console.print(headline(played.story), highlight=False)
    console.print(f"picture: {played.picture}\npage:    {played.page}", highlight=False, soft_wrap=True)
