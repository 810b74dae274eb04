"""`headstart backtest`: what would the forecast have said over one's own history, and how good is it?"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from advisor.domain.timegrid import from_epoch_s
from advisor.durations import parse_duration
from advisor.errors import ConfigError, Problem
from streams.cli.outcome import exit_codes
from streams.cli.progress import Bar

if TYPE_CHECKING:
    from advisor.simulation.rolling import Origins
    from streams.backtest.run import Backtest

_LOOP_CAPTION = (
    "short, idle: share of the units demanded. met: campaigns that lacked nothing in their first 10 minutes, "
    "of all and from the third on; worst: the largest shortfall there, from the third on."
)
_PARTS = {"all": "all", "inside": "inside campaigns", "from_third": "from the third on"}


def backtest(
    *,
    demand: Annotated[Path, typer.Option(help="CSV or .csv.gz of timestamp_utc,value (slot start).")],
    campaigns: Annotated[
        Path, typer.Option(help="CSV of start_utc,end_utc,name,kind[,announced_utc,audience,...].")
    ],
    horizon: Annotated[str, typer.Option(help="How far each forecast looks ahead, e.g. 24h.")],
    every: Annotated[str, typer.Option(help="Time between two cutoffs, e.g. 6h.")],
    start: Annotated[
        str, typer.Option(help="First cutoff, on the grid of --step, e.g. 2026-11-01T00:00:00Z.")
    ],
    end: Annotated[str, typer.Option(help="Last cutoff, inclusive.")],
    step: Annotated[str, typer.Option(help="Width of the grid, e.g. 5m; it divides a day.")],
    out: Annotated[Path, typer.Option(help="Directory for the results; other files in it stay.")],
    policy: Annotated[
        Path | None, typer.Option(help="Policy file: play the closed loop on its resources too.")
    ] = None,
    service: Annotated[
        str | None, typer.Option(help="Whose demand it is. Default: the only service of the policy.")
    ] = None,
    value_per: Annotated[str, typer.Option(help="Time that a value counts over, e.g. 1m.")] = "1s",
    as_json: Annotated[bool, typer.Option("--json", help="Print scores.json, no progress bar.")] = False,
) -> None:
    """Forecast a history again and again, each time with only what was known then, and score it.

    At each cutoff the forecast gets the demand before it and the campaigns announced before it (those
    without announced_utc: always). Writes forecasts.csv.gz, scores.json and report.html, a page to look at or
    to pass on, to --out; its pictures are in plots/ too. Losses are in multiples of the mean demand; coverage
    of q95 should be 95%. With --policy, what Headstart would have had ready is
    held beside an HPA alone, a cron floor, last week's demand, a fixed multiplier and perfect knowledge, and
    written to capacity.csv.gz; values must be requests then (see --value-per). Exit code 0: done. 1: the
    results cannot be written. 2: a file or an option cannot be used; everything wrong is named. Examples:

        headstart backtest --demand shop.csv.gz --campaigns calendar.csv --horizon 24h --every 6h
        --start 2026-11-20T00:00:00Z --end 2026-11-30T00:00:00Z --step 5m --out build/backtest

        headstart backtest --demand wc98.csv.gz --value-per 1m --campaigns wc98.events.csv --horizon 24h
        --every 6h --start 1998-06-10T00:00:00Z --end 1998-06-25T18:00:00Z --step 5m
        --policy deploy/examples/wc98-policy.yaml --out build/wc98
    """
    from streams.backtest.inputs import BacktestPlan
    from streams.backtest.run import run_backtest

    with exit_codes():
        origins, per = _read_options(
            {"--start": start, "--end": end},
            {"--every": every, "--horizon": horizon, "--step": step, "--value-per": value_per},
        )
        plan = BacktestPlan(demand, campaigns, out, origins, per, policy, service)
        total = len(origins.cutoffs)
        with Bar("reading", total, quiet=as_json) as bar:

            def on_forecast(made: int, cutoff: datetime) -> None:
                bar.show(f"forecast {cutoff:%Y-%m-%d %H:%M}Z", made, total)

            done = run_backtest(
                plan, on_forecast, partial(bar.show, "closed loop"), partial(bar.show, "report")
            )
    if as_json:
        typer.echo(json.dumps(done.document, indent=2, allow_nan=False))
        for note in done.notes:
            typer.echo(f"note: {note}", err=True)
    else:
        _print(Console(), done)


def _read_options(times: dict[str, str], durations: dict[str, str]) -> tuple[Origins, timedelta]:
    """The cutoffs these options ask for, and the time a value counts over.

    Raises ConfigError with every option that cannot be read.
    """
    from advisor.simulation.rolling import Origins
    from streams.backtest.inputs import CANNOT_START
    from streams.replay_files import parse_instant

    instants: dict[str, datetime] = {}
    lengths: dict[str, timedelta] = {}
    problems = []
    for name, text in times.items():
        try:
            instants[name] = parse_instant(text)
        except ValueError as error:
            fix = "write ISO 8601 with Z, e.g. 2026-11-27T10:00:00Z"
            problems.append(Problem(name, text, f"is no time: {error}", fix))
    for name, text in durations.items():
        try:
            lengths[name] = parse_duration(text)
        except ValueError as error:
            problems.append(Problem(name, text, f"is no duration: {error}", "write e.g. 5m, 6h or 28d"))
    if problems:
        raise ConfigError(CANNOT_START, problems)
    origins = Origins(
        start=instants["--start"],
        end=instants["--end"],
        every=lengths["--every"],
        horizon=lengths["--horizon"],
        step=lengths["--step"],
    )
    return origins, lengths["--value-per"]


def _print(out: Console, done: Backtest) -> None:
    origins, document = done.document["origins"], done.document
    out.print(
        f"{origins['cutoffs']} forecasts of {origins['horizon']} in steps of {origins['step']}, "
        f"{document['seconds_per_forecast'] * 1000:.1f} ms each",
        highlight=False,
    )
    if document["all"] is None:
        series = done.inputs.series
        seen = (
            f"{from_epoch_s(series.start_s):%Y-%m-%d %H:%M}Z to {from_epoch_s(series.end_s):%Y-%m-%d %H:%M}Z"
        )
        out.print(
            f"[yellow]note:[/] nothing can be scored: no demand is known for what was forecast ({seen} is)"
        )
    out.print(scores_table(document))
    for table in capacity_tables(document.get("capacity")):
        out.print(table)
    for note in done.notes:
        out.print(f"[yellow]note:[/] {escape(note)}", soft_wrap=True, highlight=False)
    out.print(
        f"written: {', '.join(escape(str(path)) for path in done.files)}", soft_wrap=True, highlight=False
    )


def scores_table(document: dict[str, Any]) -> Table:
    """The marks of `scores.json` as a table: a row a mark, a column a part of the points."""
    table = Table(title="How good the forecasts were", title_justify="left")
    table.add_column("mark")
    for title in _PARTS.values():
        table.add_column(title, justify="right")
    levels = document["levels"]
    top = f"q{levels[-1] * 100:g}"
    rows = [("points", "points", "{:,.0f}"), ("mean pinball / mean", "mean_pinball", "{:.4f}")]
    rows += [(f"  pinball q{level * 100:g}", f"pinball_{level:g}", "{:.4f}") for level in levels]
    rows += [(f"coverage q{level * 100:g}", f"coverage_{level:g}", "{:.1%}") for level in levels]
    rows += [("WAPE of q50", "wape", "{:.1%}"), ("peaks scored", "peaks", "{:,.0f}")]
    rows += [(f"peak error {q}, mean", f"peak_error_{q}", "{:+.1%}") for q in ("q50", top)]
    rows += [("  q50, mean size", "peak_error_size_q50", "{:.1%}")]
    rows += [("peak time error, mean", "peak_minutes_late", "{:+.0f} min")]
    rows += [("  mean size", "peak_minutes_off", "{:.0f} min")]
    for title, name, form in rows:
        table.add_row(title, *(_cell(document[part], name, form) for part in _PARTS))
    return table


def capacity_tables(capacity: dict[str, Any] | None) -> list[Table]:
    """The closed loop's marks: a table a resource, a row a scaler; none without a policy."""
    runs = capacity["runs"] if capacity else []
    columns = (
        ("short", "theta_under", "{:.2f}%"),
        ("idle", "theta_over", "{:.0f}%"),
        ("met", "first_minutes_met", "{:.0%}"),
        ("3rd on", "first_minutes_met_from_third", "{:.0%}"),
        ("worst", "first_minutes_worst_from_third", "{:.1%}"),
        ("unit-h", "unit_hours", "{:,.0f}"),
        ("x oracle", "cost_to_oracle", "{:.2f}"),
    )
    tables = []
    for resource in dict.fromkeys(run["resource"] for run in runs):
        title = f"What was ready: {escape(resource)}"
        table = Table(title=title, title_justify="left", caption=_LOOP_CAPTION, caption_justify="left")
        table.add_column("scaler", no_wrap=True)
        for title, _, _ in columns:
            table.add_column(title, justify="right")
        for run in runs:
            if run["resource"] == resource:
                table.add_row(run["scaler"], *(_cell(run, name, form) for _, name, form in columns))
        tables.append(table)
    return tables


def _cell(marks: dict[str, Any] | None, name: str, form: str) -> str:
    value = marks[name] if marks else None
    return "-" if value is None else form.format(value)
