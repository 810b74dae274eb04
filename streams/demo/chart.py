"""A chart in text: demand that was, the forecast that is, and the capacity each scaler has ready."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil, floor, log10

import numpy as np
from rich.text import Text

from advisor.domain.demand import Floats
from advisor.domain.timegrid import to_epoch_s
from streams.demo.frame import Curve, DemoFrame

BEHIND = timedelta(hours=4)
AHEAD = timedelta(hours=4)
LABEL_WIDTH = 7

DEMAND_STYLE = "dodger_blue2"
BEYOND_STYLE = "red"
MEDIAN_STYLE = "medium_purple2"
UPPER_STYLE = "medium_purple4"
SCALER_STYLES = ("yellow", "green3", "cyan")
MARK_STYLE = "bright_white"

_EIGHTHS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, eq=False)
class _Columns:
    """The chart's data by column, each of shape (width,), NaN where there is nothing."""

    edges_s: Floats  # (width + 1,)
    demand: Floats
    median: Floats
    upper: Floats
    capacities: tuple[Floats, ...]


def chart(frame: DemoFrame, width: int, height: int) -> Text:
    """How does the last hours' demand compare with the forecast and what is ready? `height` rows of text."""
    plot_width, plot_height = max(8, width - LABEL_WIDTH) // 2 * 2, max(3, height - 1)  # even: now is an edge
    columns = _columns(frame, plot_width)
    top = nice_ceiling(_highest(columns))
    marks = _marks(frame, columns)
    text = Text(no_wrap=True, overflow="crop")
    for row in reversed(range(plot_height)):
        text.append(_label(row, plot_height, top), style="dim")
        for column in range(plot_width):
            text.append(*_cell(columns, column, row, top / plot_height, marks))
        text.append("\n")
    text.append(" " * LABEL_WIDTH + _clock_axis(frame, columns), style="dim")
    return text


def nice_ceiling(value: float) -> float:
    """Where should an axis end? At the next of 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten."""
    if not value > 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= value * (1 - 1e-9))


def _columns(frame: DemoFrame, width: int) -> _Columns:
    now_s = to_epoch_s(frame.now)
    start_s, end_s = now_s - BEHIND.total_seconds(), now_s + AHEAD.total_seconds()
    edges_s = np.linspace(start_s, end_s, width + 1)
    nothing = np.full(width, np.nan)
    band = frame.forecast
    ahead = edges_s[1:] > now_s
    median = _sampled(Curve(band.times_s, band.median), edges_s) if band else nothing
    upper = _sampled(Curve(band.times_s, band.upper), edges_s) if band else nothing
    return _Columns(
        edges_s,
        np.where(ahead, np.nan, _binned_maximum(frame.demand, edges_s)),
        np.where(ahead, median, np.nan),
        np.where(ahead, upper, np.nan),
        tuple(np.where(ahead, np.nan, _sampled(scaler.capacity, edges_s)) for scaler in frame.scalers),
    )


def _binned_maximum(curve: Curve, edges_s: Floats) -> Floats:
    """The highest value within each column; a column without a value of its own repeats the one before."""
    highest = np.full(len(edges_s) - 1, np.nan)
    column = np.searchsorted(edges_s, curve.times_s, side="right") - 1
    inside = (column >= 0) & (column < len(highest)) & np.isfinite(curve.rate_per_s)
    np.fmax.at(highest, column[inside], curve.rate_per_s[inside])
    return np.where(np.isnan(highest), _sampled(curve, edges_s), highest)


def _sampled(curve: Curve, edges_s: Floats) -> Floats:
    """The value that stands at each column's end: the last at or before it, NaN outside the curve."""
    if len(curve.times_s) == 0:
        return np.full(len(edges_s) - 1, np.nan)
    step_s = float(curve.times_s[-1] - curve.times_s[-2]) if len(curve.times_s) > 1 else 60.0
    at = np.searchsorted(curve.times_s, edges_s[1:], side="right") - 1
    known = (at >= 0) & (edges_s[1:] <= curve.times_s[-1] + max(step_s, edges_s[1] - edges_s[0]))
    return np.where(known, curve.rate_per_s[np.maximum(at, 0)], np.nan)


def _highest(columns: _Columns) -> float:
    """The highest value in sight."""
    everything = np.concatenate([columns.demand, columns.upper, columns.median, *columns.capacities])
    return float(np.nanmax(everything)) if np.isfinite(everything).any() else 1.0


def _marks(frame: DemoFrame, columns: _Columns) -> dict[int, str]:
    """Columns with a vertical line: now, and the sale's start and end where they are in sight."""
    marks = {}
    if frame.sale is not None:
        marks[_column_of(frame.sale.end, columns)] = "┆"
        marks[_column_of(frame.sale.start, columns)] = "┃"
    marks[_column_of(frame.now, columns)] = "│"
    marks.pop(-1, None)
    return marks


def _column_of(moment: datetime, columns: _Columns) -> int:
    """The column in which a moment lies, -1 if it is out of sight."""
    column = int(np.searchsorted(columns.edges_s, to_epoch_s(moment), side="right")) - 1
    return column if column < len(columns.demand) else -1


def _cell(columns: _Columns, column: int, row: int, per_row: float, marks: dict[int, str]) -> tuple[str, str]:
    """One character of the plot and its style: a capacity line before a bar before a mark before a forecast.

    Demand beyond the ready capacity of the first scaler, the one to beat, is red.
    """
    bottom = row * per_row
    for style, capacity in reversed(list(zip(SCALER_STYLES, columns.capacities, strict=False))):
        level = capacity[column]
        if np.isfinite(level) and bottom < level <= bottom + per_row:
            return "━", style
    demand = columns.demand[column]
    if np.isfinite(demand) and demand > bottom:
        ready = columns.capacities[0][column] if columns.capacities else np.nan
        style = BEYOND_STYLE if np.isfinite(ready) and bottom >= ready else DEMAND_STYLE
        return _EIGHTHS[min(8, ceil((demand - bottom) / per_row * 8))], style
    if column not in marks:
        if columns.median[column] > bottom + per_row / 2:
            return "▒", MEDIAN_STYLE
        if columns.upper[column] > bottom + per_row / 2:
            return "░", UPPER_STYLE
        return " ", ""
    return marks[column], MARK_STYLE


def _label(row: int, rows: int, top: float) -> str:
    """The axis label of a row: the top, the middle and zero have one."""
    values = {rows - 1: top, rows // 2: top / 2, 0: 0.0}
    return f"{values[row]:>{LABEL_WIDTH - 1},.0f} " if row in values else " " * LABEL_WIDTH


def _clock_axis(frame: DemoFrame, columns: _Columns) -> str:
    """Full hours on the shop's clock, under their columns."""
    axis = [" "] * len(columns.demand)
    per_column = float(columns.edges_s[1] - columns.edges_s[0])
    every = 1 if 3600 / per_column >= 8 else 2
    first = frame.local(datetime.fromtimestamp(float(columns.edges_s[0]), UTC))
    hour = first.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    while (column := _column_of(hour, columns)) >= 0:
        if hour.hour % every == 0 and column + 5 <= len(axis):
            axis[column : column + 5] = list(f"{hour:%H:%M}")
        hour += timedelta(hours=1)
    return "".join(axis)
