"""The pictures of docs/forecasting.md, drawn in the style of the backtest's report."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, HourLocator
from matplotlib.figure import Figure

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats, Forecast
from advisor.domain.timegrid import Seconds, to_epoch_s
from advisor.forecasting.days import DAY_S, weekday_of
from advisor.forecasting.effects import Effect
from advisor.forecasting.scale import from_log, to_log
from streams.backtest.report.style import (
    FORECAST,
    INK,
    MUTED,
    NEEDED,
    OURS,
    THEIRS,
    moments,
    new_figure,
    number_axis,
    time_axis,
)
from tests.benchmarks.figure_cases import FINE_LEVELS, Actual, Bad, Flight, Kept, MatchDay, Shift

WIDTH = 8.0
WINDOW = "#eceff2"
"""A neutral one, unlike the report's, for here bands lie over the windows."""

DASHED, DOTTED = (0, (4, 1.5)), (0, (1, 1.2))
FADING = (0.42, 0.26, 0.14)
"""How strongly the parts of a band are drawn, from the median outwards."""

LEVELS = (0.5, 0.9, 0.95, 0.99)
PER_MINUTE = "requests a minute"
SET_MARKS = ((FORECAST, "o"), (THEIRS, "s"), (OURS, "D"), (INK, "^"))


def draw_match_day(case: MatchDay) -> Figure:
    """Above: history, baseline, band and what came. Below: the effect expected, and those it rests on."""
    figure = new_figure(WIDTH, 6.6)
    above, below = figure.subplots(2, 1, height_ratios=[1.5, 1])
    made = case.forecast
    _frame(above, case.matches, case.actual, made.times_s, _columns(made))
    without = made.baseline[:, made.levels.index(0.5)]
    above.plot(moments(made.times_s), without, color=OURS, lw=1.6, ls=DOTTED, label="without the matches")
    _made_at(above, made.cutoff.timestamp())
    time_axis(above)
    above.legend(loc="upper left", ncols=2, fontsize=8)
    coming = min((m for m in case.matches if m.start > made.cutoff), key=lambda m: m.start)
    _draw_effects(below, case, coming)
    return figure


def draw_flight(case: Flight) -> Figure:
    """One panel a forecast: as of the start, then later and later into the match."""
    figure = new_figure(WIDTH, 3.7)
    panels = figure.subplots(1, len(case.forecasts), sharey=True)
    for axes, (minutes, made) in zip(panels, case.forecasts, strict=True):
        _frame(axes, [case.match], case.actual, made.times_s, _columns(made))
        _made_at(axes, made.cutoff.timestamp())
        [by] = [u.in_flight for u in made.uplifts if u.campaign_id == case.match.campaign_id]
        said = "as of the start" if by is None else f"{minutes} min in: corrected x {by:.2f}"
        axes.set_title(said, loc="left", fontsize=10, color=INK)
        axes.xaxis.set_major_locator(HourLocator())
        axes.xaxis.set_major_formatter(DateFormatter("%H"))
        axes.set_xlabel(f"hour (UTC), {case.match.start:%-d %B %Y}")
    for axes in panels[1:]:
        axes.set_ylabel("")
    _legend_below(figure, panels[0], 7)
    return figure


def draw_bad(cases: Sequence[Bad]) -> Figure:
    """The worst event of each set, side by side."""
    figure = new_figure(WIDTH, 3.9)
    panels = figure.subplots(1, len(cases))
    for axes, case in zip(panels, cases, strict=True):
        _frame(axes, [case.event], case.actual, case.forecast.times_s, case.forecast.band)
        _made_at(axes, case.forecast.cutoff.timestamp())
        title = f"{case.name}: {case.event.title}\nmean pinball {100 * case.loss:.0f} % of the mean"
        axes.set_title(title, loc="left", fontsize=8.5, color=INK)
        time_axis(axes, 6)
    _legend_below(figure, panels[0], 7)
    return figure


def draw_calibration(sets: Sequence[Kept]) -> Figure:
    """Said against kept, over all points and inside events: an honest band lies on the diagonal."""
    figure = new_figure(WIDTH, 4.3)
    panels = figure.subplots(1, 2, sharey=True)
    nominal = [100 * level for level in FINE_LEVELS]
    for axes, title in zip(panels, ("all points", "inside events"), strict=True):
        axes.plot([0, 100], [0, 100], color=MUTED, lw=1, ls=DOTTED)
        axes.set_title(title, loc="left", fontsize=10, color=INK)
        axes.set_xlabel("the forecast says: at or below it in … % of the time")
        axes.set_xlim(0, 101.5)
        axes.set_ylim(-2, 101.5)
    for found, (color, marker) in zip(sets, SET_MARKS, strict=False):
        for axes, part in zip(panels, (found.everywhere, found.inside), strict=True):
            if part is not None:
                observed = [100 * share for share in part.coverage]
                label = f"{found.name}, {part.points:,} points"
                axes.plot(nominal, observed, color=color, marker=marker, ms=5, lw=1.2, label=label)
    panels[0].set_ylabel("it was, in %")
    for axes in panels:
        axes.legend(loc="lower right", fontsize=8)
    return figure


