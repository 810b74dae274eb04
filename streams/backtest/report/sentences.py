"""The report in words: whole sentences that somebody understands who has never seen a quantile."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

from streams.backtest.report.view import CampaignCard, CapacityView, CloseUp, Gaps, PeakMark, ReportView

SCALER_NAMES = {
    "headstart": "Headstart",
    "hpa": "HPA alone",
    "cron": "cron floor",
    "last_week": "last week's demand",
    "multiplier": "fixed multiplier",
    "oracle": "perfect knowledge",
}
NBSP = "\N{NO-BREAK SPACE}"
PERCENT = f"{NBSP}%"

NONE = "\N{EN DASH}"
"""Stands where there is no number."""

LISTED = 500
"""Most campaigns in the table."""

NOTHING_SCORED = "Nothing can be said of the forecasts: no demand is known for the time they were made for."


def answer(view: ReportView) -> tuple[str, ...]:
    """What came out, in a sentence on the forecasts and one on the capacity."""
    return tuple(text for text in (forecast_answer(view), capacity_answer(view.capacity)) if text)


def forecast_answer(view: ReportView) -> str:
    """How often the 95 % band held, and how far off the median was."""
    shares = view.reliability
    if shares.everywhere is None:
        return NOTHING_SCORED
    at = shares.levels.index(0.95)
    said = (
        f"Over {counted(view.forecasts, 'forecast')} of {ahead(view.horizon)} each, demand stayed within "
        f"the 95{PERCENT} band {percent(shares.everywhere[at])} of the time"
    )
    if shares.inside is not None:
        said += f", and {percent(shares.inside[at])} of the time inside campaign windows"
    said += "."
    if view.wape is not None:
        said += f" The median forecast was off by {percent(view.wape)} of demand."
    return said


def capacity_answer(capacity: CapacityView | None) -> str:
    """Whose units were there in the first ten minutes, and at what cost; empty without a closed loop."""
    if capacity is None:
        return ""
    ours, theirs = (cost_words(capacity.cost_to_oracle[name]) for name in ("headstart", "hpa"))
    at_cost = f", at {ours} the least possible cost" if ours else ""
    if not capacity.total:
        return f"No campaign began in the time played{at_cost and f'; Headstart ran{at_cost[1:]}'}."
    met, total = capacity.met["headstart"], capacity.total
    if total == 1:
        had = "had" if met else "lacked"
        said = f"In the first ten minutes of the one campaign Headstart {had} enough capacity{at_cost}; "
        return said + f"the HPA alone {'had' if capacity.met['hpa'] else 'lacked'} it{_at(theirs)}."
    said = (
        f"Of {total} campaigns, Headstart had enough capacity in the first ten minutes of "
        f"{'all' if met == total else met or 'none'}{at_cost}; "
    )
    missed = total - capacity.met["hpa"]
    return said + f"the HPA alone missed {'all' if missed == total else missed or 'none'}{_at(theirs)}."


def cost_words(ratios: Sequence[float]) -> str:
    """Costs in multiples of the least, e.g. `1.9 times` or, over several resources, `1.2 to 1.9 times`."""
    words = list(dict.fromkeys(f"{ratio:.2g}" if ratio < 10 else f"{ratio:,.0f}" for ratio in ratios))
    return f"{' to '.join(dict.fromkeys([words[0], words[-1]]))} times" if words else ""


def peak_sentence(card: CampaignCard, levels: Sequence[float]) -> str:
    """How a campaign's peak was met, beside the last forecast made before its start."""
    if card.cutoff is None:
        return "No forecast was made before its start that reaches it."
    if card.peak is None:
        return "No demand is known in its window."
    said = f"The peak {_beside(card.peak, levels)}."
    if not card.known:
        said += " The campaign had not been announced when this forecast was made."
    if not card.peak.whole:
        said += " The forecast ends before the campaign does."
    return said


def place(actual: float, forecast: Sequence[float], levels: Sequence[float]) -> str:
    """In which band is a value above the median? E.g. `inside the 95 % band`, `14 % above the 99 % band`."""
    for level, highest in zip(levels, forecast, strict=True):
        if actual <= highest:
            return f"inside the {level * 100:g}{PERCENT} band"
    if forecast[-1] <= 0:
        return "above the whole band"
    return f"{percent(actual / forecast[-1] - 1)} above the {levels[-1] * 100:g}{PERCENT} band"


def first_minutes_sentence(card: CampaignCard) -> str:
    """What lacked in the first ten minutes, with Headstart and with the HPA alone; empty if not known."""
    if not card.first_minutes:
        return ""
    ours, theirs = (lacking(card.first_minutes[name]) for name in ("headstart", "hpa"))
    return f"First ten minutes: Headstart {ours}, the HPA alone {theirs}."


def lacking(share: float) -> str:
    """A shortfall in words."""
    return "lacked nothing" if share == 0 else f"lacked {percent(share)} of the units"


