"""How Headstart decides: demand -> forecast -> needs -> claims -> schedule -> guardrails -> advice.

`assess` runs once per service, wherever that service's demand is owned. `decide` runs once for the
whole estate, in one place, so that a resource serving many services has one floor and a campaign
over many services one verdict. `advise` is both in a row. Live, in a replay, in the demo and in the
tests, these are the functions that run; none of them reads a clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import numpy as np

from advisor.domain.advice import Decision, Need, ResourceDecision
from advisor.domain.campaign import Campaign
from advisor.domain.controls import Controls
from advisor.domain.demand import Forecast, Level, ServiceView
from advisor.domain.policy import Policy
from advisor.domain.resource_state import ResourceState
from advisor.forecasting.forecast import forecast_and_learn
from advisor.forecasting.learned import NOTHING, Learned
from advisor.planning.bounds import bound
from advisor.planning.claims import by_resource, counts
from advisor.planning.estate import lay_out
from advisor.planning.needs import need_of
from advisor.planning.pace import paces_of
from advisor.planning.readiness import Scene, assess_campaigns
from advisor.planning.recommend import may_raise_at, permissions_on, recommend, situation_of


@dataclass(frozen=True, eq=False)
class Assessment:
    """What one service's demand says: its forecast, and what that asks of each of its resources.

    `learned` is what was learned on the way, to be handed in the next time.
    """

    forecast: Forecast
    level: Level
    needs: tuple[Need, ...]
    learned: Learned


def assess(
    view: ServiceView, campaigns: Sequence[Campaign], policy: Policy, learned: Learned = NOTHING
) -> Assessment:
    """Forecast one service and say what that asks of its resources.

    Everything known is in `view`, up to its `data_until`; `campaigns` are those announced by then. One
    whose source the policy does not list moves nothing here either.
    """
    counted = [campaign for campaign in campaigns if counts(campaign, policy)]
    forecast, known = forecast_and_learn(view, counted, policy, learned)
    highest = float(np.nanmax(view.values, initial=0.0))
    needs = tuple(need_of(forecast, r, counted, highest) for r in policy.resources_of(view.service))
    return Assessment(forecast, level_of(view), needs, known)


def decide(
    needs: Sequence[Need],
    levels: Mapping[str, Level],
    campaigns: Sequence[Campaign],
    resources: Mapping[str, ResourceState],
    controls: Controls,
    policy: Policy,
    now: datetime,
) -> Decision:
    """One answer for the whole estate at `now`.

    `levels` says per service until when its demand is known (`data_until`) and how much is in use;
    `resources` what was agreed and observed before. A resource or service not mentioned is new.
    """
    known = {campaign.campaign_id: campaign for campaign in campaigns}
    asked = by_resource(needs, policy)
    estate = [
        lay_out(pace, resources.get(name, ResourceState(name)), asked.get(name, ()), known, policy, now)
        for name, pace in paces_of(policy, resources).items()
    ]
    bounded = bound(estate, known, policy, now)
    permissions = [
        permissions_on(laid, known, bounded.costs, controls, policy, now) for laid in bounded.estate
    ]
    situations = [
        situation_of(laid, bounded.cuts.get(laid.name, ()), levels, given, controls, policy, now)
        for laid, given in zip(bounded.estate, permissions, strict=True)
    ]
    scene = Scene(estate, bounded, situations, permissions, controls, policy, now)
    readiness, findings = assess_campaigns(scene, known)
    decisions = tuple(
        recommend(
            laid,
            situation,
            findings.get(laid.name, ()),
            known,
            partial(may_raise_at, left, known, bounded.costs, controls, policy),
            bounded,
            policy,
        )
        for laid, situation, left in zip(estate, situations, bounded.estate, strict=True)
    )
    return Decision(decisions, readiness)


def advise(
    views: Sequence[ServiceView],
    campaigns: Sequence[Campaign],
    resources: Mapping[str, ResourceState],
    controls: Controls,
    policy: Policy,
    now: datetime,
) -> Decision:
    """`assess` every service, then `decide`: the whole of Headstart as one function."""
    assessments = [assess(view, campaigns, policy) for view in views]
    needs = [need for assessment in assessments for need in assessment.needs]
    levels = {assessment.level.service: assessment.level for assessment in assessments}
    return decide(needs, levels, campaigns, resources, controls, policy, now)


def level_of(view: ServiceView, *, by_cell: bool = False) -> Level:
    """How much of a service is in use, as its view has it.

    `by_cell` takes the last cell for the newest, which in a replay is the same however far ahead was read:
    buckets that far back are settled into cells.
    """
    newest = view.last_cell if by_cell else view.newest
    return Level(view.service, view.data_until, view.recent_rate_per_s, newest)


def remember(decision: ResourceDecision, state: ResourceState) -> ResourceState:
    """A resource's state after a decision: its schedule is now the agreed one."""
    return replace(
        state,
        plan=decision.recommendation.steps,
        claims=decision.claims,
        without=decision.without,
        ledger=decision.ledger,
        rationed=decision.rationed,
        left_of_raise=decision.left_of_raise,
    )
