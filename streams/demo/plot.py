"""The demo's picture: demand against what was foreseen and what each scaler had ready. Drawn off screen."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from advisor.domain.demand import Floats
from advisor.domain.timegrid import from_epoch_s, to_epoch_s
from advisor.errors import HeadstartError
from streams.demo.story import DemoStory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, GRID = "#1d2733", "#66717f", "#e3e8ee"
DEMAND, THEIRS, OURS = "#1d2733", "#d97706", "#0f8a5f"
SHORT, FORECAST, SALE = "#dc2626", "#7c6fd6", "#f3f0ff"

STYLE = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib
    "font.size": 10.5,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": GRID,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": GRID,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "legend.frameon": False,
}


def write_picture(story: DemoStory, path: Path) -> None:
    """Draw the story into a PNG file. Raises HeadstartError if the `demo` extra is not installed."""
    draw(story).savefig(path, dpi=150, facecolor="white")


def draw(story: DemoStory) -> Figure:
    """How does the story look? Above requests per second around the sale, below units."""
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise HeadstartError(
            "the demo's picture needs the package matplotlib, which is not installed. "
            "Fix: install Headstart with its demo extra, e.g. pip install 'headstart[demo]'"
        ) from error
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(12, 7.6), layout="constrained")
        FigureCanvasAgg(figure)
        grid = figure.add_gridspec(2, 1, height_ratios=[2.1, 1], hspace=0.04)
        rates = figure.add_subplot(grid[0])
        units = figure.add_subplot(grid[1], sharex=rates)
        _draw_rates(rates, story)
        _draw_units(units, story)
        _draw_sale(story, rates, units)
        _frame(story, rates, units)
        figure.suptitle(_title(story), x=0.012, ha="left", fontsize=15, fontweight="bold")
    return figure


def _draw_rates(axes: Axes, story: DemoStory) -> None:
    """Demand, the band foreseen, the ready capacity of both scalers, and what the first one lacked."""
    times = _moments(story)
    names = list(story.supplies)
    capacity = {
        name: story.supplies[name].units_ready.astype(np.float64) * story.unit_capacity for name in names
    }
    if story.forecast is not None:
        ahead = [from_epoch_s(int(second)) for second in story.forecast.times_s]
        since = "" if story.forecast_cutoff is None else f" of {story.local(story.forecast_cutoff):%H:%M}"
        label = f"forecast{since}, median to q{story.forecast.upper_level * 100:.0f}"
        axes.fill_between(
            ahead, story.forecast.median, story.forecast.upper, color=FORECAST, alpha=0.28, lw=0, label=label
        )
        axes.plot(ahead, story.forecast.median, color=FORECAST, lw=1.3, ls=(0, (4, 2)))
    _shade_shortfall(axes, times, story.demand, capacity[names[0]], names[0])
    axes.step(
        times, capacity[names[0]], where="post", color=THEIRS, lw=1.8, label=f"{names[0]}: ready capacity"
    )
    axes.step(
        times, capacity[names[-1]], where="post", color=OURS, lw=2.2, label=f"{names[-1]}: ready capacity"
    )
    axes.plot(times, story.demand, color=DEMAND, lw=1.5, label="demand")
    axes.set_ylabel("requests per second")
    axes.legend(loc="upper left", fontsize=9.5)


def _shade_shortfall(axes: Axes, times: list[datetime], demand: Floats, capacity: Floats, name: str) -> None:
    """Red where demand is over capacity: requests that nobody was ready to serve."""
    short = demand > capacity
    if short.any():
        axes.fill_between(
            times,
            capacity,
            demand,
            where=short,
            step="post",
            color=SHORT,
            alpha=0.3,
            lw=0,
            label=f"lacking with {name}",
        )


def _draw_units(axes: Axes, story: DemoStory) -> None:
    """The floor that was set, with a mark at every act, and the units of both scalers."""
    times = _moments(story)
    names = list(story.supplies)
    axes.fill_between(
        times, story.floor, step="post", color=OURS, alpha=0.16, lw=0, label="floor set by Headstart"
    )
    axes.step(times, story.supplies[names[0]].units_ready, where="post", color=THEIRS, lw=1.6)
    axes.step(times, story.supplies[names[-1]].units_ready, where="post", color=OURS, lw=1.8)
    acts = story.acts_around_sale
    if acts:
        moments, levels = [act.at for act in acts], [act.after for act in acts]
        axes.plot(moments, levels, ls="", marker="D", ms=5, color=OURS, mec="white", label="floor changed")
    axes.set_ylabel("units ready")
    axes.legend(loc="upper left", fontsize=9.5)


def _draw_sale(story: DemoStory, rates: Axes, units: Axes) -> None:
    """The campaign's window behind everything, with its name on top."""
    if story.sale is None:
        return
    for axes in (rates, units):
        axes.axvspan(story.sale.start, story.sale.end, color=SALE, lw=0, zorder=0)
    middle = story.sale.start + (story.sale.end - story.sale.start) / 2
    rates.annotate(
        story.sale.title,
        (middle, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(0, 4),
        textcoords="offset points",
        ha="center",
        color=FORECAST,
        fontweight="bold",
    )


def _frame(story: DemoStory, rates: Axes, units: Axes) -> None:
    """Limits from what is in the close-up, hours on the service's own clock."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import FuncFormatter

    first, last = story.close_up
    seen = (story.times_s >= to_epoch_s(first)) & (story.times_s <= to_epoch_s(last))
    ready = np.array([supply.units_ready[seen].max() for supply in story.supplies.values()])
    top = max(
        float(np.nanmax(story.demand[seen])), float(ready.max()) * story.unit_capacity, _band_top(story)
    )
    rates.set_xlim(first, last)
    rates.set_ylim(0, top * 1.08)
    units.set_ylim(0, max(float(ready.max()), float(story.floor[seen].max()), 1.0) * 1.12)
    rates.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    zone = ZoneInfo(story.timezone)
    locator = AutoDateLocator(tz=zone, minticks=5, maxticks=13)
    units.xaxis.set_major_locator(locator)
    units.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone))
    rates.tick_params(labelbottom=False)
    units.set_xlabel(f"{story.timezone} time")


def _band_top(story: DemoStory) -> float:
    """The highest forecast within the close-up, 0 without one."""
    if story.forecast is None:
        return 0.0
    seen = story.forecast.times_s <= to_epoch_s(story.close_up[1])
    return float(story.forecast.upper[seen].max()) if seen.any() else 0.0


def _moments(story: DemoStory) -> list[datetime]:
    return [from_epoch_s(int(second)) for second in story.times_s]


def _title(story: DemoStory) -> str:
    """The result in one line."""
    names = list(story.scorecards)
    first, last = story.scorecards[names[0]], story.scorecards[names[-1]]
    if story.sale is None:
        return (
            f"{story.service}: minutes short {first.minutes_short:.0f} with {names[0]}, "
            f"{last.minutes_short:.0f} with {names[-1]}"
        )
    return (
        f"{story.service}, first ten minutes: {names[0]} lacked {first.first_minutes_shortfall:.0%} "
        f"of the units, {names[-1]} {last.first_minutes_shortfall:.0%}"
    )
