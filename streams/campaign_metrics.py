"""The verdicts on campaigns still to come, as metrics; of those that are over no series stays behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from prometheus_client import Gauge

from advisor.domain.campaign import Campaign
from advisor.domain.readiness import CampaignReadiness, Progress, Readiness
from advisor.reporting.metrics import Metrics

Series = tuple[Gauge, tuple[str, ...]]


class CampaignGauges:
    """Shows what each decision says of campaigns, and takes back what the one before said."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._shown: set[Series] = set()

    def show(self, assessed: Sequence[CampaignReadiness], campaigns: Mapping[str, Campaign]) -> None:
        """Set the gauges of these campaigns, and remove all others."""
        values = dict(
            pair for answer in assessed for pair in self._values(answer, campaigns.get(answer.campaign_id))
        )
        for gauge, labels in self._shown - values.keys():
            gauge.remove(*labels)
        for (gauge, labels), value in values.items():
            gauge.labels(*labels).set(value)
        self._shown = set(values)

    def _values(self, answer: CampaignReadiness, campaign: Campaign | None) -> Iterator[tuple[Series, float]]:
        """Each series of one campaign, with its value."""
        name, metrics = answer.campaign_id, self._metrics
        for readiness in Readiness:
            yield (metrics.campaign_readiness, (name, readiness)), float(readiness is answer.readiness)
        for progress in Progress:
            yield (metrics.campaign_progress, (name, progress)), float(progress is answer.progress)
        for found in answer.findings:
            if found.readiness is not Readiness.READY:
                yield (metrics.campaign_reason, (name, found.resource, found.reason)), 1.0
        if campaign is not None:
            yield (metrics.campaign_starts, (name,)), campaign.start.timestamp()
        if answer.last_moment is not None:
            yield (metrics.campaign_last_moment, (name,)), answer.last_moment.timestamp()
        if answer.earliest_safe_start is not None:
            yield (metrics.campaign_safe_start, (name,)), answer.earliest_safe_start.timestamp()
        if answer.extra_cost.extra is not None:
            yield (metrics.campaign_cost, (name, answer.extra_cost.currency)), answer.extra_cost.extra
        if answer.send_gate is not None:
            yield (metrics.campaign_send_ratio, (name,)), answer.send_gate.share_now
        for plan, shortfalls in (("none", answer.if_nothing_is_done), ("planned", answer.as_planned)):
            for short in shortfalls:
                yield (metrics.campaign_shortfall, (name, plan, f"{short.level:g}")), short.share
