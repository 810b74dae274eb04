"""The demo on the terminal: a live page where there is one, plain lines where the output is a pipe."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.layout import Layout
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from advisor.domain.readiness import Readiness
from advisor.domain.units import in_units
from streams.demo import chart as text_chart
from streams.demo.frame import DemoFrame, SaleNow, countdown

LINE_EVERY_S = 3.0
FRAMES_PER_S = 8

READINESS_STYLES = {
    Readiness.READY: "bold black on green3",
    Readiness.AT_RISK: "bold black on yellow",
    Readiness.NOT_READY: "bold white on red",
}

Show = Callable[[DemoFrame], None]


@contextmanager
def open_view(console: Console, clock: Callable[[], float] = time.monotonic) -> Iterator[Show]:
    """How are frames shown here? On a live page, or a plain line every few seconds of `clock`."""
    if not can_draw(console):
        yield _line_printer(console, clock)
        return
    with Live(console=console, screen=True, auto_refresh=False, transient=True) as live:
        last_drawn = -1.0

        def draw(frame: DemoFrame) -> None:
            nonlocal last_drawn
            if clock() - last_drawn >= 1 / FRAMES_PER_S or frame.progress >= 1:
                live.update(page(frame), refresh=True)
                last_drawn = clock()

        yield draw


def can_draw(console: Console) -> bool:
    """Is this a terminal that can show a page of block characters?"""
    roomy = console.width >= 60 and console.height >= 18
    return (
        console.is_terminal and not console.is_dumb_terminal and console.encoding.startswith("utf") and roomy
    )


def page(frame: DemoFrame) -> Layout:
    """The whole page, for whatever size the terminal has."""
    layout = Layout()
    layout.split_column(
        Layout(_header(frame), size=1),
        Layout(Panel(_Chart(frame), title=_legend(frame), border_style="grey37", padding=(0, 1)), ratio=1),
        Layout(name="facts", size=8),
        Layout(_news(frame), size=3),
    )
    layout["facts"].split_row(
        Layout(Panel(_sale_facts(frame), title="The campaign", border_style="grey37"), ratio=6),
        Layout(Panel(_unit_facts(frame), title="Ready units", border_style="grey37"), ratio=5),
    )
    return layout


def line(frame: DemoFrame) -> str:
    """The same in one line of plain text."""
    parts = [
        f"{frame.local(frame.now):%a %d %b %H:%M}",
        f"demand {_newest(frame):,.0f}/s needs {in_units(frame.needed_units)}",
        ", ".join(f"{scaler.name} has {scaler.ready_units} ready" for scaler in frame.scalers),
    ]
    if frame.floor is not None:
        parts.append(_floor_words(frame))
    if frame.sale is not None:
        parts.append(f"{frame.sale.title} {countdown(frame.now, frame.sale.start, frame.sale.end)}")
        if frame.sale.readiness is not None:
            parts.append(" ".join([frame.sale.readiness, f"({', '.join(frame.sale.reasons)})"]))
    return " | ".join(part for part in parts if part)


class _Chart:
    """The chart, drawn when the size that the layout leaves for it is known."""

    def __init__(self, frame: DemoFrame) -> None:
        self._frame = frame

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield text_chart.chart(self._frame, options.max_width, options.height or 10)


def _line_printer(console: Console, clock: Callable[[], float]) -> Show:
    last_printed: float | None = None

    def show(frame: DemoFrame) -> None:
        nonlocal last_printed
        if last_printed is None or clock() - last_printed >= LINE_EVERY_S or frame.progress >= 1:
            console.print(line(frame), soft_wrap=True, highlight=False, markup=False)
            last_printed = clock()

    return show


def _header(frame: DemoFrame) -> Table:
    header = Table.grid(expand=True, padding=(0, 1))
    header.add_column(no_wrap=True)
    header.add_column(no_wrap=True, justify="center")
    header.add_column(ratio=1)
    clock = f"{frame.local(frame.now):%a %d %b %H:%M} {frame.timezone.rpartition('/')[2]}"
    bar = ProgressBar(total=1.0, completed=frame.progress, complete_style="dodger_blue2")
    header.add_row(
        Text(f"Headstart demo: {frame.service}", style="bold"), Text(clock, style="bold cyan"), bar
    )
    return header


def _legend(frame: DemoFrame) -> Text:
    legend = Text.assemble(("█", text_chart.DEMAND_STYLE), " requests/s ")
    if frame.scalers:
        legend.append("█", text_chart.BEYOND_STYLE).append(f" over {frame.scalers[0].name}  ")
    if frame.forecast is not None:
        legend.append("▒", text_chart.MEDIAN_STYLE).append("░", text_chart.UPPER_STYLE)
        legend.append(f" forecast, q{frame.forecast.upper_level * 100:.0f}  ")
    for style, scaler in zip(text_chart.SCALER_STYLES, frame.scalers, strict=False):
        legend.append("━", style).append(f" {scaler.name}  ")
    legend.rstrip()
    return legend


def _sale_facts(frame: DemoFrame) -> Group:
    if frame.sale is None:
        return Group(Text("none announced yet", style="dim"), Text(_floor_words(frame)))
    sale = frame.sale
    start, end = frame.local(sale.start), frame.local(sale.end)
    return Group(
        Text(sale.title, style="bold", no_wrap=True, overflow="ellipsis"),
        Text(f"{start:%a %H:%M} to {end:%H:%M}, {countdown(frame.now, sale.start, sale.end)}"),
        Text(_floor_words(frame)),
        _verdict(sale),
    )


def _verdict(sale: SaleNow) -> Text:
    if sale.readiness is None:
        return Text("no verdict yet", style="dim")
    label = f" {sale.readiness.replace('_', ' ')} "
    return Text.assemble((label, READINESS_STYLES[sale.readiness]), f" {', '.join(sale.reasons)}")


def _floor_words(frame: DemoFrame) -> str:
    floor = frame.floor
    if floor is None:
        return "no floor set yet"
    if floor.next_units is None or floor.next_at is None:
        return f"floor {floor.units}"
    return f"floor {floor.units}, then {floor.next_units} at {frame.local(floor.next_at):%H:%M}"


def _unit_facts(frame: DemoFrame) -> Table:
    table = Table(box=None, expand=True, pad_edge=False, header_style="dim")
    table.add_column("", no_wrap=True, ratio=1)
    table.add_column("ready", justify="right", no_wrap=True)
    table.add_column("min short", justify="right", no_wrap=True)
    table.add_row("needed now", str(frame.needed_units), "", style="bold")
    for style, scaler in zip(text_chart.SCALER_STYLES, frame.scalers, strict=False):
        short = scaler.ready_units < frame.needed_units
        ready = Text(str(scaler.ready_units), style="bold red" if short else "")
        table.add_row(Text(scaler.name, style=style), ready, f"{scaler.minutes_short:.0f}")
    return table


def _news(frame: DemoFrame) -> Text:
    # An empty text would make the layout show its own name in the place.
    news = "\n".join(frame.news[-3:]) or " "
    return Text(news, style="dim", no_wrap=True, overflow="ellipsis")


def _newest(frame: DemoFrame) -> float:
    return float(frame.demand.rate_per_s[-1]) if len(frame.demand.rate_per_s) else 0.0
