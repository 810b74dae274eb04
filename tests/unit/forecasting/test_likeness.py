"""How much one campaign says about another."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from advisor.domain.timegrid import to_epoch_s
from advisor.forecasting.effects import Effect
from advisor.forecasting.likeness import (
    ANY_KIND,
    HALF_LIFE_D,
    HINT_STEPS,
    MOST_AUDIENCE_RATIO,
    MOST_OF_ANY_KIND,
    MOST_OF_FAMILY,
    OTHER_CHANNELS,
    OTHER_DAY_TYPE,
    OTHER_HOUR,
    SAME_FAMILY,
    audience_ratios,
    likeness,
)
from advisor.forecasting.past import past_of
from tests.support.forecasting import MONDAY, campaign

NOON = MONDAY + timedelta(hours=12)


def effect(start=NOON, kind="match", audience=None, hint=None, channels=()):
    """A past campaign of which only its circumstances matter here."""
    start_s = to_epoch_s(start)
    return Effect(
        campaign_id=f"{kind} at {start}",
        kind=kind,
        start_s=start_s,
        end_s=start_s + 7200,
        audience=audience,
        hint=hint,
        from_s=start_s - 900,
        width_s=300,
        log_ratios=np.zeros(39),
        at_least=np.zeros(39, dtype=bool),
        share=1.0,
        channels=channels,
    )


def match(start=NOON, kind="match", hint=None, channels=()):
    """The campaign to come."""
    return replace(campaign(start), kind=kind, magnitude_hint=hint, channels=channels)


def weight_of(past, kind="match", start=NOON, hint=None, coarse=False):
    """Of one effect, the latest of its kind being at noon on that Monday."""
    return likeness(match(start, kind, hint), past_of([past, effect()]), coarse)[0]


def test_one_of_the_same_kind_hour_and_weekday_counts_in_full():
    assert weight_of(effect()) == 1.0


def test_another_kind_of_the_family_counts_less_and_any_other_kind_least():
    assert weight_of(effect(kind="match_final")) == SAME_FAMILY
    assert weight_of(effect(kind="email")) == ANY_KIND


def test_an_old_one_counts_half_after_each_half_life_of_the_latest_of_the_kind():
    assert weight_of(effect(NOON - timedelta(days=HALF_LIFE_D))) == pytest.approx(0.5)


def test_how_long_ago_the_latest_of_the_kind_was_makes_no_difference():
    """Last year's sale is the best that is known of this year's."""
    next_year = NOON + timedelta(days=364)

    assert likeness(match(next_year), past_of([effect()])).tolist() == [1.0]


def test_a_weekend_says_less_about_a_working_day_and_the_other_way_round():
    saturday = NOON + timedelta(days=5)

    assert weight_of(effect(saturday)) == pytest.approx(OTHER_DAY_TYPE)
    assert likeness(match(saturday), past_of([effect()]))[0] == pytest.approx(OTHER_DAY_TYPE)


def test_the_further_apart_the_hours_the_less_it_says_around_the_clock():
    weights = [likeness(match(NOON + timedelta(hours=h)), past_of([effect(NOON)]))[0] for h in range(13)]

    assert weights == sorted(weights, reverse=True)
    assert weights[-1] == pytest.approx(OTHER_HOUR, abs=0.02)
    late, early = MONDAY + timedelta(hours=23), MONDAY + timedelta(hours=1)
    assert likeness(match(early), past_of([effect(late)]))[0] == pytest.approx(weights[2])


def test_where_steps_are_long_the_hour_makes_no_difference():
    assert weight_of(effect(NOON - timedelta(hours=9)), coarse=True) == pytest.approx(1.0, abs=0.01)


def test_one_that_its_owner_thought_much_larger_says_less_and_one_without_a_guess_as_much_as_before():
    assert weight_of(effect(hint=3.0), hint=3.0) == 1.0
    assert weight_of(effect(hint=3.0 + HINT_STEPS), hint=3.0) == pytest.approx(np.exp(-0.5))
    assert weight_of(effect(hint=None), hint=3.0) == 1.0
    assert weight_of(effect(hint=9.0), hint=None) == 1.0


def test_nothing_is_like_a_campaign_of_which_there_was_none():
    assert len(likeness(match(), past_of([]))) == 0


def test_effects_are_scaled_with_the_audience_within_bounds_where_both_are_known():
    past = [effect(audience=a) for a in (100.0, 50.0, 1.0, 1e6, None, 0.0)]

    assert audience_ratios(100.0, past_of(past)).tolist() == [
        1.0,
        2.0,
        MOST_AUDIENCE_RATIO,
        1 / MOST_AUDIENCE_RATIO,
        1.0,
        1.0,
    ]
    assert audience_ratios(None, past_of(past)).tolist() == [1.0] * 6


@pytest.mark.parametrize(
    ("other", "most"), [("match_final", MOST_OF_FAMILY), ("newsletter", MOST_OF_ANY_KIND)]
)
def test_many_campaigns_of_another_kind_do_not_drown_one_of_the_same(other, most):
    many = [effect(NOON + timedelta(minutes=n), kind=other) for n in range(100)]

    weights = likeness(match(NOON), past_of([*many, effect()]))

    assert weights[-1] == 1.0
    assert weights[:-1].sum() == pytest.approx(most)


def test_a_few_campaigns_of_another_kind_count_each_by_itself():
    few = past_of([effect(kind="newsletter"), effect(NOON + timedelta(minutes=1), kind="tv")])

    assert likeness(match(NOON), few) == pytest.approx(ANY_KIND, rel=1e-3)


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        (("email",), 1.0),
        (("Email", " email"), 1.0),
        (("email", "push"), OTHER_CHANNELS + (1 - OTHER_CHANNELS) / 2),
        (("tv",), OTHER_CHANNELS),
        ((), 1.0),
    ],
)
def test_the_more_channels_in_common_the_more_it_says(then, expected):
    past = past_of([effect(channels=then), effect()])

    assert likeness(match(channels=("email",)), past)[0] == pytest.approx(expected)
