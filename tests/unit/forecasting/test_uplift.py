"""What a campaign does to demand: what its like did, shrunk to what its owner says."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from advisor.domain.reason import Reason
from advisor.domain.timegrid import to_epoch_s
from advisor.forecasting.effects import Effect
from advisor.forecasting.hints import LARGEST_UPLIFT, PRIOR_UPLIFT, Expectation, expectation
from advisor.forecasting.learned import learn
from advisor.forecasting.likeness import likeness
from advisor.forecasting.past import past_of
from advisor.forecasting.prior import from_hint
from advisor.forecasting.uplift import (
    KIN_SPREAD,
    MOST_EVIDENCE,
    NEWNESS,
    PRIOR_SURPRISES,
    PRIOR_WEIGHT,
    Likely,
    likely,
    uplift_band,
    with_surprises,
)
from advisor.forecasting.windows import time_profile
from tests.support.forecasting import MONDAY, campaign, day_curve, view_of

STEP_S = 300
NOON = MONDAY + timedelta(days=28, hours=12)
LEVELS = (0.5, 0.9, 0.95, 0.99)
NEXT = campaign(NOON, campaign_id="next", hours=2)
CERTAIN = Expectation(2.0, 0.0, Reason.UPLIFT_FROM_OWNER)
PRIOR = expectation(NEXT, 100.0)
ORDINARY = learn(view_of(day_curve(7)), [], 1).baseline


def steps(planned=NEXT):
    """The steps of its effect window."""
    first = to_epoch_s(planned.start) - 900
    return np.arange(first, to_epoch_s(planned.end) + 3600, STEP_S, dtype=np.int64)


def past(days_ago, factor, *, hours=2.0, surprise=None, kind="email", profile=None):
    """A campaign that many days before, and the factor at its height, the shape as if nothing was learned."""
    held = replace(
        campaign(NOON - timedelta(days=days_ago), campaign_id=f"p{days_ago}", hours=hours), kind=kind
    )
    times = steps(held)
    shape = time_profile(held, times, STEP_S) if profile is None else profile
    return held, Effect(
        campaign_id=held.campaign_id,
        kind=kind,
        start_s=to_epoch_s(held.start),
        end_s=to_epoch_s(held.end),
        audience=None,
        hint=None,
        from_s=int(times[0]),
        width_s=STEP_S,
        log_ratios=np.log1p(shape * (factor - 1)),
        at_least=np.zeros(len(times), dtype=bool),
        share=1.0,
        surprise=surprise,
    )


def expected_of(planned, times, known, hint, share=1.0):
    """What is likely of a campaign, its owner's word being `hint`."""
    return likely(planned, times, STEP_S, known, from_hint(planned, times, STEP_S, hint, share))


def factors(said):
    return np.exp(said.log_ratios)


def test_without_a_past_the_owners_word_stands():
    said = expected_of(NEXT, steps(), past_of([]), CERTAIN)

    assert factors(said) == pytest.approx(1 + time_profile(NEXT, steps(), STEP_S))
    assert (said.variance, said.evidence, said.reason) == (0.0, (), Reason.UPLIFT_FROM_OWNER)


def test_a_hint_is_put_onto_the_scale_before_it_meets_what_was_learned():
    """Half of what the scale sees is its offset: three times the demand is twice that."""
    owner = Expectation(3.0, 0.5, Reason.UPLIFT_FROM_OWNER)

    said = expected_of(NEXT, steps(), past_of([]), owner, share=np.full(len(steps()), 0.5))

    assert factors(said).max() == pytest.approx(2.0)
    assert said.variance == pytest.approx((0.5 * 1.5 / 2.0) ** 2)  # d log(3 s + 1 - s) of d log 3, at s = 1/2


def test_one_campaign_just_like_it_counts_as_much_as_the_prior():
    _, effect = past(7, 4.0)

    said = expected_of(NEXT, steps(), past_of([effect]), PRIOR)

    at = np.flatnonzero(time_profile(NEXT, steps(), STEP_S) == 1)[3]
    own = np.log(4.0)
    general = (np.log(PRIOR_UPLIFT.p90 / PRIOR_UPLIFT.p50) / 1.2815516) ** 2
    prior = np.clip(PRIOR_WEIGHT * (0.0 + general) / 2.0 / general, 0.05, 2.0)
    assert said.log_ratios[at] == pytest.approx((own + prior * np.log(PRIOR.p50)) / (1 + prior))


def test_the_more_of_its_like_agreed_the_less_the_prior_counts():
    effects = [past(7 * (i + 1), 4.0)[1] for i in range(8)]

    heights = [factors(expected_of(NEXT, steps(), past_of(effects[:n]), PRIOR)).max() for n in (0, 1, 3, 8)]

    assert heights == sorted(heights)
    assert heights[0] == pytest.approx(PRIOR.p50)
    assert heights[-1] == pytest.approx(4.0, rel=0.1)
    assert expected_of(NEXT, steps(), past_of(effects), PRIOR).reason is Reason.UPLIFT_LEARNED


