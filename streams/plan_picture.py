"""A campaign's plan as a picture to pass on: what comes, with and without it, and what will be there for it.

Importing it needs matplotlib, of the `report` extra.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from advisor.domain.advice import ResourceDecision
from advisor.domain.timegrid import from_epoch_s
from advisor.errors import HeadstartError
from advisor.planning.schedule import standing_at
from streams.backtest.report.style import (
    FORECAST,
    INK,
    MUTED,
    OURS,
    SHORT,
    THEIRS,
    WINDOW,
    house_style,
    new_figure,
    number_axis,
)
from streams.plan import AFTER, BEFORE, CampaignPlan, Foreseen, ResourceFacts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 4
HEADER = 0.8  # inches
BESIDE, ABOVE, ROW, GAP = 3, 3, 12, 6
"""Of the names of moments, in points: off their line, off the panel, row to row, and name to name."""


def write_plan_picture(planned: CampaignPlan, path: Path) -> None:
    """Draw a plan into a PNG file. Raises HeadstartError if it cannot be written."""
    with house_style():
        figure = draw_plan(planned)
        try:
            figure.savefig(path, format="png", dpi=150, facecolor="white")
        except OSError as error:
            raise HeadstartError(f"{path} cannot be written: {error.strerror}. Fix: name another") from error


def draw_plan(planned: CampaignPlan) -> Figure:
    """How does a plan look? One panel for each resource that it moves, those with something to do first."""
    shown = _shown(planned)
    height = 2.0 + 3.6 * max(1, len(shown))
    figure = new_figure(11.5, height)
    panels = figure.subplots(max(1, len(shown)), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (made, known, foreseen) in zip(panels, shown, strict=False):
        _draw_resource(axes, planned, made, known, foreseen)
    if not shown:
        _title_panel(panels[0], "no resource of the policy serves it")
    _frame(panels[-1], planned)
    named = {
        text: line for axes in panels for line, text in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(list(named.values()), list(named), loc="outside lower center", ncols=3)
    hidden = len(planned.resources) - len(shown)
    figure.get_layout_engine().set(rect=(0.0, 0.0, 0.99, 1.0 - HEADER / height))
    top = 1.0 - 0.12 / height
    figure.text(0.012, top, _title(planned), ha="left", va="top", fontsize=16, fontweight="bold")
    figure.text(0.012, top - 0.36 / height, _facts(planned, hidden), ha="left", va="top", color=MUTED)
    _spread_names(figure)
    return figure


def _shown(planned: CampaignPlan) -> list[tuple[ResourceDecision, ResourceFacts, Foreseen | None]]:
    rows = list(zip(planned.resources, planned.facts, planned.foreseen, strict=True))
    rows.sort(key=lambda row: not row[0].recommendation.steps)
    return rows[:MOST_PANELS]


def _draw_resource(
    axes: Axes, planned: CampaignPlan, made: ResourceDecision, known: ResourceFacts, foreseen: Foreseen | None
) -> None:
    """Demand with and without the campaign, what is asked for, and what is there."""

    rules, name = known.rules, made.recommendation.resource
    _title_panel(axes, name)
    axes.set_ylabel("requests per second")
    number_axis(axes)
    top, (first, last) = rules.unit_capacity * rules.minimum, _span(planned)
    if foreseen is not None:
        inside = (foreseen.times_s >= first.timestamp()) & (foreseen.times_s <= last.timestamp())
        times = [from_epoch_s(int(second)) for second in foreseen.times_s[inside]]
        for band, color, what in (
            (foreseen.total, FORECAST, "with the campaign"),
            (foreseen.without, MUTED, "without it"),
        ):
            low, high = band[inside, 0], band[inside, -1]
            axes.fill_between(
                times, low, high, step="post", color=color, alpha=0.2, lw=0, label=f"{what}, p50 to p99"
            )
            style = "-" if band is foreseen.total else (0, (4, 2))
            axes.step(times, low, where="post", color=color, lw=1.5, ls=style, label=f"median {what}")
        top = max(top, float(foreseen.total[inside].max(initial=0.0)))
    if rules.is_fixed:
        axes.axhline(rules.unit_capacity, color=THEIRS, lw=2, label="fixed limit")
    else:
        at, floors = _floors(known, first, last)
        carried = np.array(floors, dtype=np.float64) * rules.unit_capacity
        axes.step(at, carried, where="post", color=OURS, lw=2.4, label="what the floor asked for carries")
        top = max(top, float(carried.max()))
        if known.ready_units is not None:
            ready = known.ready_units * rules.unit_capacity
            axes.axhline(ready, color=INK, lw=1.3, ls=":", label="ready now")
            top = max(top, ready)
    axes.set_ylim(0, top * 1.12)
    _draw_moments(axes, planned)


def _title_panel(axes: Axes, text: str, pad: float = 0.0) -> None:
    """Put a title over a panel, `pad` points above it."""
    axes.set_title(text, loc="left", fontsize=10.5, color=INK, pad=pad)


def _floors(known: ResourceFacts, first: datetime, last: datetime) -> tuple[list[datetime], list[int]]:
    """The floors from the picture's left edge to its right one, whoever they are for."""
    inside = [step for step in known.schedule if first < step.act_at < last]
    floors = [standing_at(known.schedule, first, known.rules.minimum), *(step.floor for step in inside)]
    return [first, *(step.act_at for step in inside), last], [*floors, floors[-1]]


