"""A decision in metrics, and what was taken out of the policy while its floor was raised."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from advisor.domain.capacity import Bounds
from advisor.reporting.metrics import Metrics
from streams.decision_metrics import left_behind, show_decision
from tests.support.builders import PODS, at, campaign, decided, only, policy, resource, state


def test_floors_are_shown_as_planned_and_as_found_and_what_was_refused_is_counted():
    registry = CollectorRegistry()
    plan = only(decided(at("06:00"), [campaign()])).recommendation.steps
    states = {PODS: state(floor=2, plan=plan)}
    timid = policy(resource(maximum=4))

    decision = decided(at("09:55"), [campaign()], the_policy=timid, states=states)
    show_decision(Metrics(registry), decision, states, timid, at("09:55"))

    assert registry.get_sample_value("headstart_floor_planned_units", {"resource": PODS}) == 4
    assert registry.get_sample_value("headstart_floor_observed_units", {"resource": PODS}) == 2
    assert registry.get_sample_value("headstart_ready_observed_units", {"resource": PODS}) == 2
    assert registry.get_sample_value("headstart_last_decision_timestamp_seconds") == at("09:55").timestamp()


def test_a_resource_taken_out_of_the_policy_while_its_floor_is_ours_is_left_behind():
    ours = state("sim://old", originals=Bounds(2, 40))
    never_ours = state("sim://other")

    assert left_behind({"sim://old": ours, "sim://other": never_ours, PODS: ours}, policy()) == {
        "sim://old": ours
    }
