"""Effects of past campaigns as columns."""

from dataclasses import replace

import numpy as np
import pytest

from advisor.forecasting.effects import Effect
from advisor.forecasting.past import family, past_of

ONE = Effect(
    campaign_id="one",
    kind="flash_sale",
    start_s=900,
    end_s=8100,
    audience=None,
    hint=2.0,
    from_s=0,
    width_s=300,
    log_ratios=np.array([0.5, 1.0, np.nan]),
    at_least=np.array([False, True, False]),
    share=1.0,
)
OTHER = replace(ONE, campaign_id="other", log_ratios=np.array([0.25]), at_least=np.array([True]))


@pytest.mark.parametrize(
    ("kind", "first_word"),
    [
        ("match_final", "match"),
        ("flash-sale", "flash"),
        ("email", "email"),
        ("tv:ad spot", "tv"),
        ("a.b", "a"),
    ],
)
def test_the_family_is_the_first_word_of_the_kind(kind, first_word):
    assert family(kind) == first_word


def test_what_is_not_known_is_not_a_number():
    past = past_of([ONE])

    assert np.isnan([past.audiences[0], past.surprises[0]]).all()
    assert (past.hints[0], past.means[0], past.peaks[0]) == (2.0, 0.75, 1.0)


def test_a_shorter_effect_has_nothing_beyond_its_last_point():
    past = past_of([ONE, OTHER])

    assert past.log_ratios[1].tolist() == pytest.approx([0.25, np.nan, np.nan], nan_ok=True)
    assert past.at_least.tolist() == [[False, True, False], [True, False, False]]
    assert past.until_s.tolist() == [900, 300]


def test_of_some_effects_all_columns_are_left():
    past = past_of([ONE, OTHER]).only(np.array([False, True]))

    assert (len(past), past.campaign_ids.tolist(), past.families.tolist()) == (1, ["other"], ["flash"])


def test_no_effects_are_no_rows():
    assert len(past_of([])) == 0
