"""Laws of the record: whatever is decided, it is made again from its record, and only from the same inputs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec
from hypothesis import event, given, settings
from hypothesis import strategies as st

from streams.audit_log import AuditRecord
from streams.codec.audit import content_hash
from streams.codec.manifest import read_inputs
from streams.decision_inputs import DecisionInputs
from streams.decision_replay import Sameness, replay_decision
from tests.property.test_planning_laws import worlds
from tests.support.audited import Audited, seen
from tests.support.builders import MINUTE, PODS, frozen, need, on_hold, policy

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
@given(worlds(within=st.none()) if False else worlds(), st.integers(1, 400))
def test_with_another_input_the_record_is_not_the_same(world, minutes):
    """The same record over the inputs of another minute: whatever it decides, it was not decided then."""
    was = inputs_of(world)
    later = replace(was, now=was.now + minutes * MINUTE)
    audited, other = Audited(), Audited()
    [record, *_] = audited.decide(was)
    [stranger, *_] = other.decide(later)

    forged = with_manifest(record, stranger.event.data["inputs"]["decision"])

    assert replay_decision(forged, other.fetch).sameness is Sameness.DIFFERS


def with_manifest(record: AuditRecord, name: str) -> AuditRecord:
    """The same record, said to rest on other inputs."""
    data = {**record.event.data, "inputs": {"decision": name}}
    old = record.event.data["inputs"]["decision"].encode()
    value = record.value.replace(old, name.encode())
    assert value != record.value
    return replace(record, event=msgspec.structs.replace(record.event, data=data), value=value)


def test_a_content_is_named_by_what_it_holds():
    assert content_hash(b"{}") == content_hash(b"{}") != content_hash(b"{} ")
    assert timedelta(0) < MINUTE