def draw_shift(case: Shift) -> Figure:
    """History with what matches left of it for ordinary, and the forecasts that follow, ours and naive."""
    figure = new_figure(WIDTH, 4.8)
    axes = figure.add_subplot()
    made = case.ours
    naive = case.naive.total[:, case.naive.levels.index(0.5)]
    ahead = made.times_s < case.actual[0][-1]
    _frame(axes, case.matches, case.actual, made.times_s, _columns(made))
    axes.plot(moments(made.times_s), naive, color=THEIRS, lw=1.6, ls=DASHED, label="median, naive")
    for effects, color, label in (
        (case.our_effects, FORECAST, "taken for ordinary"),
        (case.naive_effects, THEIRS, "taken for ordinary, naive"),
    ):
        for effect in effects:
            times_s, rates = _ordinary_under(effect, case.actual, made.offset)
            first = effect is effects[0]
            axes.plot(moments(times_s), rates, color=color, lw=2.4, ls=DOTTED, label=label if first else None)
    _made_at(axes, made.cutoff.timestamp())
    axes.set_ylim(0, 1.05 * max(np.nanmax(case.actual[1]), naive[ahead].max(), made.total[ahead].max()))
    time_axis(axes, 10)
    _legend_below(figure, axes, 4)
    return figure


def _frame(axes: Axes, events: Sequence[Campaign], actual: Actual, times_s: Seconds, band: Floats) -> None:
    """What most have in common: windows, a band (steps, LEVELS), what came, and axes that hold them."""
    seen_s, values = actual
    for number, event in enumerate(events):
        start, end = moments(np.array([to_epoch_s(event.start), to_epoch_s(event.end)]))
        axes.axvspan(start, end, color=WINDOW, lw=0, zorder=0, label=None if number else "campaign")
    ahead = moments(times_s)
    for low, high in reversed(list(pairwise(range(len(LEVELS))))):
        label = f"q{LEVELS[low] * 100:g} to q{LEVELS[high] * 100:g}"
        axes.fill_between(
            ahead, band[:, low], band[:, high], color=FORECAST, alpha=FADING[low], lw=0, label=label
        )
    axes.plot(ahead, band[:, 0], color=FORECAST, lw=1.5, ls=DASHED, label="median")
    axes.plot(moments(seen_s), values, color=INK, lw=1.4, label="what came")
    shown = (times_s >= seen_s[0]) & (times_s <= seen_s[-1])
    axes.set_xlim(*moments(seen_s[[0, -1]]))
    axes.set_ylim(0, 1.05 * max(float(np.nanmax(values)), float(band[shown].max())))
    axes.set_ylabel(PER_MINUTE)
    number_axis(axes)


def _made_at(axes: Axes, cutoff_s: float) -> None:
    axes.axvline(moments(np.array([cutoff_s]))[0], color=MUTED, lw=1, label="forecast made")


def _columns(made: Forecast) -> Floats:
    columns: Floats = made.total[:, [made.levels.index(level) for level in LEVELS]]
    return columns


def _draw_effects(axes: Axes, case: MatchDay, coming: Campaign) -> None:
    """The factor expected of a match over the minutes from its start, and what every past one did."""
    labels = {False: "past matches on working days", True: "past matches at weekends"}
    for effect in case.effects:
        weekend = bool(weekday_of(np.array([effect.start_s // DAY_S]))[0] >= 5)
        minutes = (effect.from_s - effect.start_s + effect.width_s * np.arange(len(effect.log_ratios))) / 60
        label = labels.pop(weekend, None)
        axes.plot(
            minutes, np.exp(effect.log_ratios), color=NEEDED, lw=1, ls=DOTTED if weekend else "-", label=label
        )
    made = case.forecast
    [uplift] = [u for u in made.uplifts if u.campaign_id == coming.campaign_id]
    rows = (uplift.factor != 1.0).any(axis=1)
    minutes = (made.times_s[rows] - to_epoch_s(coming.start)) / 60
    median, high = (uplift.factor[rows, made.levels.index(level)] for level in (0.5, 0.95))
    axes.fill_between(minutes, median, high, color=FORECAST, alpha=0.3, lw=0, label="expected, to q95")
    axes.plot(minutes, median, color=FORECAST, lw=2, label="expected, median")
    axes.axvspan(0, (coming.end - coming.start).total_seconds() / 60, color=WINDOW, lw=0, zorder=0)
    axes.set_xlim(minutes[0], minutes[-1])
    axes.set_ylim(0, None)
    axes.set_xlabel(f"minutes from kick-off; expected of {coming.title}")
    axes.set_ylabel("factor")
    axes.legend(loc="upper left", ncols=2, fontsize=8)


def _ordinary_under(effect: Effect, actual: Actual, offset: float) -> tuple[Seconds, Floats]:
    """What would have come without this campaign, as its effect was measured?"""
    times_s = effect.from_s + effect.width_s * np.arange(len(effect.log_ratios), dtype=np.int64)
    came = actual[1][np.searchsorted(actual[0], times_s)]
    return times_s, from_log(to_log(came, offset) - effect.log_ratios, offset)


def _legend_below(figure: Figure, axes: Axes, columns: int) -> None:
    figure.legend(
        *axes.get_legend_handles_labels(),
        loc="outside lower center",
        ncols=columns,
        fontsize=8,
        columnspacing=1.2,
        handlelength=1.6,
    )
