"""What was measured of a resource is shown; what was not is not a number."""

from __future__ import annotations

from math import isnan

from prometheus_client import CollectorRegistry

from advisor.domain.evidence import CapacityEvidence, LeadTime, LeadTimes, Stretch
from advisor.domain.resource_state import ResourceState
from advisor.reporting.metrics import Metrics
from streams.evidence import show_evidence
from tests.support.builders import HOUR, MINUTE, NOW, PODS, resource, state


def shown(known: ResourceState) -> tuple[dict[str, float], dict[str, float]]:
    """The gauges of lead times by quantile and of unit capacity by kind."""
    registry = CollectorRegistry()
    show_evidence(Metrics(registry), known, resource(load_test=None), NOW)
    samples = [s for metric in registry.collect() for s in metric.samples if s.labels.get("resource") == PODS]
    lead = {s.labels["quantile"]: s.value for s in samples if s.name == "headstart_lead_time_seconds"}
    rates = {s.labels["kind"]: s.value for s in samples if s.name == "headstart_unit_capacity_per_second"}
    return lead, rates


def test_of_a_resource_nobody_measured_the_policys_figures_are_shown() -> None:
    """Its lead time and its declared capacity; nothing is proved nor contradicted."""
    lead, rates = shown(state())

    assert lead == {"0.95": 600.0, "0.99": 600.0}
    assert rates["declared"] == 10.0
    assert isnan(rates["proved"])
    assert isnan(rates["contradicted"])


def test_what_was_measured_is_shown_in_its_place() -> None:
    """The p95 lead time, the rate that was carried and the one at which the objective was missed."""
    times = LeadTimes(tuple(LeadTime(NOW - i * 24 * HOUR, 9, 240.0) for i in range(8, 0, -1)))
    seen = CapacityEvidence((Stretch(NOW - HOUR, NOW, 9.0),), Stretch(NOW - MINUTE, NOW, 9.5))
    lead, rates = shown(state(lead_times=times, capacity=seen))

    assert lead == {"0.95": 240.0, "0.99": 240.0}
    assert rates == {"declared": 10.0, "proved": 9.0, "contradicted": 9.5}
