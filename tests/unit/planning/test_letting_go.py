"""Once a crowd is there, a floor above a reactive scaler is what is expected, not what was feared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from advisor.domain.advice import Need, ResourceDecision
from advisor.domain.demand import Forecast, UpliftBand
from advisor.domain.policy import ResourcePolicy
from advisor.domain.reason import Reason
from advisor.domain.resource_state import ResourceState
from advisor.domain.timegrid import to_epoch_s
from advisor.pipeline import remember
from advisor.planning.needs import need_of
from tests.support.builders import (
    HOUR,
    MINUTE,
    NOW,
    PODS,
    SHOP,
    at,
    campaign,
    decided,
    floor_at,
    floors_of,
    need,
    only,
    policy,
    resource,
    schedule,
    state,
)

MARGINS = np.array([1.0, 1.5, 2.0])  # of the quantiles 0.5, 0.9 and 0.99
QUARTERS = 9  # the forecast's steps, from 09:30 on
A = campaign("a", at("10:00"), lasts=30 * MINUTE)  # moves 09:30 to 11:30
B = campaign("b", at("11:15"), lasts=30 * MINUTE)  # moves 10:45 to 12:45


def lets_go(**other: object) -> ResourcePolicy:
    return resource(**{"quantile": 0.99, "running_quantile": 0.5, **other})


def tripled(name: str, first: int, last: int) -> UpliftBand:
    """A campaign that triples demand in these steps, the last one included."""
    factor = np.ones((QUARTERS, 3))
    factor[first : last + 1] = 3.0
    return UpliftBand(name, factor, Reason.UPLIFT_LEARNED)


def forecast(*uplifts: UpliftBand) -> Forecast:
    """Ten requests/s are expected without campaigns, which add up."""
    baseline = np.tile(10.0 * MARGINS, (QUARTERS, 1))
    times = 1.0 + sum((u.factor - 1.0 for u in uplifts), np.zeros((QUARTERS, 3)))
    return Forecast(
        service=SHOP,
        cutoff=at("09:30"),
        step_s=900,
        times_s=to_epoch_s(at("09:30")) + 900 * np.arange(QUARTERS, dtype=np.int64),
        levels=(0.5, 0.9, 0.99),
        baseline=baseline,
        total=baseline * times,
        uplifts=tuple(uplifts),
        reasons=(),
    )


OF_A, OF_B = tripled("a", 1, 7), tripled("b", 5, 8)


# --- which quantile


def test_from_a_lead_time_after_the_start_on_what_is_expected_is_planned_for():
    """Lead time ten minutes: the quarter of an hour that holds 10:10 is still promised as a whole."""
    asked = need_of(forecast(OF_A), lets_go(), [A])

    assert asked.total.tolist() == [20, 60, 60, 30, 30, 30, 30, 30, 20]
    assert asked.baseline.tolist() == [20] * QUARTERS
    assert asked.level == 0.99


def test_a_campaign_shorter_than_the_lead_time_is_not_let_go_of_before_that_has_passed():
    """Ten minutes, and fifty until a reactive scaler can have answered them: until 10:50, in the tail."""
    short = campaign("a", at("10:00"), lasts=10 * MINUTE)

    asked = need_of(forecast(tripled("a", 1, 6)), lets_go(lead_time=50 * MINUTE), [short])

    assert asked.total.tolist() == [20, 60, 60, 60, 60, 60, 30, 20, 20]


@pytest.mark.parametrize(
    "pods", [resource(quantile=0.99), lets_go(reactive=False), lets_go(running_quantile=0.99)]
)
def test_nothing_is_let_go_unless_the_policy_says_so_and_something_reactive_is_there(pods):
    asked = need_of(forecast(OF_A), pods, [A])

    assert asked.total.tolist() == [20, *[60] * 7, 20]


def test_what_another_campaign_was_promised_stands_while_one_is_running():
    asked = need_of(forecast(OF_A, OF_B), lets_go(), [A, B])

    assert asked.total.tolist() == [20, 60, 60, 30, 30, 100, 100, 100, 30]
    without = {w.campaign_id: (w.first, w.rate_per_s.tolist()) for w in asked.without}
    assert without == {"a": (1, [20, 20, 10, 10, 60, 60, 60]), "b": (5, [30, 30, 30, 10])}


def test_no_campaign_asks_for_less_than_there_would_be_without_it():
    during = campaign("c", at("10:15"), lasts=10 * MINUTE)

    asked = need_of(forecast(OF_A, OF_B, tripled("c", 2, 7)), lets_go(), [A, B, during])

    for w in asked.without:
        assert (asked.total[w.first : w.first + len(w.rate_per_s)] >= w.rate_per_s).all()


# --- when the floor falls


def expecting(rates: Callable[[str], float]) -> Need:
    """What a campaign from 10:00 to 12:00 asks for, by the clock; 15 requests/s before and after it."""
    flat = need([campaign()])
    clocks = [f"{datetime.fromtimestamp(int(s), NOW.tzinfo):%H:%M}" for s in flat.times_s]
    during = (flat.times_s >= to_epoch_s(at("10:00"))) & (flat.times_s < to_epoch_s(at("12:00")))
    return replace(flat, total=np.where(during, [rates(clock) for clock in clocks], flat.total))


PROMISED = expecting(lambda clock: 300.0 if clock < "10:10" else 75.0)


def decision(
    asked: Need, now: datetime = NOW, past: ResourceState | None = None, **other: object
) -> ResourceDecision:
    states = {PODS: past or state()}
    return only(
        decided(now, [campaign()], the_policy=policy(lets_go()), needs=[asked], states=states, **other)
    )


def test_the_schedule_says_from_the_first_how_long_the_promise_lasts():
    made = decision(PROMISED)

    assert schedule(made)[-5:] == [("09:50", 30), ("10:15", 15), ("10:30", 8), ("12:00", 4), ("12:15", 2)]


def test_deciding_again_on_the_same_facts_tells_the_same_schedule_through_the_end_of_the_promise():
    past, end = state(), at("14:00")
    first = floors_of(decision(PROMISED), NOW, end)
    for minute in range(0, 8 * 60, 4):
        now = NOW + minute * MINUTE
        made = decision(PROMISED, now, past)
        past = remember(made, past)
        assert floors_of(made, now, end) == first[minute:], now


def test_what_is_expected_is_held_like_a_promise_once_it_is_agreed():
    """A crowd that stays away for a while, and a forecast that follows it down, lower nothing."""
    agreed = remember(decision(PROMISED), state())
    fewer = expecting(lambda _: 30.0)

    made = decision(fewer, at("10:50"), agreed)

    assert [floor_at(made, at(clock)) for clock in ("10:50", "11:59", "12:00")] == [8, 8, 4]


def test_a_lull_that_was_foreseen_is_not_let_go_of():
    halves = expecting(
        lambda clock: 300.0 if clock < "10:10" else 15.0 if "10:45" <= clock < "11:05" else 75.0
    )

    assert schedule(decision(halves)) == schedule(decision(PROMISED))


def test_a_rise_after_the_promise_is_asked_for_a_lead_time_ahead():
    rising = expecting(lambda clock: 300.0 if clock < "10:10" else 75.0 if clock < "11:00" else 120.0)

    made = decision(rising)

    assert [floor_at(made, at(clock)) for clock in ("10:49", "10:50", "11:59")] == [8, 12, 12]


def test_more_than_was_expected_raises_the_floor_at_once():
    agreed = remember(decision(PROMISED), state())

    made = decision(expecting(lambda _: 200.0), at("10:50"), agreed)

    assert floor_at(made, at("10:50")) == 20


def test_without_news_of_the_crowd_a_promise_is_not_let_go_of():
    """Stale input lowers nothing, not even what was agreed to fall."""
    agreed = remember(decision(PROMISED), state())

    made = decision(PROMISED, at("10:14"), agreed, data_until=at("09:58"))

    assert floor_at(made, at("10:14") + HOUR) == 30
