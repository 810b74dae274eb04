"""How many units carry a demand, and which campaigns may ask for it."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.domain.campaign import CampaignStatus
from advisor.domain.policy import Mode, RampPolicy
from advisor.domain.timegrid import to_epoch_s
from advisor.planning.claims import claims_on, clusters, counts, demand_on, mode_allowed_by_source
from advisor.planning.pace import alone
from advisor.planning.ramp import next_below
from advisor.planning.sizing import permitted, permitted_below, units_for, units_in_use
from tests.support.builders import CRM, HOUR, MINUTE, NOW, PODS, at, campaign, need, policy, resource


def test_units_are_demand_with_headroom_over_unit_capacity_rounded_up():
    rates = np.array([0.0, 1.0, 100.0, 101.0, np.nan])

    assert units_for(rates, resource(headroom=0.0)).tolist() == [0, 1, 10, 11, 0]
    assert units_for(rates, resource(headroom=0.2)).tolist() == [0, 1, 12, 13, 0]


def test_demand_that_fills_its_units_exactly_costs_no_further_one():
    """0.1 * 3 is more than 0.3 for a computer, not for a bill."""
    assert units_for(np.array([0.1 * 3]), resource(unit_capacity=0.1)).tolist() == [3]
    assert units_in_use(0.1 * 3, resource(unit_capacity=0.1)) == 3


def test_units_in_use_are_what_the_demand_of_this_moment_would_be_sized_to():
    assert units_in_use(100.0, resource(headroom=0.5)) == 15
    assert units_in_use(0.0, resource()) == 0


# --- who holds a claim


def test_a_claim_spans_the_whole_effect_of_its_campaign():
    (claim,) = claims_on(resource(), [campaign(start=at("10:00"))], policy(), NOW)

    assert (claim.campaign_id, claim.revision, claim.resource) == ("promo", 1, PODS)
    assert (claim.start, claim.end) == (at("09:30"), at("13:00"))


@pytest.mark.parametrize(
    "other",
    [
        {"status": CampaignStatus.CANCELLED},
        {"source": "somebody"},
        {"services": ("api",)},
        {"start": at("10:00") - timedelta(days=1)},
    ],
    ids=["cancelled", "from an unlisted source", "of another service", "over"],
)
def test_no_claim_for_a_campaign(other):
    assert claims_on(resource(), [campaign(**other)], policy(), NOW) == ()


def test_a_claim_is_over_when_the_effect_is_and_not_a_minute_earlier():
    it = [campaign()]

    assert len(claims_on(resource(), it, policy(), at("12:59"))) == 1
    assert claims_on(resource(), it, policy(), at("13:00")) == ()


def test_claims_come_in_order_of_start_and_then_of_id():
    late, b, a = campaign("c", at("11:00")), campaign("b"), campaign("a")

    assert [c.campaign_id for c in claims_on(resource(), [late, b, a], policy(), NOW)] == ["a", "b", "c"]


def test_without_listed_sources_all_count_and_none_is_trusted_with_acting():
    open_to_all = policy(sources={})

    assert counts(campaign(source="somebody"), open_to_all)
    assert mode_allowed_by_source(campaign(source="somebody"), open_to_all) is Mode.RECOMMEND
    assert mode_allowed_by_source(campaign(source=CRM), policy()) is Mode.AUTO


def test_claims_whose_margins_touch_are_one_cluster():
    a, b, c = campaign("a", at("08:00")), campaign("b", at("12:00")), campaign("c", at("20:00"))
    claims = claims_on(resource(), [a, b, c], policy(), NOW)

    def grouped(lead_time: timedelta) -> list[list[str]]:
        steady = RampPolicy(hold=MINUTE)  # a raise takes the lead time and 2 minutes, a revert 3
        pace = alone(resource(minimum=39, ramp=steady, lead_time=lead_time))
        return [[claim.campaign_id for claim in group] for group in clusters(claims, pace)]

    assert grouped(10 * MINUTE) == [["a"], ["b"], ["c"]]  # from 11:18, after 11:03
    assert grouped(25 * MINUTE) == [["a"], ["b"], ["c"]]  # 11:03 is not before 11:03
    assert grouped(26 * MINUTE) == [["a", "b"], ["c"]]
    assert grouped(5 * HOUR) == [["a", "b", "c"]]


# --- how much each instant asks for


def test_services_are_added_up_by_their_shares():
    shared = resource(serves={"web-shop": 1.0, "api": 0.5})
    needs = [need(baseline=20.0), need(baseline=60.0, service="api")]
    times_s = to_epoch_s(NOW) + np.array([0, 60, 3600])

    assert demand_on(shared, needs, times_s, window=(NOW, NOW + HOUR)).tolist() == [50.0, 50.0, 0.0]


def test_there_is_no_demand_before_the_forecast_begins_nor_after_it_ends():
    times_s = to_epoch_s(NOW) + np.array([-60, 0, 3599, 3600])
    everything = (NOW - HOUR, NOW + 9 * HOUR)

    assert demand_on(resource(), [need(hours=1)], times_s, window=everything).tolist() == [
        0.0,
        15.0,
        15.0,
        0.0,
    ]


def test_demand_without_a_campaign_is_that_of_the_others():
    a, b = campaign("a", uplift=3.0), campaign("b", uplift=2.0)
    times_s = np.array([to_epoch_s(at("11:00"))])
    asked = [need([a, b])]
    window = (NOW, at("23:00"))

    def rate(without: str | None) -> float:
        return float(demand_on(resource(), asked, times_s, window=window, without=without)[0])

    assert (rate(None), rate("a"), rate("b"), rate("nobody")) == (60.0, 30.0, 45.0, 60.0)


# --- sizes that a resource can have


def test_a_floor_is_a_multiple_of_the_quantum():
    """A node group over three zones grows by three."""
    zones = resource(quantum=3, maximum=39, minimum=3)

    assert permitted(np.array([0, 1, 3, 4, 39, 41]), zones).tolist() == [0, 3, 3, 6, 39, 42]
    assert permitted_below(np.array([3, 4, 6, 39]), zones).tolist() == [0, 3, 3, 36]
    assert units_for(np.array([61.0]), zones).tolist() == [9]
    assert units_in_use(61.0, zones) == 9


def test_a_floor_is_one_of_the_sizes_and_what_is_above_all_of_them_is_left_to_the_ceiling():
    readers = resource(sizes=(2, 4, 8, 15), maximum=15)

    assert permitted(np.array([0, 2, 3, 8, 9, 16]), readers).tolist() == [2, 2, 4, 8, 15, 16]
    assert permitted_below(np.array([2, 3, 8, 15]), readers).tolist() == [2, 2, 4, 8]


@given(
    st.sampled_from([{"quantum": 1}, {"quantum": 5}, {"sizes": (2, 3, 10, 11, 40)}, {"max_step": 3}]),
    st.integers(3, 40),
)
def test_a_ramp_down_is_rising_sizes_read_backward(limits, start):
    """Whatever the start, each step is lower, a size that the resource can have, and ends at the minimum."""
    pods = resource(minimum=0 if "quantum" in limits else 2, maximum=40, **limits)
    units = permitted(np.array([start]), pods)
    seen = [int(units[0])]
    while units[0] > pods.minimum:
        units = next_below(units, pods)
        seen.append(int(units[0]))

    assert all(lower < higher for higher, lower in pairwise(seen))
    assert all(permitted(np.array([u]), pods)[0] == u for u in seen)
    assert seen[-1] == pods.minimum
    if pods.max_step is not None:
        assert all(higher - lower <= 3 or lower == pods.minimum for higher, lower in pairwise(seen))


@pytest.mark.parametrize(
    ("rate_per_s", "unit_capacity"), [(float("inf"), 10.0), (1e300, 1e-300), (15.0, 1e-18)]
)
def test_more_demand_than_can_be_counted_still_asks_for_more_than_any_ceiling(rate_per_s, unit_capacity):
    of = resource(unit_capacity=unit_capacity, headroom=0.2, quantum=3)

    assert units_for(np.array([rate_per_s]), of)[0] > 10**12
    assert units_in_use(rate_per_s, of) > 10**12