def gaps_sentence(gaps: Gaps) -> str:
    """What demand is missing in the span that was forecast."""
    if not gaps.missing:
        return f"none: demand is known for all {gaps.steps:,} steps that were forecast"
    where = f"{gaps.longest_from:%Y-%m-%d %H:%M}Z" if gaps.longest_from else ""
    return (
        f"{counted(gaps.gaps, 'gap')}, {gaps.missing:,} of {gaps.steps:,} steps that were forecast; "
        f"the longest {span(gaps.longest.total_seconds())}, from {where}"
    )


def worst_first(view: ReportView) -> str:
    """Which campaigns are shown, and in which order."""
    total = len(view.campaigns)
    order = "the worst first, by how far the peak rose above the highest band"
    if total == view.plotted:
        return f"{counted(total, 'campaign')}, {order}." if total > 1 else "One campaign."
    left = total - view.plotted
    return f"{view.plotted} of {total} campaigns, {order}; the {left} that went best have no picture here."


def listed_campaigns(view: ReportView) -> str:
    """What the table of campaigns holds."""
    total = len(view.campaigns)
    rest = f"; {total - LISTED:,} more, which went better, are in scores.json" if total > LISTED else ""
    return (
        f"Every campaign, the worst first: its peak beside the last forecast made before its start{rest}"
        if total > 1
        else "The campaign's peak beside the last forecast made before its start"
    )


def why_close_up(shot: CloseUp) -> str:
    """Why this campaign is the one shown from near by."""
    if shot.worst > 0:
        return f"where Headstart did worst here: it {lacking(shot.worst)} in the first ten minutes."
    if shot.worst_hpa > 0:
        return "where the HPA alone did worst. Headstart lacked nothing in any campaign's first ten minutes."
    return "one of many alike: nothing lacked in the first ten minutes, with Headstart or the HPA alone."


def close_up_sentence(shot: CloseUp) -> str:
    """What the picture of the ready units shows."""
    lacked = {name: int(((shot.demanded > ready) & shot.known).sum()) for name, ready in shot.ready.items()}
    minutes = float(shot.times_s[1] - shot.times_s[0]) / 60 if len(shot.times_s) > 1 else 0.0
    parts = [f"{SCALER_NAMES[name]} {span(count * minutes * 60)}" for name, count in lacked.items() if count]
    if not parts:
        return "No scaler lacked a unit in the time shown."
    return f"Time with too few units ready, in the time shown: {', '.join(parts)}; the others none."


def counted(number: int, thing: str) -> str:
    """A number and its noun, e.g. `1 gap` or `1,200 gaps`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def percent(share: float) -> str:
    """A share for people: no decimals from 10 % to 90 %, one nearer to the ends, where it counts."""
    plain = 0.1 <= share <= 0.9 or share > 1.1 or share in (0, 1)
    return f"{share * 100:,.{0 if plain else 1}f}{PERCENT}"


def exact(share: float | None) -> str:
    """A share as tables have it: one decimal, but never 0.0 or 100.0 for what is not."""
    if share is None:
        return NONE
    if 0 < share < 0.0005:
        return f"< 0.1{PERCENT}"
    if 0.9995 <= share < 1:
        return f"> 99.9{PERCENT}"
    return f"{share * 100:.1f}{PERCENT}"


def ahead(length: timedelta) -> str:
    """How far a forecast looks, in hours up to two days, e.g. `24 h`."""
    hours = length / timedelta(hours=1)
    return f"{hours:g}{NBSP}h" if 1 <= hours <= 48 and hours == int(hours) else span(length.total_seconds())


def amount(value: float) -> str:
    """An amount of demand for people: three figures, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def multiple(ratio: float) -> str:
    """A ratio for people, e.g. `1.2 times`."""
    if not math.isfinite(ratio):
        return "infinitely many times"
    return (
        f"{ratio:,.0f} times" if ratio >= 10 else f"{ratio:.2f} times" if ratio < 2 else f"{ratio:.1f} times"
    )


def span(seconds: float) -> str:
    """A length of time for people, e.g. `35 min`, `2 h 10 min` or `3 d 4 h`."""
    minutes = round(seconds / 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, "d"), (hours, "h"), (rest if not days else 0, "min")]
    return " ".join(f"{number}{NBSP}{unit}" for number, unit in parts if number) or f"{seconds:.0f} s"


def _beside(peak: PeakMark, levels: Sequence[float]) -> str:
    median = peak.forecast[levels.index(0.5)]
    if peak.actual <= median:
        return f"stayed below the median forecast's, at {multiple(peak.actual / median)} that"
    where = place(peak.actual, peak.forecast, levels)
    if median <= 0:
        return f"came where the median forecast expected nothing, {where}"
    return f"was {multiple(peak.actual / median)} the median forecast's, {where}"


def _at(cost: str) -> str:
    return f" (at {cost} the least cost)" if cost else ""
