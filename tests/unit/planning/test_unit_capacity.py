"""What a unit carries is what ready units were seen to carry, for long enough and within the objective."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from advisor.domain.demand import Level, Reading
from advisor.domain.evidence import CapacityEvidence, Proof, Running, Stretch
from advisor.domain.limits import LoadTest
from advisor.domain.policy import ResourcePolicy
from advisor.planning.unit_capacity import VALID, Load, load_on, proof_of, weigh
from tests.support.builders import HOUR, MINUTE, NOW, SHOP, resource

DAY = timedelta(days=1)
BREACH = True


def pods(declared: float = 120.0, **other: object) -> ResourcePolicy:
    return resource(**{"unit_capacity": declared, "load_test": None, **other})


def minutes(
    loads: Iterable[tuple[float, int | None] | tuple[float, int | None, bool]],
    evidence: CapacityEvidence | None = None,
    since: datetime = NOW,
) -> CapacityEvidence:
    """One load a minute, each with the units ready through it, and whether the objective was missed."""
    known = evidence or CapacityEvidence()
    for i, (rate, units, *missed) in enumerate(loads):
        at = since + (i + 1) * MINUTE
        load = Load(at - MINUTE, at, rate, is_breached=missed == [True])
        known = weigh(known, load, ready_units=units, now=at)
    return known


def proved(
    evidence: CapacityEvidence, policy: ResourcePolicy | None = None, after: timedelta = HOUR
) -> Proof:
    return proof_of(evidence, policy or pods(), NOW + after)


# --- carried


def test_ten_minutes_at_four_fifths_of_the_declared_capacity_prove_it():
    proof = proved(minutes([(960.0, 10)] * 10))

    assert (proof.is_proven, proof.proved_rate, proof.by) == (True, 96.0, "seen")
    assert proof.detail == "carried 96 requests/s for 10 min on 27 Nov 2026, 120 declared"


def test_nine_minutes_prove_nothing():
    proof = proved(minutes([(960.0, 10)] * 9))

    assert (proof.is_proven, proof.proved_rate, proof.by) == (False, None, "")
    assert proof.detail == "no unit was ever seen to carry the 120/s declared"


def test_less_than_four_fifths_is_told_but_proves_nothing():
    proof = proved(minutes([(950.0, 10)] * 30))

    assert (proof.is_proven, proof.proved_rate) == (False, 95.0)


def test_a_spike_of_a_minute_is_not_sustained_and_the_worst_minute_of_ten_counts():
    calm, spike = [(500.0, 10)] * 5, [(2000.0, 10)]

    assert proved(minutes(calm + spike + calm + spike)).proved_rate == 50.0


def test_the_best_ten_minutes_within_a_longer_time_count():
    evidence = minutes([(500.0, 10)] * 5 + [(1000.0, 10)] * 10 + [(600.0, 10)] * 5)

    assert evidence.carried == (Stretch(NOW + 5 * MINUTE, NOW + 15 * MINUTE, 100.0),)


def test_a_gap_of_more_than_three_minutes_begins_anew():
    half = minutes([(1000.0, 10)] * 6)

    assert not minutes([(1000.0, 10)] * 6, half, NOW + 10 * MINUTE).carried
    assert minutes([(1000.0, 10)] * 6, half, NOW + 8 * MINUTE).carried


def test_no_ready_units_and_unknown_ones_measure_nothing():
    for units in (0, None):
        assert not minutes([(1000.0, 10)] * 5 + [(1000.0, units)] * 5 + [(1000.0, 10)] * 9).carried


def test_a_breach_ends_what_was_going_on():
    evidence = minutes([(1000.0, 10)] * 9 + [(1000.0, 10, BREACH)] + [(1000.0, 10)] * 9)

    assert (evidence.carried, evidence.failed) == ((), None)


def test_demand_that_is_known_late_is_divided_by_the_units_of_its_own_time():
    """Ten units were lowered to two; what the ten carried arrives three minutes after and proves nothing."""
    evidence = CapacityEvidence()
    for minute in range(1, 40):
        units, demand = (10, 1000.0) if minute <= 20 else (2, 200.0)
        now = NOW + minute * MINUTE
        seen = now - 3 * MINUTE
        rate = 1000.0 if minute - 3 <= 20 else demand
        evidence = weigh(evidence, Load(seen - MINUTE, seen, rate, False), ready_units=units, now=now)

    assert evidence.carried[0].rate_per_s == 100.0


def test_a_minute_in_which_units_went_away_counts_with_all_that_there_were():
    evidence = minutes([(1000.0, 20)] + [(1000.0, 10)] * 10)

    assert [s.rate_per_s for s in evidence.carried] == [50.0]


def test_deciding_more_often_than_demand_is_known_changes_nothing():
    once = minutes([(1000.0, 10)] * 12)
    often = CapacityEvidence()
    for i in range(12):
        load = Load(NOW + i * MINUTE, NOW + (i + 1) * MINUTE, 1000.0, False)
        for second in (0, 10, 20):
            often = weigh(often, load, ready_units=10, now=load.until + timedelta(seconds=second))

    assert often.carried == once.carried


def test_a_restart_forgets_what_was_going_on_and_nothing_that_was_proved():
    before = minutes([(1000.0, 10)] * 12)
    after = minutes([(1000.0, 10)] * 3, replace(before, running=Running()), NOW + 12 * MINUTE)

    assert after.carried == before.carried


def test_improvements_of_less_than_a_hundredth_are_not_news():
    evidence = minutes([(1000.0 + i / 10, 10) for i in range(60)])

    assert evidence.carried == minutes([(1000.0, 10)] * 10).carried


def test_a_proof_half_a_year_old_counts_no_more_and_a_later_one_takes_its_place():
    old = minutes([(1000.0, 10)] * 10)
    later = minutes([(970.0, 10)] * 10, old, NOW + 100 * DAY)

    assert proved(old, after=VALID).is_proven
    assert not proved(old, after=VALID + DAY).is_proven
    assert [proved(later, after=after).proved_rate for after in (VALID, VALID + DAY)] == [100.0, 97.0]


# --- contradicted


def test_two_minutes_of_a_missed_objective_below_what_is_declared_contradict():
    evidence = minutes([(1000.0, 10)] * 10 + [(880.0, 10, BREACH)] * 2)
    proof = proved(evidence)

    assert (proof.is_proven, proof.contradicted_at, proof.proved_rate) == (False, 88.0, 88.0)
    assert proof.detail == "the objective was missed at 88 requests/s and unit on 27 Nov 2026, 120 declared"


def test_one_minute_of_it_does_not():
    assert proved(minutes([(1000.0, 10)] * 10 + [(880.0, 10, BREACH)])).is_proven


def test_a_breach_above_what_is_declared_is_to_be_expected():
    proof = proved(minutes([(1000.0, 10)] * 10 + [(1300.0, 10, BREACH)] * 10))

    assert (proof.is_proven, proof.contradicted_at) == (True, None)


def test_a_breach_counts_at_its_highest_load_of_two_minutes_and_its_fewest_units():
    evidence = minutes([(1100.0, 10, BREACH), (900.0, 10, BREACH), (800.0, 8, BREACH), (950.0, 10, BREACH)])

    assert evidence.failed is not None
    assert evidence.failed.rate_per_s == 100.0  # 900 requests/s, then 800 on eight units


def test_what_is_carried_later_at_more_than_it_failed_proves_it_again():
    failed = minutes([(1000.0, 10)] * 10 + [(970.0, 10, BREACH)] * 3)
    less = minutes([(965.0, 10)] * 10, failed, NOW + HOUR)
    more = minutes([(990.0, 10)] * 10, less, NOW + 2 * HOUR)

    assert [proved(e, after=DAY).is_proven for e in (failed, less, more)] == [False, False, True]
    assert proved(more, after=DAY).proved_rate == 99.0


def test_less_than_four_fifths_carried_later_takes_no_contradiction_back():
    failed = minutes([(500.0, 10, BREACH)] * 3)

    assert proved(minutes([(700.0, 10)] * 10, failed, NOW + HOUR), after=DAY).contradicted_at == 50.0


def test_what_fails_again_after_it_was_proved_again_is_contradicted_again():
    evidence = minutes([(800.0, 10, BREACH)] * 2)
    evidence = minutes([(1000.0, 10)] * 10, evidence, NOW + HOUR)
    assert proved(evidence, after=DAY).is_proven

    evidence = minutes([(1100.0, 10, BREACH)] * 2, evidence, NOW + 2 * HOUR)

    assert proved(evidence, after=DAY).contradicted_at == 110.0


def test_of_several_breaches_the_least_counts():
    evidence = minutes([(1000.0, 10, BREACH)] * 3 + [(700.0, 10, BREACH)] * 3 + [(1000.0, 10, BREACH)] * 3)

    assert proved(evidence).contradicted_at == 70.0


# --- load tests


def with_load_test(on: date, rate: float = 1000.0, sustained: timedelta = 15 * MINUTE) -> ResourcePolicy:
    return pods(load_test=LoadTest(on, rate, 10, sustained, "run 1"))


def test_a_load_test_proves_by_the_same_rule():
    proof = proved(CapacityEvidence(), with_load_test(date(2026, 10, 12)))

    assert (proof.is_proven, proof.by, proof.proved_rate) == (True, "load test", 100.0)
    assert proof.detail == "carried 100 requests/s for 15 min in the load test of 12 Oct 2026, 120 declared"


@pytest.mark.parametrize(
    "test",
    [
        with_load_test(date(2026, 10, 12), rate=950.0),
        with_load_test(date(2026, 10, 12), sustained=9 * MINUTE),
        with_load_test(date(2026, 5, 1)),
        with_load_test(date(2026, 12, 24)),
    ],
    ids=["too little", "too short", "too old", "yet to come"],
)
def test_a_load_test_that_falls_short_of_the_rule_proves_nothing(test):
    assert not proved(CapacityEvidence(), test).is_proven


def test_only_a_load_test_after_a_breach_answers_it():
    failed = minutes([(880.0, 10, BREACH)] * 2)
    days = (NOW.date() - DAY, NOW.date(), NOW.date() + DAY)

    assert [proved(failed, with_load_test(day), after=3 * DAY).is_proven for day in days] == [
        False,
        False,
        True,
    ]


# --- the load on a resource


def level(rate: float, *, until: datetime = NOW, breached: bool = False) -> Level:
    return Level(SHOP, until, 9999.0, Reading(until - MINUTE, until, rate, breached))


def test_the_load_is_the_shares_of_the_newest_buckets_and_missed_if_any_service_missed():
    shared = pods(serves={"a": 1.0, "b": 0.25})

    load = load_on(shared, {"a": level(100.0), "b": level(40.0, until=NOW - MINUTE, breached=True)})

    assert load == Load(NOW - 2 * MINUTE, NOW - MINUTE, 110.0, True)


@pytest.mark.parametrize(
    "levels",
    [
        {"a": level(1.0)},
        {"a": level(1.0), "b": Level("b", NOW, 5.0)},
        {"a": level(1.0), "b": level(1.0, until=NOW - 4 * MINUTE)},
        {"a": level(1.0), "b": Level("b", NOW, 5.0, Reading(NOW - 15 * MINUTE, NOW, 5.0))},
    ],
    ids=["a service is unknown", "its newest is unknown", "their times differ", "a mean of too long"],
)
def test_where_the_load_is_not_known_at_one_time_it_is_not_known(levels):
    assert load_on(pods(serves={"a": 1.0, "b": 1.0}), levels) is None
