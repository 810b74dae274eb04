"""Making a recorded decision again: the same, what differs, or why it cannot be done."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from advisor.domain.advice import Receipt
from advisor.domain.limits import Budgets
from advisor.domain.reason import Reason
from streams.audit_log import AuditRecord
from streams.build import this_build
from streams.codec.explanations import FORECAST_EXPLAINED
from streams.codec.resource_state import encode_state
from streams.decision_replay import Sameness, differences, replay_decision
from streams.inputs import WRITTEN_ANEW
from tests.support.audited import Audited, seen
from tests.support.builders import HOUR, MINUTE, NOW, PODS, SHOP, campaign, policy, resource, state


def altered(record: AuditRecord, old: str, new: str) -> AuditRecord:
    """The record with a text in it replaced, as if that had been written."""
    value = record.value.replace(old.encode(), new.encode())
    assert value != record.value
    return replace(record, event=msgspec.json.decode(value, type=type(record.event)), value=value)


def test_a_decision_on_resource_and_campaign_is_the_same_and_names_its_build() -> None:
    audited = Audited()

    records = audited.decide(seen([campaign()]))

    assert [r.event.subject for r in records] == [PODS, "promo"]
    for record in records:
        done = replay_decision(record, audited.fetch)
        assert done.sameness is Sameness.SAME
        assert done.recorded_by == done.replayed_by == this_build()


def test_a_decision_over_shared_services_and_budgets_is_the_same_for_each_resource() -> None:
    """Decided together, recorded by one manifest, made again each by itself."""
    rules = policy(
        resource(),
        resource("sim://database", serves={SHOP: 0.3, "search": 1.1}, price_per_unit_hour=0.7),
        budgets=Budgets(per_campaign=3.0),
    )
    both = campaign("both", services=(SHOP, "search"), uplift=4.0)
    audited = Audited()

    records = audited.decide(seen([campaign(), both], the_policy=rules))

    assert {r.event.subject for r in records} == {PODS, "sim://database", "promo", "both"}
    assert len({r.event.data["inputs"]["decision"] for r in records}) == 1
    assert {replay_decision(r, audited.fetch).sameness for r in records} == {Sameness.SAME}


def test_a_campaign_that_counts_for_nothing_is_told_again_with_its_reason() -> None:
    """Cancelled, of a source that is not listed, and over: none of them is in the decision."""
    audited = Audited()
    over = campaign("over", NOW - 5 * HOUR, lasts=HOUR)
    stranger = campaign("stranger", source="who")

    records = audited.decide(seen([over, stranger]), cancelled=[campaign("gone")])

    said = {r.event.subject: r.event.data["reasons"] for r in records if r.event.subject != PODS}
    assert said == {
        "gone": [Reason.CAMPAIGN_CANCELLED],
        "over": [Reason.CAMPAIGN_PAST],
        "stranger": [Reason.SOURCE_NOT_LISTED],
    }
    assert {replay_decision(r, audited.fetch).sameness for r in records} == {Sameness.SAME}


def test_what_is_still_in_use_after_a_month_is_written_again() -> None:
    """A decision is made again from what retention leaves, though its policy was written long ago."""
    audited, rules = Audited(), policy()
    audited.decide(seen([campaign()], the_policy=rules))
    audited.contents.clear()
    later = NOW + WRITTEN_ANEW
    spring = campaign("spring", later + 12 * HOUR, announced_at=later)

    (first, *_) = audited.decide(seen([spring], the_policy=rules, now=later))

    assert replay_decision(first, audited.fetch).sameness is Sameness.SAME


def test_a_decision_that_says_nothing_new_writes_nothing() -> None:
    audited = Audited()
    audited.decide(seen([campaign()]))
    before = dict(audited.contents)

    again = audited.decide(seen([campaign()]))

    assert again == []
    assert audited.contents == before


def test_a_record_with_another_floor_differs_in_just_that() -> None:
    audited = Audited()
    [record, _] = audited.decide(seen([campaign()]))

    done = replay_decision(altered(record, '"floor": 5', '"floor": 6'), audited.fetch)

    assert done.sameness is Sameness.DIFFERS
    [found] = done.differences
    assert found.where.startswith("recommendation.steps[")
    assert found.where.endswith("].floor")
    assert (found.recorded, found.again) == (6, 5)


def test_a_record_of_another_build_says_so_whatever_comes_out() -> None:
    audited = Audited()
    [record, _] = audited.decide(seen([campaign()]))
    other = altered(record, this_build()["sources"], "0123456789abcdef")

    done = replay_decision(other, audited.fetch)

    assert done.sameness is Sameness.DIFFERS  # the id is a hash over the build, too
    assert done.differences == ()
    assert "another build: model pool-2" in done.why
    assert "0123456789abcdef" in done.why


def test_lost_inputs_are_named_with_the_build_that_wrote_them() -> None:
    audited = Audited()
    [record, _] = audited.decide(seen([campaign()]))
    audited.contents = {n: c for n, c in audited.contents.items() if b'"type":"need"' not in c}

    done = replay_decision(record, audited.fetch)

    assert done.sameness is Sameness.CANNOT
    assert done.why.startswith("needs: the content ")
    assert "Made by this build" in done.why


def test_a_record_with_the_inputs_of_one_resource_only_is_refused() -> None:
    """As written before a decision recorded everything it was made on."""
    audited = Audited()
    [record, _] = audited.decide(seen([campaign()]))

    done = replay_decision(altered(record, '"inputs": {"decision"', '"inputs": {"policy"'), audited.fetch)

    assert done.sameness is Sameness.CANNOT
    assert "inputs of one resource only" in done.why


def test_the_receipt_of_an_act_leads_to_its_decision() -> None:
    audited = Audited()
    inputs = seen([campaign()])
    [decision, _] = audited.decide(inputs)
    receipt = Receipt(PODS, Reason.FLOOR_SET, NOW + MINUTE, 2, 5)
    known = encode_state(state())[1]

    [act] = audited.take(audited.trail.of_act(receipt, known, inputs.policy))
    done = replay_decision(act, audited.fetch)

    assert done.sameness is Sameness.CANNOT
    assert f"the plan of decision {decision.event.id}" in done.why
    assert known in audited.contents.values()


def test_an_explanation_and_a_command_are_called_what_they_are() -> None:
    audited = Audited()
    [record, _] = audited.decide(seen([campaign()]))

    def said_of(type: str, **data: str) -> str:
        other = replace(record, event=msgspec.structs.replace(record.event, type=type, data=data))
        return replay_decision(other, audited.fetch).why

    assert said_of(FORECAST_EXPLAINED).startswith(f"it is the explanation of the forecast of {PODS}")
    assert said_of("io.headstart.command.approve.v1", actor="ada") == (
        "it is a io.headstart.command.approve.v1 by ada, not a decision"
    )


def test_differences_are_named_by_where_they_are() -> None:
    one = {"steps": [{"floor": 1}, {"floor": 2}], "reasons": ["A", "B"], "cost": {"extra": 1.5}}
    other = {"steps": [{"floor": 1}], "reasons": ["A"], "cost": {"extra": 2.5}}

    found = [(d.where, d.recorded, d.again) for d in differences(one, other)]

    assert found == [
        ("steps[1]", {"floor": 2}, None),
        ("reasons", ["A", "B"], ["A"]),
        ("cost.extra", 1.5, 2.5),
    ]
    assert differences(one, one) == ()
