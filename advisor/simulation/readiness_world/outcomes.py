"""Was the verdict true? Each campaign's verdict at the last moment one could act, beside what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from advisor.domain.campaign import Campaign
from advisor.domain.readiness import Readiness
from advisor.domain.reason import Reason
from advisor.domain.timegrid import to_epoch_s
from advisor.planning.schedule import promised_until
from advisor.simulation.readiness_world.decider import Said
from advisor.simulation.readiness_world.life import Lived


@dataclass(frozen=True, slots=True)
class Outcome:
    """One campaign: what was said of it at its last safe moment and at its start, and where it was short.

    `short_on` are the resources on which demand found too few units at any minute of it, for
    `short_minutes` in all; none where it was met.
    """

    seed: int
    campaign_id: str
    at_last_moment: Said
    at_start: Said
    short_on: tuple[str, ...]
    short_minutes: int

    @property
    def is_short(self) -> bool:
        """Did any demand find no unit?"""
        return bool(self.short_on)


@dataclass(frozen=True, slots=True)
class Tally:
    """How often each verdict came true. `confusion` counts (verdict, short), `reasons` (reason, short).

    Reasons are counted of campaigns at risk, and only those that made them so.
    """

    campaigns: int
    confusion: Counter[tuple[Readiness, bool]]
    reasons: Counter[tuple[Reason, bool]]

    @property
    def ready(self) -> int:
        """How many were READY."""
        return sum(count for (verdict, _), count in self.confusion.items() if verdict is Readiness.READY)

    @property
    def false_ready(self) -> int:
        """How many were READY and short."""
        return self.confusion[Readiness.READY, True]

    @property
    def false_ready_rate(self) -> float:
        """P(short | READY), 0 where none was READY."""
        return self.false_ready / self.ready if self.ready else 0.0

    @property
    def upper_95(self) -> float:
        """Its one-sided upper bound at 95 % (Clopper and Pearson)."""
        return upper_bound(self.false_ready, self.ready)


def outcomes(lived: Lived) -> Iterator[Outcome]:
    """Every campaign put to the test of which anything was said before its start."""
    world = lived.world
    for happening in world.measured:
        campaign = happening.campaign
        start_s = to_epoch_s(campaign.start)
        said = [
            one
            for one in lived.said.get(campaign.campaign_id, ())
            if one.answer.revision == campaign.revision and to_epoch_s(one.now) <= start_s
        ]
        if not said:
            continue
        short = {name: _short_minutes(lived, campaign, name) for name in lived.short}
        yield Outcome(
            seed=world.seed,
            campaign_id=campaign.campaign_id,
            at_last_moment=_at_last_moment(said, start_s, lived.last_moments_s[campaign.campaign_id]),
            at_start=said[-1],
            short_on=tuple(name for name, minutes in short.items() if minutes),
            short_minutes=sum(short.values()),
        )


def tally(found: Sequence[Outcome]) -> Tally:
    """All of it counted, by the verdicts at the last safe moment."""
    confusion = Counter((one.at_last_moment.readiness, one.is_short) for one in found)
    reasons = Counter(
        (reason, one.is_short)
        for one in found
        if one.at_last_moment.readiness is Readiness.AT_RISK
        for reason in _in_the_way(one.at_last_moment)
    )
    return Tally(len(found), confusion, reasons)


def _in_the_way(said: Said) -> set[Reason]:
    return {finding.reason for finding in said.answer.findings if finding.readiness is not Readiness.READY}


def upper_bound(hits: int, trials: int, confidence: float = 0.95) -> float:
    """The rate at which so few hits or fewer are only 1 - `confidence` likely; 1 without a trial.

    Clopper and Pearson (1934), by halving. Raises ValueError for more hits than trials.
    """
    if not 0 <= hits <= trials:
        raise ValueError(f"{hits} hits of {trials} trials: there are between none and all of them")
    if hits == trials:
        return 1.0
    low, high = hits / trials, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if at_most(hits, trials, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def at_most(hits: int, trials: int, rate: float) -> float:
    """How likely are so many hits or fewer, each being so likely? `rate` lies within 0 and 1."""
    if rate <= 0.0:
        return 1.0
    if rate >= 1.0:
        return float(hits >= trials)
    k = np.arange(1, hits + 1)
    logs = np.cumsum(np.log((trials - k + 1) / k)) + k * np.log(rate) + (trials - k) * np.log1p(-rate)
    return float(np.exp(trials * np.log1p(-rate)) + np.exp(logs).sum())


def _at_last_moment(said: Sequence[Said], start_s: int, usual_s: int) -> Said:
    """What was said just before the last moment to act passed, the first time that one did."""
    for one, following in zip(said, [*said[1:], None], strict=True):
        moment = one.answer.last_moment
        moment_s = usual_s if moment is None else to_epoch_s(moment)
        next_s = start_s if following is None else to_epoch_s(following.now)
        if moment_s < next_s:
            return one
    return said[-1]


def _short_minutes(lived: Lived, campaign: Campaign, name: str) -> int:
    """In how many minutes of what was promised was demand more than one resource's units carry?"""
    resource, times_s = lived.world.estate.policy.resources[name], lived.world.times_s
    if set(campaign.services).isdisjoint(resource.serves):
        return 0
    until_s = to_epoch_s(min(promised_until(resource, campaign), campaign.end))
    inside = (times_s >= to_epoch_s(campaign.start)) & (times_s < until_s)
    return int(lived.short[name][inside].sum())