def test_a_kind_that_turns_out_to_do_nothing_shrinks_to_nothing():
    effects = [past(7 * (i + 1), 1.0)[1] for i in range(8)]

    said = expected_of(NEXT, steps(), past_of(effects), PRIOR)

    assert factors(said) == pytest.approx(1.0, abs=0.05)


def test_the_mean_is_what_weighing_step_by_step_gives():
    """Effects of several kinds, days and lengths; each step looked up by its time from start or end."""
    rng = np.random.default_rng(3)
    pairs = [
        past(days, 1.5 + rng.random(), hours=hours, kind=kind, surprise=float(rng.random()))
        for days, hours, kind in ((7, 2, "email"), (10, 4, "email_big"), (14, 1, "push"), (21, 3, "email"))
    ]
    effects = [replace(e, log_ratios=rng.standard_normal(len(e.log_ratios))) for _, e in pairs]
    effects[1].log_ratios[4] = np.nan
    times = steps()

    said = expected_of(NEXT, times, past_of(effects), PRIOR)

    start_s, end_s = to_epoch_s(NEXT.start), to_epoch_s(NEXT.end)
    weights = likeness(NEXT, past_of(effects))
    expected = np.log1p(time_profile(NEXT, times, STEP_S) * (PRIOR.p50 - 1))
    priors = []
    for i, t in enumerate(times.tolist()):
        total = weight = 0.0
        for worth, effect in zip(weights, effects, strict=True):
            then = t - start_s + effect.start_s if t < (start_s + end_s) / 2 else t - end_s + effect.end_s
            at = (then - effect.from_s) // effect.width_s
            if 0 <= at < len(effect.log_ratios) and not np.isnan(effect.log_ratios[at]):
                total += worth * effect.log_ratios[at]
                weight += worth
        # mean = (total + prior * expected) / (weight + prior): the prior's weight is the same in all steps
        if abs(expected[i] - said.log_ratios[i]) > 1e-6:
            priors.append((total - said.log_ratios[i] * weight) / (said.log_ratios[i] - expected[i]))
    assert len(priors) > 20
    assert priors == pytest.approx([priors[0]] * len(priors))
    assert 0.05 <= priors[0] <= 2.0


def test_the_first_half_goes_by_starts_and_the_second_by_ends():
    """Of a match of four hours: a crowd at the start, another at the whistle; the next one lasts two."""
    held, effect = past(7, 1.0, hours=4)
    times = steps(held)
    bumps = np.zeros(len(times))
    bumps[np.abs(times - to_epoch_s(held.start)) < 600] = 1.0
    bumps[np.abs(times - to_epoch_s(held.end)) < 600] = 2.0
    nothing = Expectation(1.0, 0.1, Reason.UPLIFT_FROM_OWNER)

    said = expected_of(NEXT, steps(), past_of([replace(effect, log_ratios=bumps)]), nothing)

    high = steps()[said.log_ratios > 0.6 * said.log_ratios.max()]
    low = steps()[said.log_ratios > 0.1]
    assert np.abs(high - to_epoch_s(NEXT.end)).max() < 600
    assert np.abs(low[:3] - to_epoch_s(NEXT.start)).max() < 600


def test_where_capacity_cut_demand_off_it_was_no_less_than_what_is_expected_anyway():
    _, effect = past(7, 1.1)
    cut_off = replace(effect, at_least=np.ones(len(effect.log_ratios), dtype=bool))
    owner = Expectation(5.0, 0.2, Reason.UPLIFT_FROM_OWNER)

    as_seen = factors(expected_of(NEXT, steps(), past_of([effect]), owner)).max()
    at_least = factors(expected_of(NEXT, steps(), past_of([cut_off]), owner)).max()

    assert as_seen < 4.0
    assert at_least == pytest.approx(5.0)


def test_twice_the_audience_brings_twice_as_much_on_top():
    _, effect = past(7, 3.0)
    known, twice = replace(effect, audience=1e4), replace(NEXT, audience=2e4)
    nothing = Expectation(1.0, 0.1, Reason.UPLIFT_FROM_AUDIENCE)

    once = expected_of(replace(NEXT, audience=1e4), steps(), past_of([known]), nothing).log_ratios.max()
    double = expected_of(twice, steps(), past_of([known]), nothing).log_ratios.max()

    assert double / once == pytest.approx(np.log(5.0) / np.log(3.0))


def test_surprises_set_the_spread():
    """Their mean square, widened for being few, and the spread assumed: the prior's and the usual one."""
    effects = [past(7, 3.0, surprise=0.04)[1]]

    said = expected_of(NEXT, steps(), past_of(effects), PRIOR)

    prior = 0.5
    seen = 0.04 * (1 + NEWNESS / (1 + prior))
    usual = (prior * PRIOR.sigma**2 + KIN_SPREAD**2) / (prior + 1)
    assert said.variance == pytest.approx((seen + PRIOR_SURPRISES * usual) / (1 + PRIOR_SURPRISES))


