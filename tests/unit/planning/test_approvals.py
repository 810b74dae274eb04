"""What people agreed to: one person or two, how much, until when, and what is asked of them still."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from advisor.domain.advice import Decision, Outcome, Verdict
from advisor.domain.controls import Controls, Envelope, Rejection
from advisor.domain.limits import ApprovalPolicy, Irreversible
from advisor.domain.policy import Mode, SourcePolicy
from advisor.domain.readiness import Readiness
from advisor.domain.reason import Reason
from advisor.planning.approvals import agreement_on
from tests.support.builders import (
    CRM,
    HOUR,
    NOW,
    PODS,
    SHOP,
    at,
    campaign,
    decided,
    only,
    policy,
    resource,
    state,
)

ASKING = policy(resource(mode=Mode.APPROVE))
PLAN = only(decided(NOW, [campaign()], the_policy=ASKING)).recommendation.steps
TWO = ApprovalPolicy(two_people_above=100.0)


def envelope(by: str = "ada", **other: Any) -> Envelope:
    """Five units of the pods and 20 euros from 09:00 to 14:00, valid until then."""
    values: dict[str, Any] = {
        "campaign_id": "promo",
        "revision": 1,
        "most_units": ((PODS, 5),),
        "max_cost": 20.0,
        "currency": "EUR",
        "start": at("09:00"),
        "end": at("14:00"),
        "expires_at": at("14:00"),
        "by": by,
        "at": NOW,
    }
    return Envelope(**{**values, **other})


def controls(*envelopes: Envelope, rejections: tuple[Rejection, ...] = ()) -> Controls:
    return Controls(envelopes=envelopes, rejections=rejections)


def at_ten_to_ten(given: Controls, *, now="09:55", rules=ASKING, floor: int = 2) -> Decision:
    """The decision while the raise to 5 units is due."""
    return decided(
        at(now), [campaign()], the_policy=rules, controls=given, states={PODS: state(floor=floor, plan=PLAN)}
    )


def due(decision: Decision) -> int | None:
    made = only(decision).due
    return made.floor if made else None


def answer(decision: Decision) -> Verdict:
    """What was said of the campaign's permission."""
    return next(v for v in only(decision).verdicts if v.guardrail == "campaigns_permitted")


# --- one person


def test_nothing_is_raised_that_nobody_approved_and_what_has_to_be_approved_is_told():
    decision = at_ten_to_ten(Controls())

    assert due(decision) is None
    assert answer(decision).reason is Reason.NEEDS_APPROVAL
    (found,) = decision.campaigns
    assert Reason.NEEDS_APPROVAL in found.reasons
    assert "a person has to approve 5 units" in found.sentence


def test_that_somebody_said_no_is_told_beside_whatever_else_is_in_the_way():
    """Here a payment provider that cannot be scaled: people could change their word at once."""
    payment = resource("fixed://payment", unit_capacity=40.0, minimum=1, maximum=1, serves={SHOP: 1.0})
    rules = policy(resource(mode=Mode.APPROVE), payment)
    no = Rejection("promo", 1, "bob", NOW)

    decision = at_ten_to_ten(controls(rejections=(no,)), rules=rules)

    (found,) = decision.campaigns
    assert found.readiness is Readiness.NOT_READY
    assert "rejected by bob" in found.sentence


def test_inside_the_envelope_it_is_done_and_the_campaign_is_ready():
    early = decided(NOW, [campaign()], the_policy=ASKING, controls=controls(envelope(start=NOW)))

    assert due(at_ten_to_ten(controls(envelope()))) == 5
    assert early.campaigns[0].readiness is Readiness.READY


def test_of_more_than_was_approved_the_approved_part_is_done_and_the_difference_asked_for():
    decision = at_ten_to_ten(controls(envelope(most_units=((PODS, 4),))))

    assert due(decision) == 4
    assert (answer(decision).outcome, answer(decision).reason) == (Outcome.CLAMP, Reason.OUTSIDE_ENVELOPE)
    assert "promo wants 5 units, EUR 6.77; agreed are 4 units, EUR 20.00" in answer(decision).detail


def test_of_more_than_the_approved_cost_so_much_is_done_as_it_pays_for():
    decision = at_ten_to_ten(controls(envelope(max_cost=5.0)))

    assert due(decision) == 4


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"expires_at": at("09:54")}, Reason.APPROVAL_EXPIRED),
        ({"start": at("10:00")}, Reason.OUTSIDE_ENVELOPE),
        ({"end": at("09:55")}, Reason.OUTSIDE_ENVELOPE),
        ({"most_units": (("sim://other", 9),)}, Reason.OUTSIDE_ENVELOPE),
        ({"campaign_id": "other"}, Reason.NEEDS_APPROVAL),
    ],
)
def test_outside_of_what_was_approved_nothing_is_raised(changed, reason):
    decision = at_ten_to_ten(controls(envelope(**changed)))

    assert (due(decision), answer(decision).reason) == (None, reason)


