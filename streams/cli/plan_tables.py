"""A campaign's plan on the terminal: the sentence, why, what is asked for when, the price of being sure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from advisor.domain.advice import ResourceDecision
from advisor.domain.money import Cost
from advisor.domain.readiness import CampaignReadiness, Progress, Readiness, Shortfall
from advisor.domain.units import in_units
from streams.cli.layout import show_table
from streams.plan import CampaignPlan, ResourceFacts
from streams.send_gate import may_send

COLOURS = {Readiness.READY: "green", Readiness.AT_RISK: "yellow", Readiness.NOT_READY: "red"}
PROGRESS = {
    Progress.RAISING: "what is due is being asked for",
    Progress.PARTLY_RAISED: "a part: on some resources it stands, on others something is in the way",
    Progress.FAILED: "nothing: something is in the way of all that is due",
    Progress.RAISED: "all that is due stands",
}
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def show_plan(out: Console, planned: CampaignPlan) -> None:
    """One plan, the answer first."""
    out.print(coloured(planned), soft_wrap=True, highlight=False)
    if planned.readiness is None:
        return
    zone = ZoneInfo(planned.campaign.timezone)
    out.print()
    show_table(out, "Why", ("verdict", "reason", "what"), list(_findings(planned.readiness)))
    for line in _facts(planned, planned.readiness):
        out.print(Text(line), soft_wrap=True)
    for made, known in zip(planned.resources, planned.facts, strict=True):
        out.print()
        _show_resource(out, made, known, zone)


def show_scenarios(out: Console, plans: Sequence[CampaignPlan]) -> None:
    """Several plans side by side: each sentence, then what differs."""
    for planned in plans:
        out.print(coloured(planned), soft_wrap=True, highlight=False)
        out.print()
    names = [planned.campaign.title for planned in plans]
    show_table(out, "Side by side", ("", *names), list(_side_by_side(plans)))
    out.print()
    show_table(out, "Highest floor of", ("resource", *names), list(_peak_floors(plans)))


def coloured(planned: CampaignPlan) -> Text:
    """The sentence as everybody reads it, its verdict in colour."""
    said = Text(planned.sentence)
    if planned.readiness is not None:
        word = planned.readiness.readiness.replace("_", " ")
        at = planned.sentence.find(f": {word}, because ") + len(": ")
        said.stylize(f"bold {COLOURS[planned.readiness.readiness]}", at, at + len(word))
    return said


def _findings(said: CampaignReadiness) -> Iterator[tuple[Text, str, str]]:
    for found in said.findings:
        what = f"{found.resource}: {found.detail}" if found.resource else found.detail
        yield Text(found.readiness, style=COLOURS[found.readiness]), found.reason, what


def _facts(planned: CampaignPlan, said: CampaignReadiness) -> Iterator[str]:
    """What both sides ask next, a line each."""
    zone, now = ZoneInfo(planned.campaign.timezone), planned.now
    if said.progress is not Progress.PLANNED:
        yield f"Carried out so far: {PROGRESS[said.progress]}"
    if said.last_moment is not None:
        left = said.last_moment - now
        ago = f"{_length(-left)} ago" if left < timedelta(0) else f"in {_length(left)}"
        yield f"Last moment to act: {_zoned(said.last_moment, zone)}, {ago}"
    if said.earliest_safe_start is not None:
        yield f"Earliest safe start: {_zoned(said.earliest_safe_start, zone)}"
    if said.send_gate is None:
        yield "What would be missing, how fast it may be sent and what it costs: not forecast yet"
        return
    for title, lost in (("If nothing is done", said.if_nothing_is_done), ("As planned", said.as_planned)):
        told = "; ".join(_shortfall(one, zone) for one in lost)
        yield f"{title}: {told or 'nothing is missing at p50 and p90'}"
    yield f"Send gate: {may_send(planned.campaign, said.send_gate, now).text}"
    yield from price_lines(said.extra_cost)


def price_lines(cost: Cost) -> Iterator[str]:
    """What it costs, and what being surer would."""
    if cost.extra is None:
        yield "Extra cost: unknown, the policy names no price"
        return
    yield f"Extra cost: {cost.currency} {cost.extra:,.2f}"
    if cost.spent:
        yield f"Spent so far: {cost.currency} {cost.spent:,.2f}"
    if cost.committed:
        yield f"Committed: {cost.currency} {cost.committed:,.2f} cannot be taken back once it is asked for"
    if cost.ladder:
        rungs = ", ".join(f"p{r.level * 100:g} {cost.currency} {r.extra:,.2f}" for r in cost.ladder)
        yield f"Price of being sure: {rungs}"
        yield from _last_steps(cost)


def _last_steps(cost: Cost) -> Iterator[str]:
    """What the last per cents of certainty cost, from p90 on."""
    for below, above in zip(cost.ladder, cost.ladder[1:], strict=False):
        if below.level >= 0.9:
            more = above.extra - below.extra
            share = (above.level - below.level) * 100
            yield f"  from p{below.level * 100:g} to p{above.level * 100:g}, {share:.0f} % more certain: " + (
                f"{cost.currency} {more:,.2f}" if more > 0 else "nothing more"
            )


def _show_resource(out: Console, made: ResourceDecision, known: ResourceFacts, zone: ZoneInfo) -> None:
    recommendation = made.recommendation
    title = f"{recommendation.resource} ({recommendation.mode})"
    if recommendation.steps:
        rows = [(_time(s.act_at, zone), str(s.floor), str(s.ceiling)) for s in recommendation.steps]
        show_table(out, title, (f"act at ({zone.key})", "floor", "ceiling"), rows, numbers="floor ceiling")
    elif known.rules.is_fixed:
        out.print(Text(f"{title}: cannot be scaled, carries {known.rules.unit_capacity:g} requests/s"))
    else:
        reasons = ", ".join(recommendation.reasons)
        out.print(Text(f"{title}: nothing to do, {reasons}"), soft_wrap=True)
    for line in _measured(known):
        out.print(Text(f"  {line}"), soft_wrap=True)


def _measured(known: ResourceFacts) -> Iterator[str]:
    """How far the schedule can be trusted: what was seen of the resource."""
    if not known.rules.is_fixed:
        source = (
            f"measured {known.measurements} times"
            if known.is_measured
            else (f"the policy's, {known.measurements} measured so far")
        )
        yield (
            f"lead time: p95 {_length(known.lead_time_p95)}, "
            f"planned with {_length(known.planned_with)} ({source})"
        )
        proof = "proven" if known.proof.is_proven else "NOT proven"
        yield f"unit capacity: {proof}, {known.proof.detail}"
    if known.ready_units is not None:
        yield f"now: {in_units(known.ready_units)} ready, floor {known.floor_now}"


def _side_by_side(plans: Sequence[CampaignPlan]) -> Iterator[list[Text | str]]:
    said = [planned.readiness for planned in plans]
    zones = [ZoneInfo(planned.campaign.timezone) for planned in plans]
    yield ["start", *(_zoned(p.campaign.start, z) for p, z in zip(plans, zones, strict=True))]
    yield ["verdict", *(_verdict(one) for one in said)]
    yield ["extra cost", *(_extra(one) for one in said)]
    yield [
        "earliest safe start",
        *(
            _zoned(one.earliest_safe_start, zone) if one and one.earliest_safe_start else "as it is"
            for one, zone in zip(said, zones, strict=True)
        ),
    ]
    for title, of in (
        ("short if nothing is done", [one.if_nothing_is_done if one else () for one in said]),
        ("short as planned", [one.as_planned if one else () for one in said]),
    ):
        yield [
            title,
            *(", ".join(f"{s.share:.0%} at p{s.level * 100:g}" for s in lost) or "no" for lost in of),
        ]


def _peak_floors(plans: Sequence[CampaignPlan]) -> Iterator[list[str]]:
    peaks = [{known.rules.resource: known.peak_floor(p.campaign) for known in p.facts} for p in plans]
    for name in dict.fromkeys(name for of_plan in peaks for name in of_plan):
        yield [name, *(str(of_plan.get(name, "-")) for of_plan in peaks)]


def _verdict(said: CampaignReadiness | None) -> Text:
    if said is None:
        return Text("none")
    return Text(said.readiness, style=COLOURS[said.readiness])


def _extra(said: CampaignReadiness | None) -> str:
    cost = said.extra_cost if said else None
    return f"{cost.currency} {cost.extra:,.2f}" if cost and cost.extra is not None else "unknown"


def _shortfall(lost: Shortfall, zone: ZoneInfo) -> str:
    return (
        f"{lost.share:.0%} of demand at p{lost.level * 100:g}, worst {_zoned(lost.at, zone)} "
        f"on {lost.resource}, for {lost.minutes} min in all"
    )


def _time(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%a %d %b %H:%M}"


def _zoned(instant: datetime, zone: ZoneInfo) -> str:
    return f"{_time(instant, zone)} {zone.key}"


def _length(span: timedelta) -> str:
    """A length of time in its two largest units."""
    days, rest = divmod(span, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes = -(-rest // MINUTE)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min"