def test_the_spread_narrows_as_campaigns_keep_coming_as_expected():
    campaigns, effects = zip(*(past(7 * (i + 1), 3.0) for i in range(8)), strict=True)

    variances = []
    for n in (1, 3, 8):
        judged = with_surprises(effects[-n:], campaigns, STEP_S, ORDINARY)
        variances.append(expected_of(NEXT, steps(), past_of(judged), PRIOR).variance)

    assert variances == sorted(variances, reverse=True)
    assert variances[-1] < variances[0] / 2


def test_the_first_campaign_surprises_nobody_and_the_second_by_what_the_first_let_expect():
    first, one = past(14, 3.0)
    second, other = past(7, 3.0 * np.e)

    judged = with_surprises((other, one), (second, first), STEP_S, ORDINARY)

    assert [e.campaign_id for e in judged] == ["p14", "p7"]
    assert judged[0].surprise is None
    said = expected_of(second, steps(second), past_of([one]), expectation(second, 0.0)).log_ratios
    off = other.log_ratios - said
    by_hand = np.mean([part.mean() ** 2 for part in np.split(off, np.arange(1, 8) * len(off) // 8)])
    assert judged[1].surprise == pytest.approx(by_hand, rel=1e-6)


def test_a_surprise_is_judged_only_by_what_was_over_by_then():
    """Of two that ran together neither let expect the other."""
    first, one = past(7, 3.0)
    twin, other = replace(first, campaign_id="twin"), replace(past(7, 9.0)[1], campaign_id="twin")

    assert [e.surprise for e in with_surprises((one, other), (first, twin), STEP_S, ORDINARY)] == [None, None]


def test_evidence_names_the_campaigns_that_count_most_and_what_they_did():
    effects = [past(7 * (i + 1), 2.0 + i)[1] for i in range(7)]

    evidence = expected_of(NEXT, steps(), past_of(effects), PRIOR).evidence

    assert [e.campaign_id for e in evidence] == [f"p{7 * (i + 1)}" for i in range(MOST_EVIDENCE)]
    assert evidence[0].weight == 1.0
    assert [e.peak_factor for e in evidence] == pytest.approx([2.0, 3.0, 4.0, 5.0, 6.0], rel=1e-3)
    assert all(1 < e.mean_factor <= e.peak_factor for e in evidence)


# --- the band


def flat(log_ratio, sigma=0.0, planned=NEXT):
    """So much in every step."""
    return Likely(np.full(len(steps(planned)), log_ratio), sigma**2, (), Reason.UPLIFT_LEARNED)


def test_the_band_is_log_normal_around_the_middle():
    band = uplift_band(NEXT, steps(), LEVELS, flat(np.log(3.0), sigma=0.5), None, STEP_S)

    height = band.factor[time_profile(NEXT, steps(), STEP_S) == 1]
    assert height[:, 0] == pytest.approx(3.0)
    assert height[:, 1] == pytest.approx(3.0 * np.exp(0.5 * 1.2815516))
    assert np.all(np.diff(band.factor, axis=1) >= 0)


def test_outside_its_window_a_campaign_does_exactly_nothing():
    far = np.array([to_epoch_s(NOON) - 86_400, to_epoch_s(NOON) + 86_400], dtype=np.int64)

    band = uplift_band(NEXT, far, LEVELS, Likely(np.ones(2), 1.0, (), Reason.UPLIFT_LEARNED), None, STEP_S)

    assert np.all(band.factor == 1.0)


def test_a_source_is_believed_only_up_to_its_cap():
    band = uplift_band(NEXT, steps(), LEVELS, flat(np.log(50.0), 0.5), 4.0, STEP_S)

    assert band.reason is Reason.UPLIFT_CAPPED_BY_SOURCE
    assert band.factor.max() == 4.0


def test_a_claim_below_the_cap_keeps_its_own_reason():
    assert uplift_band(NEXT, steps(), LEVELS, flat(0.5), 4.0, STEP_S).reason is Reason.UPLIFT_LEARNED


def test_a_cap_below_one_does_not_turn_distrust_into_a_dip():
    band = uplift_band(NEXT, steps(), LEVELS, flat(1.0), 0.2, STEP_S)

    assert np.all(band.factor == 1.0)


def test_an_expected_dip_goes_below_one_but_not_below_zero():
    band = uplift_band(NEXT, steps(), LEVELS, flat(-30.0), None, STEP_S)

    height = band.factor[time_profile(NEXT, steps(), STEP_S) == 1]
    assert np.all((height >= 0) & (height < 0.01))


def test_absurd_figures_stay_finite():
    band = uplift_band(NEXT, steps(), LEVELS, flat(800.0, 50.0), None, STEP_S)

    assert np.all(band.factor <= LARGEST_UPLIFT * (1 + 1e-9))
