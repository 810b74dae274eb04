"""Laws of the record: whatever is decided is made again from its record, and from no other inputs."""

from __future__ import annotations

from dataclasses import replace

import msgspec
from hypothesis import event, given, settings
from hypothesis import strategies as st

from advisor.domain.resource_state import ResourceState
from streams.audit_log import AuditRecord
from streams.codec.manifest import read_inputs
from streams.decision_inputs import DecisionInputs
from streams.decision_replay import Difference, Sameness, replay_decision
from tests.property.test_planning_laws import worlds
from tests.support.audited import Audited, seen
from tests.support.builders import MINUTE, PODS, frozen, need, on_hold, only, policy

LAWS = settings(max_examples=60, deadline=None)
controls = st.sampled_from([None, frozen(), on_hold(PODS), on_hold("c0")])


def inputs_of(world, held=None) -> DecisionInputs:
    of, past, announced, baseline, in_use, now = world
    return seen(
        announced,
        now=now,
        the_policy=policy(of),
        needs=[need(announced, baseline=baseline, hours=60)],
        states={PODS: past},
        controls=held,
        in_use=in_use,
    )


@LAWS
@given(worlds(), controls)
def test_every_decision_comes_out_again_to_the_byte_from_its_record_alone(world, held):
    """Of resources and of campaigns, and once more, for nothing may rest on what was computed before."""
    audited = Audited()

    records = audited.decide(inputs_of(world, held))

    event(f"records: {len(records)}")
    assert len(records) >= 1
    for record in [*records, *records]:
        done = replay_decision(record, audited.fetch)
        assert done.sameness is Sameness.SAME, done


@LAWS
@given(worlds(), controls)
def test_what_is_read_back_is_what_was_decided_on(world, held):
    audited = Audited()
    was = inputs_of(world, held)

    [record, *_] = audited.decide(was)
    again = read_inputs(record.event.data["inputs"]["decision"], audited.fetch)

    assert (again.policy, again.controls, again.now) == (was.policy, was.controls, was.now)
    assert (again.campaigns, again.levels, again.resources) == (was.campaigns, was.levels, was.resources)
    assert [one.total.tobytes() for one in again.needs] == [one.total.tobytes() for one in was.needs]


@LAWS
@given(worlds(), st.integers(1, 400))
def test_on_the_inputs_of_another_minute_no_record_is_the_same(world, minutes):
    """Whatever is decided then, it was decided at another time."""
    was = inputs_of(world)
    later = replace(was, now=was.now + minutes * MINUTE)

    assert "recommendation.decided_at" in [found.where for found in differences_on(was, later)]


@LAWS
@given(worlds(), st.floats(1.1, 10.0), st.sampled_from(["needs", "levels", "resources", "controls"]))
def test_a_changed_input_differs_wherever_it_leads_to_another_decision(world, times, what):
    """And is said to be the same only where the decision is: the answer is about decisions, not inputs."""
    was = inputs_of(world)
    changes = {
        "needs": tuple(replace(n, total=n.total * times) for n in was.needs),
        "levels": {s: replace(level, rate_per_s=level.rate_per_s * times) for s, level in was.levels.items()},
        "resources": {PODS: ResourceState(PODS)},
        "controls": frozen(),
    }
    changed = replace(was, **{what: changes[what]})
    one, other = only(was.decide()), only(changed.decide())
    said = [(r.recommendation, r.claims, r.verdicts, r.due) for r in (one, other)]

    event(f"{what} differs: {said[0] != said[1]}")
    assert bool(differences_on(was, changed)) == (said[0] != said[1])


def differences_on(was: DecisionInputs, others: DecisionInputs) -> tuple[Difference, ...]:
    """What differs when the record of a decision on some inputs is made again on others?"""
    audited, other = Audited(), Audited()
    [record, *_] = audited.decide(was)
    [stranger, *_] = other.decide(others)
    return replay_decision(with_manifest(record, stranger), other.fetch).differences


def with_manifest(record: AuditRecord, of: AuditRecord) -> AuditRecord:
    """The same record, said to rest on the inputs of another."""
    old, new = (r.event.data["inputs"]["decision"] for r in (record, of))
    data = {**record.event.data, "inputs": {"decision": new}}
    value = record.value.replace(old.encode(), new.encode())  # its id stays: a hash over other inputs
    return replace(record, event=msgspec.structs.replace(record.event, data=data), value=value)
