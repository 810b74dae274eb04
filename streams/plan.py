"""One campaign's plan as of now: the pure pipeline over what the topics hold, and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from advisor.domain.advice import Need, ResourceDecision, Step
from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats
from advisor.domain.evidence import Proof
from advisor.domain.policy import Policy, ResourcePolicy
from advisor.domain.readiness import CampaignReadiness
from advisor.domain.resource_state import ResourceState
from advisor.domain.timegrid import Seconds
from advisor.errors import HeadstartError
from advisor.forecasting.windows import effect_window
from advisor.planning.claims import counts, demand_on
from advisor.planning.lead_times import is_measured
from advisor.planning.pace import Pace, paces_of
from advisor.planning.schedule import standing_at
from advisor.planning.unit_capacity import proof_of
from advisor.planning.wording import heading
from advisor.policy_file import PolicyFile
from advisor.settings import Settings
from streams.campaign_book import CampaignBook
from streams.decision_inputs import DecisionInputs
from streams.estate_now import read_estate

SHOWN_LEVELS = (0.5, 0.9, 0.95, 0.99)
"""The quantiles of demand that a plan shows."""

BEFORE, AFTER = timedelta(hours=12), timedelta(hours=2)
"""How much of the demand before and after a campaign is told."""


class NoSuchCampaignError(HeadstartError):
    """The campaign asked for does not stand."""


@dataclass(frozen=True, slots=True)
class ResourceFacts:
    """What is known of one resource: how long its units take, what one carries, how many are there.

    `lead_time_p95` is as measured, or the policy's own figure while fewer than eight raises were
    (`is_measured`); `planned_with` covers more than it, by the policy's risk. `floor_now` and `ready_units`
    are None while nobody looked. `schedule` is all that is planned for it, for other campaigns too.
    """

    rules: ResourcePolicy
    lead_time_p95: timedelta
    planned_with: timedelta
    measurements: int
    is_measured: bool
    proof: Proof
    floor_now: int | None
    ready_units: int | None
    schedule: tuple[Step, ...] = ()

    def peak_floor(self, campaign: Campaign) -> int:
        """The highest floor in force while a campaign runs; the ordinary minimum where nothing is asked."""
        inside = [step.floor for step in self.schedule if campaign.start < step.act_at < campaign.end]
        return max([standing_at(self.schedule, campaign.start, self.rules.minimum), *inside])


@dataclass(frozen=True, slots=True, eq=False)
class Foreseen:
    """The demand foreseen on one resource around a campaign, in requests per second.

    `times_s` (n,) are the starts of steps; `total` and `without` the campaign have shape (n, levels), at
    each of SHOWN_LEVELS.
    """

    times_s: Seconds
    step_s: int
    total: Floats
    without: Floats


@dataclass(frozen=True, slots=True, eq=False)
class CampaignPlan:
    """A campaign, the verdict on it, and what is asked of each resource it moves.

    `facts` and `foreseen` (None where nothing is) are those resources', in the same order. `sentence` is
    the answer in words, also where there is no verdict.
    """

    campaign: Campaign
    readiness: CampaignReadiness | None
    resources: tuple[ResourceDecision, ...]
    now: datetime
    facts: tuple[ResourceFacts, ...] = ()
    foreseen: tuple[Foreseen | None, ...] = ()
    sentence: str = ""


def plan_campaign(
    settings: Settings, policy_file: PolicyFile, campaign_id: str, now: datetime
) -> CampaignPlan:
    """Decide as the decider would, with the needs it has, but write and do nothing.

    In a replayed estate the stream's last tick is now. `readiness` is None for a campaign that is over.
    Raises NoSuchCampaignError, KafkaUnreachableError and TopicMissingError.
    """
    estate = read_estate(settings, policy_file, now)
    return plan_of(find_campaign(estate.book, campaign_id), estate.seen)


def find_campaign(book: CampaignBook, campaign_id: str) -> Campaign:
    """The campaign of this id that stands. Raises NoSuchCampaignError."""
    entry = book.get(campaign_id)
    if entry is None:
        raise NoSuchCampaignError(
            f"campaign {campaign_id!r} is not on the inbox. Fix: see `headstart campaign list --all`"
        )
    standing = next((c for c in book.standing() if c.campaign_id == campaign_id), None)
    if standing is None:
        raise NoSuchCampaignError(
            f"campaign {campaign_id!r} is {entry.standing}. Fix: announce it again with a higher revision"
        )
    return standing


def plan_of(campaign: Campaign, seen: DecisionInputs) -> CampaignPlan:
    """What is planned for one of the campaigns that are decided on, however far away it is?"""
    # However far away the campaign is, its own schedule is what was asked for.
    reach = max(seen.policy.horizon, campaign.end - seen.now + timedelta(days=1))
    seen = replace(seen, policy=replace(seen.policy, horizon=reach))
    decision, paces = seen.decide(), paces_of(seen.policy, seen.resources)
    moved = [
        made
        for made in decision.resources
        if not set(campaign.services).isdisjoint(_rules(seen, made).serves)
    ]
    states = [
        seen.resources.get(made.recommendation.resource, ResourceState(made.recommendation.resource))
        for made in moved
    ]
    its_paces = [paces[made.recommendation.resource] for made in moved]
    readiness = next((r for r in decision.campaigns if r.campaign_id == campaign.campaign_id), None)
    return CampaignPlan(
        campaign=campaign,
        readiness=readiness,
        resources=tuple(_own_steps(m, campaign, p) for m, p in zip(moved, its_paces, strict=True)),
        now=seen.now,
        facts=tuple(_facts(*of, seen.now) for of in zip(moved, its_paces, states, strict=True)),
        foreseen=tuple(_foreseen(_rules(seen, made), campaign, seen.needs) for made in moved),
        sentence=readiness.sentence if readiness else _not_assessed(campaign, seen.policy),
    )


def _not_assessed(campaign: Campaign, policy: Policy) -> str:
    if counts(campaign, policy):
        return f"{heading(campaign)}: over, nothing is done for it"
    why = f"source {campaign.source!r} is not in the policy's sources"
    return f"{heading(campaign)}: nothing is done for it, because {why}"


def _rules(seen: DecisionInputs, made: ResourceDecision) -> ResourcePolicy:
    return seen.policy.resources[made.recommendation.resource]


def _own_steps(made: ResourceDecision, campaign: Campaign, pace: Pace) -> ResourceDecision:
    """The decision with only those steps that can be this campaign's doing."""
    start, end = effect_window(campaign)
    first, last = pace.earliest_raise(start), pace.latest_revert(end)
    steps = tuple(s for s in made.recommendation.steps if first <= s.act_at <= last)
    return replace(made, recommendation=replace(made.recommendation, steps=steps))