def _draw_moments(axes: Axes, planned: CampaignPlan) -> None:
    """The campaign's window, and the moments that decide: each a line with its name above the picture."""

    campaign, said = planned.campaign, planned.readiness
    axes.axvspan(campaign.start, campaign.end, color=WINDOW, lw=0, zorder=0)
    moments = [(campaign.start, "start", FORECAST, "-"), (planned.now, "now", INK, "-")]
    if said is not None and said.last_moment is not None:
        moments.append((said.last_moment, "last moment to act", SHORT, "--"))
    if said is not None and said.earliest_safe_start is not None:
        moments.append((said.earliest_safe_start, "earliest safe start", OURS, "--"))
    first, last = _span(planned)
    inside = sorted((m for m in moments if first <= m[0] <= last), key=lambda m: m[0])
    for at, what, color, style in inside:
        axes.axvline(at, color=color, lw=1.4, ls=style)
        axes.annotate(
            f"{what} {at.astimezone(ZoneInfo(campaign.timezone)):%H:%M}",
            (at, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(BESIDE, ABOVE),
            textcoords="offset points",
            color=color,
            fontsize=9,
            in_layout=False,  # the title above leaves room for them
        )


def _spread_names(figure: Figure) -> None:
    """Put the names above each panel into as many rows as keep them from lying on each other.

    They are measured as they are drawn; one that would leave the panel on the right goes to the left of its
    line. A title goes above the rows.
    """
    figure.draw_without_rendering()  # only then is it known where the panels lie
    for axes in figure.axes:
        frame = axes.get_window_extent()
        ends: list[float] = []  # how far each row is taken
        for name in axes.texts:
            if name.get_window_extent().x1 > frame.x1:
                name.set(ha="right", position=(-BESIDE, ABOVE))
        for name in sorted(axes.texts, key=lambda name: name.get_window_extent().x0):
            box = name.get_window_extent()
            row = next((row for row, end in enumerate(ends) if end < box.x0), len(ends))
            ends[row : row + 1] = [box.x1 + figure.dpi * GAP / 72]
            name.set_y(ABOVE + ROW * row)
        _title_panel(axes, axes.get_title("left"), 2 * ABOVE + ROW * len(ends))


def _frame(axes: Axes, planned: CampaignPlan) -> None:
    """The hours on the owner's own clock."""

    zone = ZoneInfo(planned.campaign.timezone)
    locator = AutoDateLocator(tz=zone, minticks=4, maxticks=11)
    axes.set_xlim(*_span(planned))
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone))
    axes.set_xlabel(f"{planned.campaign.timezone} time")


def _span(planned: CampaignPlan) -> tuple[datetime, datetime]:
    """From the first thing that is done for it, half a day before at most, until its crowd is gone."""
    campaign, said = planned.campaign, planned.readiness
    times = [s.act_at for made in planned.resources for s in made.recommendation.steps]
    lead_in = [t for t in (*times, said.last_moment if said else None, planned.now) if t is not None]
    earliest = max(campaign.start - BEFORE, min(lead_in, default=campaign.start))
    first = min(earliest, campaign.start - timedelta(hours=1)) - timedelta(minutes=10)
    safe = said.earliest_safe_start if said and said.earliest_safe_start else campaign.start
    last = max(campaign.end + AFTER, min(safe, campaign.start + BEFORE) + timedelta(minutes=30))
    return first, last


def _title(planned: CampaignPlan) -> str:
    said = planned.readiness
    verdict = said.readiness.replace("_", " ") if said else "nothing is done for it"
    title = "".join(c if c.isprintable() else " " for c in planned.campaign.title)
    return f"{title}: {verdict}"


def _facts(planned: CampaignPlan, hidden: int) -> str:
    """When, at what price, until when one can act: on one line."""
    campaign, said = planned.campaign, planned.readiness
    zone = ZoneInfo(campaign.timezone)
    facts = [f"{campaign.start.astimezone(zone):%A %d %B %Y %H:%M} {campaign.timezone}"]
    if said is not None and said.extra_cost.extra is not None:
        facts.append(f"extra cost {said.extra_cost.currency} {said.extra_cost.extra:,.2f}")
    if said is not None and said.last_moment is not None:
        facts.append(f"last moment to act {said.last_moment.astimezone(zone):%a %d %b %H:%M}")
    if said is not None and said.earliest_safe_start is not None:
        facts.append(f"earliest safe start {said.earliest_safe_start.astimezone(zone):%a %d %b %H:%M}")
    if hidden > 0:
        facts.append(f"{hidden} more resources not shown")
    return "   |   ".join(facts)
