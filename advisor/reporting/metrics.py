"""Every metric by name, in one place: base units, `headstart_` prefix, bounded labels.

A registry is injected, so that two workers in one process do not share counters. Labels take their
values from the policy (service, resource), from topics, from accepted campaigns and from the Reason enum.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """The worker's metrics; each attribute says in its help text what it counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry

        def counter(name: str, help_text: str, *labels: str) -> Counter:
            return Counter(f"headstart_{name}", help_text, labels, registry=registry)

        def gauge(name: str, help_text: str, *labels: str) -> Gauge:
            return Gauge(f"headstart_{name}", help_text, labels, registry=registry)

        def histogram(name: str, help_text: str, *labels: str) -> Histogram:
            return Histogram(f"headstart_{name}", help_text, labels, registry=registry)

        # --- ingest
        self.samples = counter("samples", "Traffic samples counted into demand buckets.", "topic")
        self.samples_dropped = counter(
            "samples_dropped", "Traffic samples read but not counted, by Reason.", "topic", "reason"
        )
        self.dead_letters = counter(
            "dead_letters", "Messages that could not be read, by Reason.", "topic", "reason"
        )
        self.demand_buckets = counter("demand_buckets", "Finished demand buckets written.")
        self.commits_refused = counter("commits_refused", "Offset commits refused during a rebalance.")
        self.consumer_lag = gauge(
            "consumer_lag_records", "Records between a consumer's position and the end of the log.", "topic"
        )

        # --- demand and forecast
        self.demand_rate = gauge(
            "demand_requests_per_second", "Highest demand of the last ten minutes.", "service"
        )
        self.data_until = gauge(
            "demand_data_until_timestamp_seconds", "Until when the demand of a service is known.", "service"
        )
        self.forecast_rate = gauge(
            "forecast_requests_per_second",
            "Forecast for the next step, with campaigns, by quantile level.",
            "service",
            "level",
        )
        self.assess_seconds = histogram(
            "assess_duration_seconds", "Time to forecast the services due at one tick."
        )

        # --- decisions
        self.is_decider = gauge("decider", "1 while this worker is the one decider.")
        self.decisions = counter("decisions", "Runs of the decider.")
        self.decide_seconds = histogram("decide_duration_seconds", "Time of one run of the decider.")
        self.recommendations = counter("recommendations", "Recommendations issued.", "resource")
        self.floor_planned = gauge("floor_planned_units", "Floor that the plan has in force now.", "resource")
        self.guardrail_verdicts = counter(
            "guardrail_verdicts",
            "Guardrail answers other than pass.",
            "guardrail",
            "outcome",
            "reason",
        )
        self.campaign_readiness = gauge(
            "campaign_readiness",
            "1 for the readiness a campaign has, 0 for the others.",
            "campaign",
            "readiness",
        )
        self.campaign_progress = gauge(
            "campaign_progress",
            "1 for how far a campaign's plan has been carried out, 0 for the others.",
            "campaign",
            "progress",
        )
        self.campaign_starts = gauge(
            "campaign_start_timestamp_seconds", "When a campaign that is still to come starts.", "campaign"
        )
        self.campaign_reason = gauge(
            "campaign_reason",
            "1 for each Reason that makes a campaign less than ready, by resource.",
            "campaign",
            "resource",
            "reason",
        )
        self.campaign_last_moment = gauge(
            "campaign_last_moment_timestamp_seconds",
            "Until when what a campaign lacks can still be asked for.",
            "campaign",
        )
        self.campaign_safe_start = gauge(
            "campaign_earliest_safe_start_timestamp_seconds",
            "From when on a campaign that is late could start.",
            "campaign",
        )
        self.campaign_cost = gauge(
            "campaign_extra_cost", "What a campaign alone costs, spent and to come.", "campaign", "currency"
        )
        self.campaign_send_ratio = gauge(
            "campaign_send_ratio", "The share of its pace at which a campaign finds capacity now.", "campaign"
        )
        self.campaign_shortfall = gauge(
            "campaign_shortfall_ratio",
            "Demand that would find no capacity at the worst moment, with the plan carried out or none.",
            "campaign",
            "plan",
            "quantile",
        )
        self.last_decision = gauge(
            "last_decision_timestamp_seconds", "Decision time of the last run of the decider."
        )

        # --- commands
        self.commands = counter("commands", "Commands of people, by what became of them.", "kind", "outcome")
        self.frozen = gauge("frozen", "1 while people have frozen everything; shown by the decider.")
        self.frozen_resources = gauge(
            "frozen_resources", "Resources that people have frozen one by one; shown by the decider."
        )
        self.holds = gauge("holds", "Resources and campaigns on hold; shown by the decider.")

        # --- acts
        self.kafka_away = gauge(
            "kafka_away", "1 while Kafka stores nothing for the decider: only agreed raises are carried out."
        )
        self.acts = counter("acts", "Instructions carried out or failed, by Reason.", "resource", "reason")
        self.preflight_findings = gauge(
            "preflight_finding",
            "1 for each Reason that will keep a resource's plan from being carried out.",
            "resource",
            "reason",
        )
        self.clobbers = counter(
            "floor_clobbers", "Times that somebody took back what we had set, and who.", "resource", "by"
        )
        self.given_up = gauge(
            "floor_given_up", "1 for a resource over which we fight no more: a person has to.", "resource"
        )
        self.floor_observed = gauge(
            "floor_observed_units", "Floor that the actuator found on the resource.", "resource"
        )
        self.ready_observed = gauge(
            "ready_observed_units", "Ready units that the actuator found.", "resource"
        )
        self.clock_ahead = gauge(
            "clock_ahead_seconds",
            "How much later the platform's clock shows than ours; 0 within a minute, negative: earlier.",
            "resource",
        )

        self.left_behind = gauge(
            "floor_left_behind",
            "1 for a resource whose bounds are ours and that is no longer in the policy.",
            "resource",
        )
        self.lead_time = gauge(
            "lead_time_seconds",
            "Time from a raise to ready units, as measured; the policy's until enough was.",
            "resource",
            "quantile",
        )
        self.unit_capacity = gauge(
            "unit_capacity_per_second",
            "Requests per second of one unit: declared, proved, and where it was contradicted.",
            "resource",
            "kind",
        )

        # --- health
        self.stalls = counter("consumer_stalls", "Times a consumer was found not to progress.", "consumer")
        self.restores = counter("restores", "Partitions whose state was rebuilt from the log.", "topic")
