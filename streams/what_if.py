"""What if there were another campaign, or one were different? The same pipeline, and nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from advisor.domain.campaign import Campaign
from advisor.pipeline import assess
from streams.decision_inputs import DecisionInputs
from streams.demand_reading import KnownService


def services_asked(campaign: Campaign, seen: DecisionInputs) -> set[str]:
    """Whose forecast changes with this campaign? Its services', and those it no longer names."""
    before = (c.services for c in seen.campaigns if c.campaign_id == campaign.campaign_id)
    return set(campaign.services).union(*before)


def supposing(campaign: Campaign, seen: DecisionInputs, known: Mapping[str, KnownService]) -> DecisionInputs:
    """What would be decided on, if this campaign stood as well, or instead of the one of its id?

    Its services are assessed anew, on the demand that the decider knew of. One of which nothing is `known`
    has no need, just as if the campaign had been announced.
    """
    others = [c for c in seen.campaigns if c.campaign_id != campaign.campaign_id]
    campaigns = tuple(sorted([*others, campaign], key=lambda c: (c.start, c.campaign_id)))
    needs = {(need.resource, need.service): need for need in seen.needs}
    for service in sorted(services_asked(campaign, seen)):
        level = seen.levels.get(service)
        if level is None or service not in known:
            continue
        view = known[service].history.view(level.data_until)
        theirs = [c for c in campaigns if service in c.services]
        assessment = assess(view, theirs, seen.policy, known[service].learned)
        needs |= {(need.resource, need.service): need for need in assessment.needs}
    return replace(seen, campaigns=campaigns, needs=tuple(needs[key] for key in sorted(needs)))
