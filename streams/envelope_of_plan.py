"""Which approval does a campaign's plan ask for? Its units, its cost, its window."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from advisor.domain.policy import Policy
from streams.codec.commands import Approve
from streams.plan import CampaignPlan

MARGIN = 0.05
"""A plan's cost moves by cents with every forecast: nobody is to be asked again for those."""

NO_OTHERS: Mapping[str, int] = MappingProxyType({})


def envelope_of(planned: CampaignPlan, policy: Policy, most_units: Mapping[str, int] = NO_OTHERS) -> Approve:
    """The bounds within which the plan as it is now could be carried out.

    Per resource with steps the highest floor, or what `most_units` has for it instead; the extra cost and
    :data:`MARGIN` more, None where nothing has a price; from the first step to the last, and no less than the
    campaign itself. It expires as the policy says, and with its window at the latest.
    """
    campaign = planned.campaign
    steps = {made.recommendation.resource: made.recommendation.steps for made in planned.resources}
    by_plan = {name: max(s.floor for s in of_resource) for name, of_resource in steps.items() if of_resource}
    times = [step.act_at for of_resource in steps.values() for step in of_resource]
    start, end = min([campaign.start, *times]), max([campaign.end, *times])
    extra = planned.readiness.extra_cost.extra if planned.readiness else None
    return Approve(
        campaign_id=campaign.campaign_id,
        revision=campaign.revision,
        most_units=tuple(sorted((by_plan | dict(most_units)).items())),
        max_cost=None if extra is None else math.ceil(extra * (1 + MARGIN) * 100) / 100,
        currency=policy.currency,
        start=start,
        end=end,
        expires_at=min(planned.now + policy.approval.valid_for, end),
    )
