"""Which floor must be asked for by when, so that what is needed is there in time."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest

from advisor.domain.advice import Claim, Step
from advisor.domain.policy import RampPolicy
from advisor.domain.timegrid import span, to_epoch_s
from advisor.planning.pace import alone
from advisor.planning.schedule import (
    GRID,
    Hold,
    envelope,
    floors_before,
    history_length,
    hold_of,
    promised_until,
    requests,
    standing_at,
    steps_of,
)
from tests.support.builders import HOUR, MINUTE, NOW, PODS, at, campaign, resource

GENTLE = RampPolicy(factor=2.0, every=MINUTE, hold=15 * MINUTE)


def minutes(*runs: tuple[int, int]) -> np.ndarray:
    """Runs of (how many minutes, how many units), one after the other."""
    return np.concatenate([np.full(length, units, dtype=np.int64) for length, units in runs])


def asked(ready: np.ndarray, before: np.ndarray | None = None, **other) -> list[int]:
    none = np.empty(0, dtype=np.int64)
    return requests(ready, alone(resource(**other)), none if before is None else before).tolist()


def naive_requests(ready, pods, before):
    """What `requests` promises, instant by instant: every later need a lead time and a ramp ahead."""
    lead = -(-int(pods.lead_time.total_seconds()) // 60)
    every, hold = (int(length / GRID) for length in (pods.ramp.every, pods.ramp.hold))
    n, factor = len(ready), pods.ramp.factor
    wanted = [min(max(int(max(ready[i : i + lead + 1])), pods.minimum), pods.maximum) for i in range(n)]

    def stepped_down(units, steps):
        for _ in range(steps):
            units = min(units - 1, -(-units // factor))
            units = pods.minimum if units <= max(pods.minimum, 1) else units
        return int(units)

    def eased(values, i, width):
        """The highest value from i on, each a step of the ramp down for every width it lies ahead."""
        return max(stepped_down(v, -(-(j - i) // width)) for j, v in enumerate(values) if j >= i)

    up = [max(pods.minimum, eased(wanted, i, every)) for i in range(n)]
    line = [*before, *up][::-1]
    return [max(pods.minimum, eased(line, i, hold)) for i in range(n)][::-1]


def test_units_are_asked_for_a_lead_time_ahead():
    flat = RampPolicy(factor=100.0)

    floors = asked(minutes((30, 2), (30, 5)), ramp=flat, lead_time=10 * MINUTE)

    assert floors == minutes((20, 2), (40, 5)).tolist()


def test_a_lead_time_that_is_no_whole_minute_is_rounded_up():
    floors = asked(minutes((30, 2), (30, 5)), ramp=RampPolicy(factor=100.0), lead_time=timedelta(seconds=61))

    assert floors.index(5) <= 28


def test_a_floor_rises_by_at_most_the_factor_each_step():
    floors = asked(minutes((60, 2), (60, 40)))
    rising = floors[: floors.index(40) + 1]

    assert floors[50] == 40
    assert all(later <= 2 * now for now, later in pairwise(rising))


def test_a_ramp_never_delays_what_is_needed_at_once():
    """Announced too late there is no time to be gentle."""
    assert asked(minutes((60, 40)))[0] == 40


def test_a_floor_falls_by_at_most_the_factor_each_hold():
    floors = asked(minutes((15, 40), (165, 2)), lead_time=timedelta(0))

    changes = [(i, f) for i, f in enumerate(floors) if i and f != floors[i - 1]]
    assert changes == [(15, 20), (30, 10), (45, 5), (60, 3), (75, 2)]


@pytest.mark.parametrize("factor", [1.01, 1.1, 1.5, 2.0, 3.7])
@pytest.mark.parametrize("minimum", [0, 1, 2, 7])
def test_every_floor_comes_down_to_the_minimum_in_the_end_however_slow_the_ramp(factor, minimum):
    """Divided by 1.1 and rounded up, ten units would be ten units for ever: each step takes one at least."""
    pods = resource(minimum=minimum, ramp=RampPolicy(factor=factor), lead_time=timedelta(0))
    before = minutes((int(alone(pods).revert_length / GRID), 40))

    floors = requests(minutes((len(before) + 1, 0)), alone(pods), before).tolist()

    assert floors[-1] == minimum
    assert all(later <= now for now, later in pairwise(floors))


@pytest.mark.parametrize("factor", [1.1, 1.5, 2.0, 3.7])
def test_going_on_from_the_middle_of_a_ramp_gives_the_rest_of_the_same_ramp(factor):
    pods = resource(ramp=RampPolicy(factor=factor), lead_time=timedelta(0))
    none = np.empty(0, dtype=np.int64)
    whole = requests(minutes((15, 40), (720, 2)), alone(pods), none)

    for middle in range(15, 500, 15):
        rest = requests(minutes((735 - middle, 2)), alone(pods), whole[:middle])
        assert rest.tolist() == whole[middle:].tolist()


def test_what_was_asked_before_is_lowered_gently_too():
    before = minutes((60, 32))

    assert asked(minutes((90, 0)), before, lead_time=timedelta(0))[::15] == [16, 8, 4, 2, 2, 2]


def test_floors_stay_between_minimum_and_maximum():
    floors = asked(minutes((30, 0), (30, 999), (90, 0)))

    assert (min(floors), max(floors)) == (2, 40)


@pytest.mark.parametrize("seed", range(12))
def test_requests_agree_with_a_naive_loop(seed):
    rng = np.random.default_rng(seed)
    pods = resource(
        minimum=int(rng.integers(0, 4)),
        maximum=int(rng.integers(5, 60)),
        lead_time=timedelta(seconds=int(rng.integers(0, 900))),
        ramp=RampPolicy(
            float(rng.choice([1.25, 1.5, 2.0])),
            int(rng.integers(1, 4)) * MINUTE,
            int(rng.integers(4, 12)) * MINUTE,
        ),
    )
    ready = np.repeat(rng.integers(0, 70, 12), 10)
    before = np.repeat(rng.integers(pods.minimum, pods.maximum + 1, 4), 10)

    np.testing.assert_array_equal(requests(ready, alone(pods), before), naive_requests(ready, pods, before))


# --- held while a campaign runs


def held(units: np.ndarray, *windows: tuple[str, ...]) -> list[int]:
    """The envelope from 09:45 on, of claims as (start, [end of the promise,] campaign's end, claim's end)."""
    times_s = span(at("09:45"), at("09:45") + len(units) * MINUTE, GRID)
    holds = []
    for start, *promised, end, tail_end in windows:
        instants = (start, *(promised or [end]), end, tail_end)
        holds.append(Hold(*(to_epoch_s(at(clock)) for clock in instants)))
    return envelope(times_s, units, holds, resource(ramp=GENTLE)).tolist()


def test_inside_its_campaign_a_need_only_rises_and_in_its_tail_only_falls():
    wavy = minutes((15, 5), (15, 20), (15, 3), (15, 9), (15, 4), (15, 6))

    assert held(wavy, ("09:45", "10:45", "11:15"))[::15] == [5, 20, 20, 20, 6, 6]


def test_where_a_promise_ends_a_need_starts_anew_and_rises_again_to_the_campaigns_end():
    wavy = minutes((15, 5), (15, 20), (15, 3), (15, 9), (15, 4), (15, 6), (15, 2))

    assert held(wavy, ("09:45", "10:15", "11:00", "11:30"))[::15] == [5, 20, 3, 9, 9, 6, 2]


@pytest.mark.parametrize(
    ("lead_min", "other", "until"),
    [
        (10, {}, "12:00"),
        (10, {"running_quantile": 0.5}, "10:10"),
        (10, {"running_quantile": 0.5, "reactive": False}, "12:00"),
        (95, {"running_quantile": 0.5}, "11:35"),
        (300, {"running_quantile": 0.5}, "15:00"),
    ],
)
def test_a_promise_holds_to_the_campaigns_end_or_where_it_is_let_go_for_a_lead_time(lead_min, other, until):
    pods = resource(lead_time=lead_min * MINUTE, **other)

    assert promised_until(pods, campaign()) == at(until)


def test_a_promise_ends_with_the_forecast_step_that_it_ends_in():
    pods = resource(lead_time=6 * MINUTE, running_quantile=0.5)
    claim = Claim("promo", 1, PODS, at("09:45"), at("13:00"))

    found = [hold_of(pods, claim, campaign(), step).promised_until_s for step in (60, 300, 900, 86_400)]

    assert found == [to_epoch_s(at(clock)) for clock in ("10:06", "10:10", "10:15", "12:00")]


def test_outside_every_claim_nothing_is_needed():
    assert held(minutes((60, 7)), ("10:00", "10:10", "10:15"))[::15] == [0, 7, 0, 0]


def test_a_need_is_held_over_whole_blocks_of_the_hold():
    assert held(minutes((20, 3), (1, 9), (39, 3)), ("09:45", "10:00", "10:45"))[::15] == [3, 9, 3, 3]


def test_two_campaigns_at_once_need_whichever_is_more():
    units = minutes((30, 4), (30, 12), (30, 6))

    both = held(units, ("09:45", "10:15", "10:30"), ("10:15", "10:45", "11:15"))

    assert both[::15] == [4, 4, 12, 12, 6, 6]


def held_by(hold: Hold, now_s: int, units: dict[int, int]) -> int:
    """What one claim holds at an instant: the most since its part began or, in its tail, until it ends."""
    if hold.end_s <= now_s < hold.tail_end_s:
        since_s, until_s = now_s, hold.tail_end_s
    elif hold.start_s <= now_s < hold.end_s:
        since_s = hold.start_s if now_s < hold.promised_until_s else hold.promised_until_s
        until_s = now_s + 1
    else:
        return 0
    return max(more for time_s, more in units.items() if since_s <= time_s < until_s)


@pytest.mark.parametrize("seed", range(30))
def test_what_claims_hold_is_what_they_hold_told_instant_by_instant(seed):
    """Four claims anywhere on the grid and beyond its edges, against the rule written as a loop."""
    rng = np.random.default_rng(seed)
    times_s = span(NOW, NOW + 90 * MINUTE, GRID)
    units = rng.integers(0, 9, len(times_s))
    first = to_epoch_s(NOW) + 60 * rng.integers(-60, 90, (4, 1))
    edges = first + 60 * np.cumsum(rng.integers(0, 40, (4, 4)), axis=1)
    holds = [Hold(*row) for row in edges.tolist()]

    made = envelope(times_s, units, holds, resource(ramp=RampPolicy(hold=MINUTE)))

    by_time = dict(zip(times_s.tolist(), units.tolist(), strict=True))
    assert made.tolist() == [max(held_by(hold, now_s, by_time) for hold in holds) for now_s in by_time]


# --- steps


def test_steps_are_the_instants_at_which_the_floor_changes():
    times_s = span(NOW, NOW + 5 * MINUTE, GRID)

    steps = steps_of(times_s, np.array([2, 4, 4, 3, 3]), 40, 2)

    assert steps == (Step(NOW + MINUTE, 4, 40), Step(NOW + 3 * MINUTE, 3, 40))
    assert steps_of(times_s, np.array([2, 2, 2, 2, 2]), 40, 2) == ()
    assert steps_of(times_s, np.array([5, 5, 5, 5, 5]), 40, 2) == (Step(NOW, 5, 40),)


def test_a_step_is_in_force_from_its_own_instant_on():
    steps = (Step(at("09:00"), 5, 40), Step(at("10:00"), 3, 40))

    found = [standing_at(steps, at(clock), 2) for clock in ("08:59", "09:00", "09:59", "10:00", "23:00")]

    assert found == [2, 5, 5, 3, 3]


def test_the_floors_before_an_instant_do_not_include_it():
    steps = (Step(NOW - 2 * MINUTE, 5, 40), Step(NOW, 9, 40))

    assert floors_before(steps, NOW, 4, 2).tolist() == [2, 2, 5, 5]


def test_ramps_take_as_long_as_it_takes_to_multiply_from_minimum_to_maximum():
    pods = resource(minimum=2, maximum=40, ramp=GENTLE)  # 2 4 8 16 32 40

    assert alone(pods).ramp_length == 5 * MINUTE
    assert alone(pods).revert_length == 6 * 15 * MINUTE
    assert history_length(alone(pods)) == 90
    assert alone(resource(minimum=3, maximum=3)).ramp_length == timedelta(0)
    assert alone(resource(minimum=3, maximum=3)).revert_length < HOUR
