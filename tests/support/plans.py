"""Builders of what a plan is made on: one service with two days of history, and its campaigns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.aggregation.service_history import ServiceHistory
from advisor.domain.campaign import Campaign
from advisor.domain.controls import Controls
from advisor.domain.policy import Policy
from advisor.domain.timegrid import to_epoch_s
from advisor.forecasting.learned import NOTHING
from advisor.pipeline import assess
from streams.decision_inputs import DecisionInputs
from streams.demand_reading import KnownService
from tests.support.builders import NOW, SHOP, measured, part, policy, state


def known_shop(days: float = 2.0) -> dict[str, KnownService]:
    """The shop as its log has it: twice as busy in the second half of every hour, up to now."""
    history, end_s = ServiceHistory(SHOP, 300), to_epoch_s(NOW)
    for start_s in range(end_s - int(days * 86_400), end_s, 60):
        busy = 2 if start_s % 3600 >= 1800 else 1
        history.apply(part(start_s, 600.0 * busy))
    return {SHOP: KnownService(history, NOTHING)}


def estate_with(
    campaigns: Sequence[Campaign], *, the_policy: Policy | None = None, **other: Any
) -> DecisionInputs:
    """What the decider would decide on, with these campaigns announced and assessed."""
    rules = the_policy or policy()
    assessment = assess(known_shop()[SHOP].history.view(NOW), campaigns, rules)
    values: dict[str, Any] = {
        "needs": assessment.needs,
        "levels": {SHOP: assessment.level},
        "campaigns": tuple(campaigns),
        "resources": {
            name: measured(state(name, floor=r.minimum), rules) for name, r in rules.resources.items()
        },
        "controls": Controls(),
        "policy": rules,
        "now": NOW,
    }
    return DecisionInputs(**{**values, **other})
