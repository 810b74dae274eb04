"""The pictures of the forecasts: the whole span, the honesty of the bands, and a campaign each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from advisor.domain.demand import Floats
from streams.backtest.report.style import (
    FORECAST,
    GRID,
    INK,
    MUTED,
    THEIRS,
    WINDOW,
    moments,
    new_figure,
    number_axis,
    time_axis,
)
from streams.backtest.report.view import Overview, Reliability, Stretch

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FADING = (0.42, 0.26, 0.14)
"""How strongly the parts of a band are drawn, from the median outwards."""


def draw_overview(overview: Overview, unit: str) -> Figure:
    """The whole span: what came, and the median and q95 of the day before."""
    figure = new_figure(11.5, 3.7)
    axes = figure.add_subplot()
    times = moments(overview.times_s)
    if overview.windows.any():
        _shade(axes, overview)
    axes.fill_between(
        times, overview.median, overview.upper, color=FORECAST, alpha=0.22, lw=0, label="median to q95"
    )
    axes.plot(times, overview.median, color=FORECAST, lw=1.0, ls=(0, (4, 1.5)), label="median, a day ahead")
    axes.plot(times, overview.actual, color=INK, lw=1.0, label="what came")
    _frame(axes, unit, [overview.actual, overview.upper])
    axes.set_xlim(times[0], moments(overview.times_s[-1:] + overview.bin_s)[0])
    time_axis(axes, 14)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0.2)
    return figure


def draw_reliability(shares: Reliability) -> Figure:
    """Said against kept: an honest band lies on the diagonal."""
    figure = new_figure(5.6, 4.4)
    axes = figure.add_subplot()
    nominal = [100 * level for level in shares.levels]
    axes.plot([0, 100], [0, 100], color=MUTED, lw=1, ls=(0, (2, 2)), label="said = kept")
    parts = (
        (shares.outside, INK, "o", "outside of campaigns"),
        (shares.inside, FORECAST, "D", "inside campaigns"),
        (shares.from_third, THEIRS, "^", "inside, from the third on"),
    )
    lowest = min(nominal)
    for share, color, marker, label in parts:
        if share is not None:
            kept = [100 * value for value in share]
            lowest = min(lowest, *kept)
            axes.plot(nominal, kept, color=color, marker=marker, ms=6, lw=1.3, label=label)
    axes.set_xlim(min(nominal) - 4, 101.5)
    axes.set_ylim(max(lowest - 6, -2), 102)
    axes.set_xticks(nominal, [f"{value:g}" for value in nominal])
    axes.set_xlabel("the forecast says: at or below it in … % of the time")
    axes.set_ylabel("it was, in %")
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def draw_campaign(stretch: Stretch, unit: str, levels: Sequence[float]) -> Figure:
    """One campaign: its window, the last forecast before it with and without campaigns, and what came.

    It has no legend: the page has one for all campaigns, and a picture to pass on gets it with its title.
    """
    figure = new_figure(6.2, 3.0)
    axes = figure.add_subplot()
    start, end = moments(np.array(stretch.window_s))
    axes.axvspan(start, end, color=WINDOW, lw=0, zorder=0, label="campaign window")
    ahead = moments(stretch.ahead_s)
    for low, alpha in reversed(list(enumerate(_FADING[: len(levels) - 1]))):
        high = low + 1
        label = f"q{levels[low] * 100:g} to q{levels[high] * 100:g}"
        axes.fill_between(
            ahead, stretch.band[:, low], stretch.band[:, high], color=FORECAST, alpha=alpha, lw=0, label=label
        )
    axes.plot(
        ahead, stretch.baseline, color=THEIRS, lw=1.2, ls=(0, (1, 1.5)), label="expected without campaigns"
    )
    axes.plot(ahead, stretch.band[:, 0], color=FORECAST, lw=1.4, ls=(0, (4, 1.5)), label="median forecast")
    axes.plot(moments(stretch.times_s), stretch.actual, color=INK, lw=1.6, label="what came")
    if stretch.times_s[0] <= stretch.cutoff_s:
        axes.axvline(moments(np.array([stretch.cutoff_s]))[0], color=MUTED, lw=1, label="forecast made")
    _frame(axes, unit, [stretch.actual, stretch.baseline, stretch.band.max(axis=1)])
    axes.set_xlim(*moments(stretch.times_s[[0, -1]]))
    time_axis(axes)
    return figure


def _shade(axes: Axes, overview: Overview) -> None:
    """Campaign windows, over the whole height."""
    edges = np.append(overview.times_s, overview.times_s[-1] + overview.bin_s)
    inside = np.append(overview.windows, overview.windows[-1])
    axes.fill_between(
        moments(edges),
        0,
        1,
        where=inside,
        step="post",
        transform=axes.get_xaxis_transform(),
        color=WINDOW,
        lw=0,
        zorder=0,
        label="campaign windows",
    )


def _frame(axes: Axes, unit: str, curves: Sequence[Floats]) -> None:
    """From zero to a little over the highest of the curves."""
    everything = np.concatenate(curves)
    seen = everything[np.isfinite(everything)]
    top = float(seen.max()) if len(seen) else 0.0
    axes.set_ylim(0, top * 1.05 if top > 0 else 1.0)
    axes.set_ylabel(unit)
    axes.spines["bottom"].set_color(GRID)
    number_axis(axes)
