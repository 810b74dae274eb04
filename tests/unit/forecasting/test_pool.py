"""The pool of forecasters of the ordinary day, against loops that do the same one number at a time."""

import numpy as np
import pytest

from advisor.forecasting.days import Days
from advisor.forecasting.pool import (
    BY_WEEKDAY,
    ERROR_HALF_LIFE_D,
    EVEN_DAYS,
    HALF_LIVES_D,
    LEVEL_D,
    MEMBERS,
    SHARPNESS,
    SMOOTHING_S,
    YEAR_D,
    History,
    around,
    beliefs,
    pooled,
    predictions,
)

STEP_S = 1800
FIRST = 20_759  # a Monday
SLOTS = 48


def history(days=10, seed=6, gaps=0.2, step_s=STEP_S):
    """Seeded logarithms with gaps, some cells bridged (they weigh a half)."""
    rng = np.random.default_rng(seed)
    shape = (days, 86_400 // step_s)
    weights = rng.choice([1.0, 0.5], shape)
    weights[rng.random(shape) < gaps] = 0.0
    logs = np.where(weights > 0, rng.standard_normal(shape), 0.0)
    return History(Days(FIRST, days, step_s), logs, weights)


def kin(kinship, one, other):
    """What another weekday counts for this one (Monday 0), by the book."""
    if one == other:
        return 1.0
    return kinship[0] if (one >= 5) == (other >= 5) else kinship[1]


def said_by_hand(known, target, lead, member, slot, reach):
    """One member's word on one slot of one day."""
    half_life, kinship = MEMBERS[member]
    total = weight = 0.0
    for day in range(known.days.count):
        if target - day < lead:
            continue
        worth = 0.5 ** ((target - day) / half_life) * kin(kinship, target % 7, day % 7)
        for near in range(slot - reach, slot + reach + 1):
            cell = near % known.days.slots
            total += worth * known.weights[day, cell] * known.logs[day, cell]
            weight += worth * known.weights[day, cell]
    return total / weight if weight > 1e-9 else float("nan")


@pytest.mark.parametrize("lead", [1, 3])
def test_members_say_what_adding_up_day_by_day_gives(lead):
    known, targets = history(), np.array([0, 2, 4, 9, 10, 12])

    said = predictions(known, targets, lead)

    assert said.shape == (2 * len(MEMBERS), 6, SLOTS)
    reach = SMOOTHING_S // STEP_S
    for member in range(len(MEMBERS)):
        for row, target in enumerate(targets):
            for slot in (0, 1, 23, 47):
                alone = said_by_hand(known, target, lead, member, slot, 0)
                smooth = said_by_hand(known, target, lead, member, slot, reach)
                assert said[member, row, slot] == pytest.approx(alone, nan_ok=True)
                assert said[len(MEMBERS) + member, row, slot] == pytest.approx(smooth, nan_ok=True)


def test_a_member_knows_only_days_that_far_back():
    """What came within the lead of a day, or after it, changes nothing of what is said of that day."""
    known = history()
    poisoned = known.logs.copy()
    poisoned[6:] = 1e6

    for lead, last in ((1, 6), (3, 8)):
        targets = np.arange(last + 1)
        clean = predictions(known, targets, lead)
        other = predictions(History(known.days, poisoned, known.weights), targets, lead)
        assert np.array_equal(clean, other, equal_nan=True)


def test_where_a_day_has_few_slots_none_is_smoothed_away():
    known = history(step_s=86_400, gaps=0.0)

    said = predictions(known, np.array([10]), 1)

    assert np.array_equal(said[: len(MEMBERS)], said[len(MEMBERS) :])


def test_weekdays_are_told_apart_only_by_members_that_remember_a_week():
    assert {half_life for half_life, kinship in MEMBERS if kinship == BY_WEEKDAY} == {7.0, 21.0}
    assert {half_life for half_life, _ in MEMBERS} == set(HALF_LIVES_D)


@pytest.mark.parametrize("reach", [1, 2, 5])
def test_sums_around_a_slot_run_around_the_day(reach):
    values = np.random.default_rng(1).random((3, 12))

    sums = around(values, reach)

    by_hand = [
        [sum(row[near % 12] for near in range(slot - reach, slot + reach + 1)) for slot in range(12)]
        for row in values
    ]
    assert sums == pytest.approx(np.array(by_hand))


def test_beliefs_are_what_weighing_each_error_by_hand_gives():
    known, targets = history(), np.arange(3, 10)
    said = predictions(known, targets, 1)

    belief = beliefs(said, known, targets)

    errors, recency = [], [0.5 ** ((9 - day) / ERROR_HALF_LIFE_D) for day in targets]
    for member in said:
        total = weight = 0.0
        for row, day in enumerate(targets):
            for slot in range(SLOTS):
                if not np.isnan(member[row, slot]):
                    worth = known.weights[day, slot] * recency[row]
                    total += worth * abs(known.logs[day, slot] - member[row, slot])
                    weight += worth
        errors.append(total / weight)
    sharp = [((min(errors) + 1e-3) / (error + 1e-3)) ** SHARPNESS for error in errors]
    days = len(targets)
    by_hand = [(s / sum(sharp) * days + EVEN_DAYS / len(errors)) / (days + EVEN_DAYS) for s in sharp]
    assert belief.tolist() == pytest.approx(by_hand)
    assert belief.sum() == pytest.approx(1.0)


def test_without_a_past_all_members_are_believed_alike():
    known = history(days=1)

    belief = beliefs(predictions(known, np.array([0]), 1), known, np.array([0]))

    assert belief.tolist() == pytest.approx([1 / len(belief)] * len(belief))


def test_a_service_with_a_week_of_its_own_comes_to_believe_those_that_tell_weekdays_apart():
    heights = np.array([0.0, 1.0, -1.0, 0.5, 2.0, -2.0, -1.5])
    days = Days(FIRST, 42, STEP_S)
    logs = np.repeat(heights[np.arange(42) % 7, None], SLOTS, axis=1)
    known = History(days, logs, np.ones(logs.shape))
    targets = np.arange(7, 42)

    belief = beliefs(predictions(known, targets, 1), known, targets)

    by_weekday = [i for i, (_, kinship) in enumerate(MEMBERS * 2) if kinship == BY_WEEKDAY]
    assert belief[by_weekday].sum() > 0.7


def test_a_service_whose_level_wanders_comes_to_believe_those_that_forget_fast():
    days = Days(FIRST, 42, STEP_S)
    walk = np.repeat(np.arange(7.0), 6)  # every six days another level
    known = History(days, np.repeat(walk[:, None], SLOTS, axis=1), np.ones((42, SLOTS)))
    targets = np.arange(7, 42)

    belief = beliefs(predictions(known, targets, 1), known, targets)

    fast = [i for i, (half_life, _) in enumerate(MEMBERS * 2) if half_life <= 3.0]
    assert belief[fast].sum() > 0.7


def test_together_they_say_the_mean_of_those_that_say_anything():
    said = np.array([[[1.0, np.nan, np.nan]], [[3.0, 5.0, np.nan]]])

    together = pooled(said, np.array([0.25, 0.75]))

    assert together[0, :2].tolist() == [2.5, 5.0]
    assert np.isnan(together[0, 2])


def test_together_is_what_adding_up_by_hand_gives():
    rng = np.random.default_rng(7)
    said = rng.standard_normal((5, 4, 6))
    said[rng.random(said.shape) < 0.5] = np.nan
    belief = rng.random(5)

    together = pooled(said, belief)

    for row in range(4):
        for slot in range(6):
            heard = [(b, s) for b, s in zip(belief, said[:, row, slot], strict=True) if not np.isnan(s)]
            by_hand = sum(b * s for b, s in heard) / sum(b for b, _ in heard) if heard else float("nan")
            assert together[row, slot] == pytest.approx(by_hand, nan_ok=True)


def test_with_more_than_a_year_one_member_says_like_the_same_weekdays_then_on_todays_height():
    """The weeks around the same weekday a year ago, as far above the month before as they were then."""
    days = YEAR_D + 2 * LEVEL_D
    rng = np.random.default_rng(3)
    shape = (days, 4)
    weights = (rng.random(shape) > 0.1).astype(float)
    logs = np.where(weights > 0, rng.standard_normal(shape), 0.0)
    known = History(Days(FIRST, days, 21_600), logs, weights)
    targets, lead = np.array([YEAR_D + LEVEL_D + 5, days - 1, days + 3]), 2

    said = predictions(known, targets, lead)

    assert said.shape == (2 * len(MEMBERS) + 1, 3, 4)
    for row, target in enumerate(targets.tolist()):
        for slot in range(4):
            then = target - YEAR_D

            def mean(rows, slot=slot):
                seen = [logs[day, slot] for day in rows if 0 <= day < days and weights[day, slot] > 0]
                return sum(seen) / len(seen)

            month_then, month_now = (
                range(day - lead + 1 - LEVEL_D, day - lead + 1) for day in (then, target)
            )
            if target < days:
                expected = mean([then - 7, then, then + 7]) - mean(month_then) + mean(month_now)
                assert said[-1, row, slot] == pytest.approx(expected)


def test_up_to_a_year_nobody_says_like_last_year():
    known = history(days=YEAR_D, step_s=86_400)

    assert len(predictions(known, np.array([YEAR_D]), 1)) == 2 * len(MEMBERS)
