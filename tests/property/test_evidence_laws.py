"""Laws of what is measured: windows are exact, quantiles rise, and nothing missing makes it look better."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from advisor.domain.evidence import CapacityEvidence, LeadTime, LeadTimes, Ready, Running
from advisor.planning.lead_times import ENOUGH, GIVE_UP, follow, is_measured, lead_time_at
from advisor.planning.unit_capacity import NEWS, Load, proof_of, weigh
from tests.support.builders import MINUTE, NOW, observed, resource

DEFAULT = 10 * MINUTE
DAY = timedelta(days=1)
POLICY = resource(load_test=None)

waits_s = st.floats(1.0, GIVE_UP.total_seconds() - 1)
levels = st.sampled_from([0.0, 0.5, 0.9, 0.95, 0.96, 0.99, 0.995, 0.9999, 0.99999999])


def raises(arrived: bool, fewest: int = 0) -> st.SearchStrategy[tuple[LeadTime, ...]]:
    """Measured raises, one a day."""
    return st.lists(waits_s, min_size=fewest, max_size=20).map(
        lambda waits: tuple(LeadTime(NOW + i * DAY, 9, s, arrived) for i, s in enumerate(waits))
    )


Minute = tuple[float, int | None, bool]
minutes = st.tuples(
    st.sampled_from([0.0, 10.0, 50.0, 80.0, 97.0, 100.0, 120.0, 400.0]),
    st.sampled_from([1, 1, 1, 1, 1, 2, 4, 0, None]),
    st.sampled_from([False] * 9 + [True]),
)
busy = st.tuples(
    st.sampled_from([50.0, 80.0, 97.0, 100.0, 120.0]), st.just(1), st.sampled_from([False] * 30 + [True])
)
series = st.lists(minutes, max_size=40) | st.lists(busy, max_size=60)
"""Requests per second, ready units, and whether the objective was missed, minute by minute."""


def lived(
    days: list[Minute], known: CapacityEvidence | None = None, since: int = 0
) -> list[CapacityEvidence]:
    """What is known after each of the minutes, from that many after NOW on; units are counted through it."""
    evidence, after = known or CapacityEvidence(), []
    for i, (rate, units, missed) in enumerate(days, start=since):
        begin, end = NOW + i * MINUTE, NOW + (i + 1) * MINUTE
        ready = () if units is None else (Ready(begin, end, units),)
        evidence = replace(evidence, running=replace(evidence.running, ready=ready))
        evidence = weigh(evidence, Load(begin, end, rate, missed), ready_units=None, now=end)
        after.append(evidence)
    return after


def most_sustained(days: list[Minute], length: int, missed: bool) -> list[float | None]:
    """Per minute, by looking at every window: the best worst load (missed: the least highest) so far."""
    best: list[float | None] = []
    so_far: float | None = None
    for end in range(1, len(days) + 1):
        window = days[max(0, end - length) : end]
        if len(window) == length and all(u and m is missed for _, u, m in window):
            loads = [rate / units for rate, units, _ in window if units]
            this = max(loads) if missed else min(loads)
            better = min if missed else max
            so_far = this if so_far is None else better(so_far, this)
        best.append(so_far)
    return best


# --- unit capacity


@given(st.lists(minutes | busy, max_size=60).map(lambda days: [(r, u, False) for r, u, _ in days]) | series)
def test_what_was_sustained_is_the_best_of_every_window_of_ten_minutes(days: list[Minute]) -> None:
    """To a hundredth, and wherever no breach has taken anything back, at every minute of any series."""
    for known, expected in zip(lived(days), most_sustained(days, 10, missed=False), strict=True):
        if known.failed is None:
            most = max((s.rate_per_s for s in known.carried), default=0.0)
            assert most <= (expected or 0.0) <= most * (1 + NEWS)


@given(series.map(lambda days: [(r, u, True) for r, u, _ in days]))
def test_where_it_failed_is_the_least_of_every_window_of_two_minutes(days: list[Minute]) -> None:
    """To a hundredth, at every minute of any series of breaches."""
    for known, expected in zip(lived(days), most_sustained(days, 2, missed=True), strict=True):
        if known.failed is None or expected is None:
            assert (known.failed, expected) == (None, None)
        else:
            assert expected <= known.failed.rate_per_s <= expected / (1 - NEWS) + 1e-9


@given(series)
def test_what_was_carried_above_where_it_failed_was_carried_later(days: list[Minute]) -> None:
    """So a contradiction can be told from a proof that came after it."""
    for known in lived(days):
        for stretch in known.carried:
            assert known.failed is None or (
                stretch.rate_per_s <= known.failed.rate_per_s or stretch.until > known.failed.until
            )


@given(series)
def test_memory_is_bounded_by_the_window(days: list[Minute]) -> None:
    """Ten minutes of minutes and the one that began before them."""
    for known in lived(days):
        assert len(known.running.within) <= 11
        assert len(known.running.missed) <= 3


@given(series, st.integers(0, 60))
def test_a_restart_takes_nothing_from_what_was_proved_and_adds_nothing(days: list[Minute], at: int) -> None:
    """It only forgets what was going on."""
    before = lived(days[:at])[-1] if days[:at] else CapacityEvidence()
    after = replace(before, running=Running())
    now = NOW + at * MINUTE

    assert proof_of(after, POLICY, now) == proof_of(before, POLICY, now)
    if not any(missed for _, _, missed in days):
        restarted, calm = lived(days[at:], after, at), lived(days)
        for one, other in zip(restarted, calm[at:], strict=True):
            most, all_of_it = (max((s.rate_per_s for s in e.carried), default=0.0) for e in (one, other))
            assert most <= all_of_it * (1 + NEWS)


@given(series, st.floats(1.0, 500.0))
def test_a_proof_is_of_four_fifths_and_not_contradicted(days: list[Minute], declared: float) -> None:
    """Whatever was seen; and a contradiction lies below what is declared."""
    known = lived(days)[-1] if days else CapacityEvidence()
    proof = proof_of(known, replace(POLICY, unit_capacity=declared), NOW + DAY)

    if proof.is_proven:
        assert proof.proved_rate is not None
        assert proof.proved_rate >= 0.8 * declared
        assert proof.contradicted_at is None
    if proof.contradicted_at is not None:
        assert proof.contradicted_at < declared


# --- lead times


@given(raises(arrived=True), raises(arrived=False), levels, levels)
def test_lead_times_never_fall_with_the_level(
    arrived: tuple[LeadTime, ...], not_arrived: tuple[LeadTime, ...], one: float, other: float
) -> None:
    """More certainty never takes less time, whatever was measured."""
    times = LeadTimes((*not_arrived, *arrived))
    lower, higher = sorted((one, other))

    assert lead_time_at(times, DEFAULT, lower) <= lead_time_at(times, DEFAULT, higher)


@given(raises(arrived=True, fewest=ENOUGH), raises(arrived=False), levels)
def test_raises_that_did_not_arrive_never_make_lead_times_look_short(
    arrived: tuple[LeadTime, ...], not_arrived: tuple[LeadTime, ...], level: float
) -> None:
    """However soon they were called off, and however many."""
    with_them = lead_time_at(LeadTimes((*not_arrived, *arrived)), DEFAULT, level)

    assert with_them >= lead_time_at(LeadTimes(arrived), DEFAULT, level) - timedelta(milliseconds=1)


@given(raises(arrived=True, fewest=ENOUGH), levels)
def test_a_quantile_is_no_less_than_the_p95_of_what_was_measured(
    arrived: tuple[LeadTime, ...], level: float
) -> None:
    """At least 95 of 100 of those measured took no longer; and none is believed to take over a week."""
    found_s = lead_time_at(LeadTimes(arrived), DEFAULT, level).total_seconds()

    assert sum(m.took_s <= found_s + 1e-3 for m in arrived) >= 0.95 * len(arrived)
    assert found_s <= GIVE_UP.total_seconds()


acts = st.lists(
    st.tuples(st.integers(1, 400), st.none() | st.integers(0, 30), st.integers(0, 30)), max_size=30
)
"""Minutes until then, a floor that is asked for or none, units found ready."""


@given(acts)
def test_any_course_of_acts_and_looks_measures_real_waits(course: list[tuple[int, int | None, int]]) -> None:
    """Never zero, never longer than since the first call; awaited are raises above what is ready."""
    times, now, floor = LeadTimes(), NOW, 0
    first: datetime | None = None
    for after, units, ready in course:
        now += after * MINUTE
        times = follow(times, asked=None, observation=observed(floor=floor, ready=ready), now=now)
        if units is not None:
            first = first or now
            seen = observed(floor=floor, ready=ready)
            times, floor = follow(times, asked=(units, now), observation=seen, now=now), units
        waiting = [a.units for a in times.awaited]

        assert waiting == sorted(set(waiting))
        assert all(ready < units <= floor for units in waiting)
        assert all(
            first is not None and 0 < m.took_s <= (now - first).total_seconds() for m in times.measured
        )
        assert is_measured(times) == (sum(m.arrived for m in times.measured) >= ENOUGH)