def test_an_expiry_lowers_nothing_that_stands():
    expired = controls(envelope(expires_at=at("10:00")))

    assert due(at_ten_to_ten(expired, now="11:00", floor=5)) in (None, 5)


def test_what_stands_is_lowered_as_planned_without_anybodys_word():
    over = state(floor=5, plan=PLAN, originals=state(floor=2).observation.bounds)  # type: ignore[union-attr]

    decision = decided(at("12:40"), [campaign()], the_policy=ASKING, states={PODS: over})

    assert due(decision) == 2


def test_an_older_revision_was_approved_and_the_present_one_stays_inside_it():
    later = replace(campaign(), revision=7)

    decision = decided(
        at("09:55"),
        [later],
        the_policy=ASKING,
        controls=controls(envelope()),
        states={PODS: state(floor=2, plan=PLAN)},
    )

    assert due(decision) == 5


def test_a_rejection_is_told_with_who_and_why():
    no = Rejection("promo", 1, "eve", NOW, "not in this quarter")

    found = agreement_on("promo", controls(rejections=(no,)), ApprovalPolicy(), NOW)

    assert (found.envelope, found.reason) == (None, Reason.APPROVAL_REJECTED)
    assert found.detail == "rejected by eve: not in this quarter"


def test_who_approves_after_somebodys_rejection_is_heard():
    no = Rejection("promo", 1, "eve", NOW)

    found = agreement_on("promo", controls(envelope(), rejections=(no,)), ApprovalPolicy(), NOW)

    assert found.envelope is not None


# --- two people


def test_one_persons_word_counts_up_to_the_cost_from_which_two_are_needed():
    found = agreement_on("promo", controls(envelope(max_cost=500.0)), TWO, NOW)

    assert found.envelope is not None
    assert (found.envelope.max_cost, found.reason) == (100.0, Reason.NEEDS_SECOND_APPROVAL)
    assert found.detail == "approved by ada; above EUR 100.00 a second person has to agree"


def test_below_that_cost_one_person_is_enough():
    assert agreement_on("promo", controls(envelope(max_cost=99.0)), TWO, NOW).reason is Reason.MEETS_PLAN


def test_two_words_of_one_person_are_not_two_people():
    twice = controls(envelope(max_cost=500.0), envelope(max_cost=500.0, at=NOW + HOUR))

    assert agreement_on("promo", twice, TWO, NOW + HOUR).reason is Reason.NEEDS_SECOND_APPROVAL


def test_two_people_agree_as_far_as_both_go():
    other = envelope(
        "bob",
        max_cost=None,
        most_units=((PODS, 9), ("sim://other", 3)),
        start=at("09:30"),
        expires_at=at("13:00"),
        at=NOW + HOUR,
    )

    found = agreement_on("promo", controls(envelope(max_cost=500.0), other), TWO, NOW + HOUR)

    assert found.envelope is not None
    assert found.reason is Reason.MEETS_PLAN
    assert found.envelope.most_units == ((PODS, 5),)
    assert found.envelope.max_cost == 500.0
    assert (found.envelope.start, found.envelope.end) == (at("09:30"), at("14:00"))
    assert found.envelope.expires_at == at("13:00")
    assert found.detail == "approved by ada and bob"


def test_a_second_word_that_expired_leaves_one_person():
    old = envelope("bob", max_cost=500.0, expires_at=NOW)

    found = agreement_on("promo", controls(envelope(max_cost=500.0), old), TWO, NOW + timedelta(seconds=1))

    assert found.reason is Reason.NEEDS_SECOND_APPROVAL


# --- what nobody can give back


def test_what_cannot_be_given_back_is_never_bought_without_a_person_whatever_the_mode():
    table = policy(
        resource(irreversible=Irreversible(price_per_unit=2.0), price_per_unit_hour=None),
        sources={CRM: SourcePolicy(CRM, Mode.AUTO)},
    )
    plan = only(decided(NOW, [campaign()], the_policy=table)).recommendation.steps
    stood = {PODS: state(floor=2, plan=plan)}

    alone = decided(at("09:55"), [campaign()], the_policy=table, states=stood)
    agreed = decided(at("09:55"), [campaign()], the_policy=table, states=stood, controls=controls(envelope()))

    assert (due(alone), due(agreed)) == (None, 5)
    assert alone.campaigns[0].extra_cost.committed == 6.0  # three units for good, at 2 euros
    assert "of which 6.00 cannot be taken back" in alone.campaigns[0].sentence


def test_what_was_bought_for_good_is_never_lowered():
    table = policy(resource(irreversible=Irreversible(), price_per_unit_hour=None))

    steps = only(decided(NOW, [campaign()], the_policy=table)).recommendation.steps

    assert [step.floor for step in steps][-1] == 5
