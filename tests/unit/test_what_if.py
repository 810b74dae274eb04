"""What if: the very decision that an announcement would have led to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from streams.decision_inputs import DecisionInputs
from streams.plan import plan_of
from streams.what_if import services_asked, supposing
from tests.support.builders import HOUR, NOW, SHOP, at, campaign
from tests.support.plans import estate_with, known_shop

SALE = campaign(send_rate_per_min=150_000)
OTHER = campaign("other", start=at("14:00"), uplift=2.0)


def same(one: DecisionInputs, other: DecisionInputs) -> bool:
    """Are both made on the same needs and campaigns?"""
    pairs = zip(one.needs, other.needs, strict=True)
    return one.campaigns == other.campaigns and all(
        np.array_equal(a.total, b.total)
        and np.array_equal(a.bands, b.bands)
        and [w.campaign_id for w in a.without] == [w.campaign_id for w in b.without]
        for a, b in pairs
    )


def test_a_campaign_supposed_is_planned_as_if_it_had_been_announced() -> None:
    """Beside one that stands: needs, floors, verdict, price and sentence are the same."""
    announced = estate_with([SALE, OTHER])
    supposed = supposing(SALE, estate_with([OTHER]), known_shop())

    real, what_if = plan_of(SALE, announced), plan_of(SALE, supposed)

    assert same(announced, supposed)
    assert [m.recommendation.steps for m in what_if.resources] == [
        m.recommendation.steps for m in real.resources
    ]
    assert what_if.readiness == real.readiness
    assert what_if.sentence == real.sentence != ""


def test_a_campaign_changed_stands_instead_of_itself() -> None:
    """Moved by four hours it is planned four hours later, and only there."""
    moved = replace(SALE, revision=2, start=SALE.start + 4 * HOUR, end=SALE.end + 4 * HOUR)
    supposed = supposing(moved, estate_with([SALE]), known_shop())

    planned = plan_of(moved, supposed)

    assert [c.campaign_id for c in supposed.campaigns] == ["promo"]
    assert same(supposed, estate_with([moved]))
    (resource,) = planned.facts
    assert resource.peak_floor(moved) > resource.rules.minimum
    assert resource.peak_floor(SALE) < resource.peak_floor(moved)


def test_a_service_that_a_campaign_no_longer_leads_to_is_assessed_anew_as_well() -> None:
    estate = estate_with([SALE])
    elsewhere = replace(SALE, services=("checkout",))

    supposed = supposing(elsewhere, estate, known_shop())

    assert services_asked(elsewhere, estate) == {SHOP, "checkout"}
    assert supposed.needs[0].without == ()
    assert estate.needs[0].without != ()


def test_a_service_that_was_never_seen_has_no_need() -> None:
    """Just as after an announcement: the verdict says that nothing is known, and no floor is made up."""
    nothing = estate_with([SALE], needs=(), levels={})

    planned = plan_of(SALE, supposing(SALE, replace(nothing, campaigns=()), {}))

    assert planned.readiness is not None
    assert planned.readiness.readiness != "READY"
    assert planned.resources[0].recommendation.steps == ()
    assert planned.foreseen == (None,)


def test_nothing_of_the_estate_is_changed_by_asking() -> None:
    estate = estate_with([OTHER])
    before = (estate.campaigns, estate.needs, dict(estate.levels), dict(estate.resources))

    supposing(SALE, estate, known_shop())

    assert (estate.campaigns, estate.needs, dict(estate.levels), dict(estate.resources)) == before


def test_a_campaign_far_away_has_its_own_schedule_in_the_plan() -> None:
    """Recommendations reach a day ahead; whoever asks about next week gets next week."""
    far = campaign(start=NOW + timedelta(days=6))

    planned = plan_of(far, supposing(far, estate_with([]), known_shop()))

    assert planned.resources[0].recommendation.steps
    assert planned.facts[0].peak_floor(far) > planned.facts[0].rules.minimum
