"""May a campaign be sent now, and how fast? What its readiness says of that, at a time, in one answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from advisor.domain.campaign import Campaign
from advisor.domain.readiness import SendGate, SendStep
from advisor.planning.wording import gate_in_words, gate_to_come_in_words


@dataclass(frozen=True, slots=True)
class MaySend:
    """The senders' answer. `share` of the campaign's pace (0 to 1) may be sent now.

    `rate_per_min` is that in messages a minute, None where the campaign names no rate. `later` are the
    steps still to come, `limited_by` the resource that allows no more at first.
    """

    share: float
    rate_per_min: float | None
    text: str
    later: tuple[SendStep, ...] = ()
    limited_by: str = ""


def may_send(campaign: Campaign, gate: SendGate | None, now: datetime) -> MaySend:
    """May it be sent at `now`? Nothing before its start, after its end, or while nobody can tell.

    A step still to come counts when the decider says that it has come: capacity may be late.
    """
    if campaign.end <= now:
        return MaySend(0.0, _rate(campaign, 0.0), "no: it is over")
    if gate is None:
        return MaySend(0.0, _rate(campaign, 0.0), "no: what it needs is not forecast yet")
    if not gate.steps:
        return MaySend(0.0, _rate(campaign, 0.0), gate_in_words(campaign, gate))
    first, later = gate.steps[0], gate.steps[1:]
    if now < campaign.start:
        steps = (replace(first, at=campaign.start), *later)
        text = gate_to_come_in_words(campaign, gate)
        return MaySend(0.0, _rate(campaign, 0.0), text, steps, gate.limited_by)
    return MaySend(first.share, first.rate_per_min, gate_in_words(campaign, gate), later, gate.limited_by)


def _rate(campaign: Campaign, share: float) -> float | None:
    return None if campaign.send_rate_per_min is None else campaign.send_rate_per_min * share
