"""From a backtest's results to all that its report says. Numbers are those of `scores.json`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.domain.timegrid import Seconds, from_epoch_s, to_epoch_s, to_iso
from advisor.durations import format_duration
from advisor.simulation.rolling import RollingForecast, Series
from advisor.simulation.rolling_scores import RollingScores
from streams.audit_trail import MODEL_VERSION
from streams.backtest.report.campaigns import PLOTTED, campaign_cards
from streams.backtest.report.capacity_view import capacity_view
from streams.backtest.report.sentences import NONE, PERCENT
from streams.backtest.report.view import CampaignCard, Flags, Gaps, MarkRow, Overview, Reliability, ReportView
from streams.build import package_version

if TYPE_CHECKING:
    from streams.backtest.inputs import BacktestPlan
    from streams.backtest.run import Backtest

DAY = timedelta(days=1)
COLUMNS = 2_000
"""Most points across a picture."""

_SECOND = timedelta(seconds=1)


def report_view(plan: BacktestPlan, done: Backtest) -> ReportView:
    """All that the page says of one backtest."""
    cards = campaign_cards(plan, done.inputs, done.forecasts, done.scores.campaigns, done.loop)
    levels = tuple(done.document["levels"])
    scores = done.scores.everything.scores
    per = plan.value_per
    return ReportView(
        title=done.inputs.service if plan.policy else plan.demand.name.split(".")[0],
        unit="demand" if per == _SECOND else f"demand per {format_duration(per)}",
        levels=levels,
        forecasts=len(done.forecasts),
        horizon=plan.origins.horizon,
        step_s=done.inputs.series.step_s,
        wape=None if scores is None or not np.isfinite(scores.wape) else scores.wape,
        reliability=reliability(done.scores, levels),
        overview=overview(done.inputs.series, done.forecasts, levels, done.scores),
        campaigns=cards,
        plotted=min(len(cards), PLOTTED),
        capacity=capacity_view(done.loop, done.inputs.campaigns) if done.loop else None,
        marks=mark_rows(done.document),
        gaps=gaps(done.inputs.series, plan),
        made=_made(plan, done, cards),
    )


def reliability(scores: RollingScores, levels: tuple[float, ...]) -> Reliability:
    """How often did demand stay at or below each level, everywhere, outside and inside campaigns?"""
    everything, inside, later = (
        part.scores for part in (scores.everything, scores.inside, scores.from_third)
    )
    outside = everything.coverage if everything and not inside else None
    if everything and inside and everything.points > inside.points:
        # what is inside is part of everything: the rest follows from the two
        below = np.multiply(everything.points, everything.coverage) - np.multiply(
            inside.points, inside.coverage
        )
        outside = tuple((below / (everything.points - inside.points)).tolist())
    return Reliability(
        levels=levels,
        everywhere=everything.coverage if everything else None,
        outside=outside,
        inside=inside.coverage if inside else None,
        from_third=later.coverage if later else None,
    )


def overview(
    series: Series, forecasts: Sequence[RollingForecast], levels: Sequence[float], scores: RollingScores
) -> Overview:
    """The whole span, with for every step the oldest forecast that was at most a day old then."""
    width, first_s = series.step_s, int(forecasts[0].times_s[0])
    count = (int(forecasts[-1].times_s[-1]) - first_s) // width + 1
    times_s = first_s + width * np.arange(count, dtype=np.int64)
    median, upper = np.full(count, np.nan), np.full(count, np.nan)
    for forecast in reversed(forecasts):  # the older ones come last, and stay
        young = forecast.times_s < to_epoch_s(forecast.cutoff + DAY)
        at = (forecast.times_s[young] - first_s) // width
        median[at] = forecast.band[young, levels.index(0.5)]
        upper[at] = forecast.band[young, levels.index(0.95)]
    windows = _inside(times_s, width, [(m.start, m.end) for m in scores.campaigns])
    each = -(-count // COLUMNS)
    starts = np.arange(0, count, each)
    highest = [np.fmax.reduceat(values, starts) for values in (series.at(times_s), median, upper)]
    marked = np.logical_or.reduceat(windows, starts)
    return Overview(times_s[starts], highest[0], highest[1], highest[2], marked, width * each)


def gaps(series: Series, plan: BacktestPlan) -> Gaps:
    """What demand is not known, from the first cutoff to the end of the last forecast?"""
    last = plan.origins.cutoffs[-1] + plan.origins.horizon
    times_s = np.arange(to_epoch_s(plan.origins.start), to_epoch_s(last), series.step_s, dtype=np.int64)
    missing = ~np.isfinite(series.at(times_s))
    edges = np.flatnonzero(np.diff(np.concatenate([[False], missing, [False]])))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return Gaps(len(times_s), 0, 0, timedelta(0), None)
    longest = int(np.argmax(ends - starts))
    return Gaps(
        steps=len(times_s),
        missing=int(missing.sum()),
        gaps=len(starts),
        longest=timedelta(seconds=int(ends[longest] - starts[longest]) * series.step_s),
        longest_from=from_epoch_s(int(times_s[starts[longest]])),
    )


def mark_rows(document: dict[str, Any]) -> tuple[MarkRow, ...]:
    """The marks of `scores.json` in words: a row a mark, a column a part of the points."""
    levels = document["levels"]
    top = f"q{levels[-1] * 100:g}"
    rows = [
        ("points scored", "points", "{:,.0f}"),
        ("mean pinball loss, of mean demand", "mean_pinball", "{:.4f}"),
    ]
    rows += [(f"pinball loss of q{level * 100:g}", f"pinball_{level:g}", "{:.4f}") for level in levels]
    rows += [("WAPE of the median", "wape", "{:.1%}"), ("peaks scored", "peaks", "{:,.0f}")]
    rows += [(f"peak error of {q}, mean", f"peak_error_{q}", "{:+.1%}") for q in ("q50", top)]
    rows += [(f"peak error of {q}, mean size", f"peak_error_size_{q}", "{:.1%}") for q in ("q50", top)]
    rows += [("median's peak is late by, mean", "peak_minutes_late", "{:+.0f} min")]
    rows += [("median's peak is off by, mean size", "peak_minutes_off", "{:.0f} min")]
    parts = [document[name] for name in ("all", "inside", "from_third")]
    return tuple(
        MarkRow(title, (_cell(parts[0], key, form), _cell(parts[1], key, form), _cell(parts[2], key, form)))
        for title, key, form in rows
    )


def command_line(plan: BacktestPlan) -> str:
    """The command that makes this backtest again."""
    origins = plan.origins
    words = ["headstart", "backtest", "--demand", str(plan.demand), "--campaigns", str(plan.campaigns)]
    words += ["--horizon", format_duration(origins.horizon), "--every", format_duration(origins.every)]
    words += ["--start", to_iso(origins.start), "--end", to_iso(origins.end)]
    words += ["--step", format_duration(origins.step), "--value-per", format_duration(plan.value_per)]
    words += ["--policy", str(plan.policy)] if plan.policy else []
    words += ["--service", plan.service] if plan.service else []
    return shlex.join([*words, "--out", str(plan.out)])


def _made(plan: BacktestPlan, done: Backtest, cards: Sequence[CampaignCard]) -> tuple[tuple[str, str], ...]:
    origins, document, series = plan.origins, done.document, done.inputs.series
    history = f"{_day(series.start_s)} to {_day(series.end_s)}"
    mean_ms, slowest_ms = (document[name] * 1000 for name in ("seconds_per_forecast", "slowest_forecast_s"))
    speed = f"{mean_ms:.1f} ms each, {slowest_ms:.1f} ms at most"
    rows = [
        ("Command", command_line(plan)),
        (
            "Model",
            f"{MODEL_VERSION}, Headstart {package_version()}: the forecast that the product makes live; "
            f"{speed}",
        ),
        (
            "Forecasts",
            f"{len(done.forecasts)}, from {_day(to_epoch_s(origins.start))} to "
            f"{_day(to_epoch_s(done.forecasts[-1].cutoff))}, every {format_duration(origins.every)}, each "
            f"{format_duration(origins.horizon)} ahead in steps of {format_duration(origins.step)}",
        ),
        ("Demand", f"{plan.demand}, {history}"),
        (
            "Campaigns",
            f"{plan.campaigns}, {len(done.scores.campaigns)} that stand, {len(cards)} in this span",
        ),
    ]
    if plan.policy and done.loop:
        step = format_duration(timedelta(seconds=done.loop.step_s))
        rows.append(("Policy", f"{plan.policy}, for {done.loop.service}, played in steps of {step}"))
    return tuple(rows)


def _inside(times_s: Seconds, width_s: int, windows: Sequence[tuple[Any, Any]]) -> Flags:
    inside = np.zeros(len(times_s), dtype=np.bool_)
    for start, end in windows:
        first = np.searchsorted(times_s, to_epoch_s(start) - width_s, side="right")
        inside[first : np.searchsorted(times_s, to_epoch_s(end))] = True
    return inside


def _cell(marks: dict[str, Any] | None, name: str, form: str) -> str:
    value = marks[name] if marks else None
    return NONE if value is None else form.format(value).replace("%", PERCENT)


def _day(seconds: int) -> str:
    return f"{from_epoch_s(seconds):%Y-%m-%d %H:%M}Z"
