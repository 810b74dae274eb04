"""A campaign's verdict in one sentence that marketing and operations read alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from advisor.domain.campaign import Campaign
from advisor.domain.money import Cost
from advisor.domain.readiness import CampaignReadiness, Finding, Readiness, SendGate, SendStep, Shortfall
from advisor.domain.reason import Reason

UP_TO_PEOPLE = frozenset(
    {
        Reason.NEEDS_APPROVAL,
        Reason.NEEDS_SECOND_APPROVAL,
        Reason.OUTSIDE_ENVELOPE,
        Reason.APPROVAL_EXPIRED,
        Reason.APPROVAL_REJECTED,
        Reason.MODE_RECOMMEND,
        Reason.HELD,
        Reason.KILL_SWITCH,
    }
)
"""What people can change at once is told beside whatever else is in the way."""


def sentence_of(campaign: Campaign, answer: CampaignReadiness, now: datetime) -> str:
    """The one answer: verdict, why, until when one can act, from when on it is safe, at what cost."""
    return "; ".join(_parts(campaign, answer, now))


def heading(campaign: Campaign) -> str:
    """Which campaign, and when, by its owner's clock."""
    return f"{campaign.title}, {_clock(campaign, campaign.start, with_date=True)} {campaign.timezone}"


def gate_in_words(campaign: Campaign, gate: SendGate) -> str:
    """May it be sent, at which rate, and from when on faster?"""
    if not gate.steps:
        return "no: it is over"
    first, later = gate.steps[0], gate.steps[1:]
    because = f" ({gate.limited_by})" if gate.limited_by else ""
    said = [
        f"yes, {_pace(first.share, first.rate_per_min)} now"
        if first.share > 0
        else f"no, nothing now{because}"
    ]
    if first.share > 0 and later:
        said[0] += because
    text = ", ".join([*said, *(_from(campaign, step) for step in later[-3:])])
    return f"{text} {campaign.timezone}" if later else text


def gate_to_come_in_words(campaign: Campaign, gate: SendGate) -> str:
    """The same of a campaign that has not begun: its first step counts from its start on."""
    first, later = gate.steps[0], gate.steps[1:]
    because = f" ({gate.limited_by})" if gate.limited_by else ""
    pace = _pace(first.share, first.rate_per_min) if first.share > 0 else "nothing"
    start = f"{_clock(campaign, campaign.start, with_date=True)} {campaign.timezone}"
    begins = f"no, not before {start}: then {pace}{because}"
    return ", ".join([begins, *(_from(campaign, step) for step in later[-3:])])


def _from(campaign: Campaign, step: SendStep) -> str:
    return f"{_pace(step.share, step.rate_per_min)} from {_clock(campaign, step.at)}"


def _parts(campaign: Campaign, answer: CampaignReadiness, now: datetime) -> Iterator[str]:
    verdict = answer.readiness
    said = [f for f in answer.findings if f.readiness is verdict or f.reason in UP_TO_PEOPLE]
    why = "; ".join(_by_resource(said))
    yield f"{heading(campaign)}: {verdict.replace('_', ' ')}, because {why}"
    if verdict is not Readiness.READY and answer.last_moment is not None:
        was = "was " if answer.last_moment < now else ""
        yield f"last moment to act {was}{_clock(campaign, answer.last_moment)}"
    if answer.earliest_safe_start is not None:
        # One that runs cannot start anew: to it, it is the time from when on it can be carried.
        moment = "earliest safe start" if campaign.start > now else "enough can be there from"
        yield f"{moment} {_clock(campaign, answer.earliest_safe_start)}"
    if verdict is Readiness.NOT_READY:
        yield from _throttled(campaign, answer.send_gate, now)
    yield from _what_is_lost(campaign, answer, now)
    if (
        answer.extra_cost.extra is not None and answer.send_gate is not None
    ):  # without it, nothing is forecast
        yield f"extra cost {_money(answer.extra_cost)}"


def _what_is_lost(campaign: Campaign, answer: CampaignReadiness, now: datetime) -> Iterator[str]:
    """What would be short: kept at its start, left alone where people have to act, or as planned."""
    if answer.readiness is Readiness.READY:
        return
    if answer.earliest_safe_start is not None and answer.as_planned:
        until_then = "kept as it is" if campaign.start > now else "until then"
        yield f"{until_then}, {_lost(answer.as_planned)}"
    elif answer.if_nothing_is_done and not UP_TO_PEOPLE.isdisjoint(answer.reasons):
        yield f"if nothing is done, {_lost(answer.if_nothing_is_done)}"
    elif answer.as_planned:
        yield f"as planned, {_lost(answer.as_planned)}"


def _by_resource(findings: Sequence[Finding]) -> Iterator[str]:
    """What was found, each resource named once, in the order in which they come."""
    details: dict[str, list[str]] = {}
    for found in findings:
        details.setdefault(found.resource, []).append(found.detail)
    for resource, said in details.items():
        told = "; ".join(dict.fromkeys(said))
        yield f"{resource}: {told}" if resource else told


def _throttled(campaign: Campaign, gate: SendGate | None, now: datetime) -> Iterator[str]:
    """What can be sent although not all is there: slower for a while, or slower for most of the time."""
    if gate is None or not gate.steps or gate.share_now >= 1.0:
        return
    first, middle = gate.steps[0], campaign.start + (campaign.end - campaign.start) / 2
    lasting = [step for step in gate.steps if step is first or step.at <= middle][-1]
    if lasting.share <= 0:
        yield "nothing can be sent"
    elif lasting.share < 1.0:
        yield f"send at most {_pace(lasting.share, lasting.rate_per_min)}"
    elif first.share > 0:
        slow = _pace(first.share, first.rate_per_min)
        begin = "or start then and send" if campaign.start > now else "send at most"
        yield f"{begin} {slow} until {_clock(campaign, lasting.at)}"


def _lost(found: tuple[Shortfall, ...]) -> str:
    """The shortfall at each quantile, as shares of demand at the worst moment."""
    parts = [f"{s.share:.0%} at p{s.level * 100:.0f} for {s.minutes} min" for s in found]
    return f"short by {' and '.join(parts)} at the worst"


def _pace(share: float, rate_per_min: float | None) -> str:
    if rate_per_min is None:
        return f"at {share:.0%} of its pace"
    return f"{rate_per_min / 1000:g}k/min" if rate_per_min >= 10_000 else f"{rate_per_min:,.0f}/min"


def _money(cost: Cost) -> str:
    said = f"{cost.currency} {cost.extra or 0.0:,.2f}"
    return f"{said}, of which {cost.committed:,.2f} cannot be taken back" if cost.committed else said


def _clock(campaign: Campaign, instant: datetime, *, with_date: bool = False) -> str:
    """An instant by the owner's clock; with the day where it is not the campaign's."""
    zone = ZoneInfo(campaign.timezone)
    local, start = instant.astimezone(zone), campaign.start.astimezone(zone)
    if with_date:
        return f"{local:%A %d %B %Y %H:%M}"
    return f"{local:%H:%M}" if local.date() == start.date() else f"{local:%A %d %B %H:%M}"