def _facts(made: ResourceDecision, pace: Pace, state: ResourceState, now: datetime) -> ResourceFacts:
    found = state.observation
    return ResourceFacts(
        rules=pace.resource,
        lead_time_p95=pace.usual,
        planned_with=pace.lead,
        measurements=sum(one.arrived for one in state.lead_times.measured),
        is_measured=is_measured(state.lead_times),
        proof=proof_of(state.capacity, pace.resource, now),
        floor_now=found.bounds.minimum if found else None,
        ready_units=found.ready_units if found else None,
        schedule=made.recommendation.steps,
    )


def _foreseen(rules: ResourcePolicy, campaign: Campaign, needs: Sequence[Need]) -> Foreseen | None:
    """What comes to one resource around the campaign, as far as it is forecast."""
    asked = [n for n in needs if n.resource == rules.resource and n.service in rules.serves]
    window = (campaign.start - BEFORE, campaign.end + AFTER)
    inside = [
        n.times_s[(n.times_s >= window[0].timestamp()) & (n.times_s < window[1].timestamp())] for n in asked
    ]
    times_s = np.unique(np.concatenate(inside)) if inside else np.zeros(0, dtype=np.int64)
    if not len(times_s):
        return None

    def bands(without: str | None) -> Floats:
        at = [demand_on(rules, asked, times_s, window=window, without=without, level=q) for q in SHOWN_LEVELS]
        return np.stack(at, axis=1)

    return Foreseen(times_s, max(n.step_s for n in asked), bands(None), bands(campaign.campaign_id))
