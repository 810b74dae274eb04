"""What a decision says of campaigns, as metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from advisor.domain.campaign import Campaign
from advisor.reporting.metrics import Metrics
from streams.campaign_metrics import CampaignGauges
from tests.support.builders import MINUTE, NOW, PODS, at, campaign, decided, policy, resource, state

LATE = campaign(start=at("06:20"), audience=6e6, send_rate_per_min=150_000.0)


def shown(campaigns: list[Campaign], gauges: CampaignGauges) -> None:
    """Decide on a slow resource and show what is said."""
    slow = policy(resource(lead_time=40 * MINUTE))
    decision = decided(NOW, campaigns, the_policy=slow, states={PODS: state(floor=2)})
    gauges.show(decision.campaigns, {c.campaign_id: c for c in campaigns})


def test_a_late_campaign_is_told_in_figures_that_an_alert_can_quote():
    registry = CollectorRegistry()
    shown([LATE], CampaignGauges(Metrics(registry)))

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"headstart_campaign_{name}", {"campaign": "promo", **labels})

    assert value("readiness", readiness="NOT_READY") == 1
    assert value("readiness", readiness="READY") == 0
    assert value("reason", resource=PODS, reason="LEAD_TIME_TOO_SHORT") == 1
    assert value("start_timestamp_seconds") == at("06:20").timestamp()
    assert value("last_moment_timestamp_seconds") == at("05:40").timestamp()
    assert value("earliest_safe_start_timestamp_seconds") == at("06:40").timestamp()
    assert value("extra_cost", currency="EUR") == 7.75
    assert value("send_ratio") == 0.16
    assert value("shortfall_ratio", plan="planned", quantile="0.5") == 0.5556
    assert value("shortfall_ratio", plan="none", quantile="0.9") == 0.5556


def test_a_campaign_that_is_over_leaves_no_series_behind():
    registry = CollectorRegistry()
    gauges = CampaignGauges(Metrics(registry))
    shown([LATE, campaign("other", at("20:00"))], gauges)

    shown([campaign("other", at("20:00"))], gauges)

    left = {
        sample.labels["campaign"]
        for family in registry.collect()
        for sample in family.samples
        if "campaign" in sample.labels
    }
    assert left == {"other"}
