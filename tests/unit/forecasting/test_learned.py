"""What a service's past has taught, kept and learned anew."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from advisor.domain.campaign import CampaignStatus
from advisor.domain.timegrid import to_epoch_s
from advisor.forecasting.grid import relevant
from advisor.forecasting.learned import NOTHING, counts_as_crowd, learn
from tests.support.crowds import day, demand, until, weekly
from tests.support.forecasting import campaign, view_of

WEEKS = weekly(4, 3.0)
CROWDS = relevant([announced for announced, _ in WEEKS], "shop")
VALUES = demand(30, WEEKS)


def mean_factors(learned):
    return [float(np.exp(np.nanmean(effect.log_ratios))) for effect in learned.effects]


def test_past_campaigns_are_measured_in_the_order_of_their_starts():
    learned = learn(until(VALUES, day(29)), CROWDS, 1)

    assert [e.campaign_id for e in learned.effects] == ["email-00", "email-01", "email-02", "email-03"]
    for effect in learned.effects:
        inside = (effect.log_ratios > 0).sum()
        assert inside >= len(effect.log_ratios) - 2
        assert np.exp(np.sort(effect.log_ratios)[-12:].mean()) == pytest.approx(3.0, rel=0.15)


def test_only_the_first_surprises_nobody():
    surprises = [e.surprise for e in learn(until(VALUES, day(29)), CROWDS, 1).effects]

    assert surprises[0] is None
    assert all(s is not None and 0 <= s < 1 for s in surprises[1:])
    assert surprises[-1] < surprises[1]


def test_the_same_history_is_not_learned_twice():
    view = until(VALUES, day(29))
    learned = learn(view, CROWDS, 1)

    assert learn(view, CROWDS, 1, learned) is learned


def test_within_the_hour_nothing_is_learned_anew():
    learned = learn(until(VALUES, day(29)), CROWDS, 1)

    assert learn(until(VALUES, day(29, 55 / 60)), CROWDS, 1, learned) is learned
    assert learn(until(VALUES, day(29, 1)), CROWDS, 1, learned) is not learned


def test_a_young_service_learns_with_every_step():
    learned = learn(until(VALUES, day(1, 0)), CROWDS, 1)

    assert learn(until(VALUES, day(1, 5 / 60)), CROWDS, 1, learned) is not learned


@pytest.mark.parametrize("change", ["value", "saturated", "kind", "timezone", "cancelled"])
def test_whatever_counts_makes_it_learn_anew(change):
    view = until(VALUES, day(29))
    learned = learn(view, CROWDS, 1)
    campaigns = list(CROWDS)
    if change == "value":
        view = replace(view, values=np.where(np.arange(len(view.values)) == 1000, 1.0, view.values))
    elif change == "saturated":
        view = replace(view, saturated=np.arange(len(view.values)) == 1000)
    elif change in ("kind", "timezone"):
        campaigns[0] = replace(campaigns[0], **{change: "Asia/Tokyo"})
    else:
        campaigns[0] = replace(campaigns[0], status=CampaignStatus.CANCELLED)

    assert learn(view, campaigns, 1, learned) is not learned


@pytest.mark.parametrize("figure", ["send_rate_per_min", "audience"])
def test_a_season_that_is_given_a_figure_is_learned_anew_as_a_campaign(figure):
    season = campaign(day(20), hours=24 * 4)
    view = until(demand(30, [(season, 2.0)]), day(29))
    hinted = replace(season, **{figure: 1000.0})

    again = learn(view, [hinted], 1, learn(view, [season], 1))

    assert [e.campaign_id for e in again.effects] == [season.campaign_id]


def test_a_cancelled_campaign_leaves_no_trace():
    """Not in what is ordinary and not among the effects: as if it had never been announced."""
    view = until(VALUES, day(29))
    cancelled = [*CROWDS[:-1], replace(CROWDS[-1], status=CampaignStatus.CANCELLED)]

    one, other = learn(view, cancelled, 1), learn(view, CROWDS[:-1], 1)

    assert [e.campaign_id for e in one.effects] == [e.campaign_id for e in other.effects]
    assert one.baseline.week.tobytes() == other.baseline.week.tobytes()


def test_a_campaign_cancelled_after_it_was_learned_is_forgotten():
    view = until(VALUES, day(29))
    learned = learn(view, CROWDS, 1)
    later = until(VALUES, day(29, 2))
    cancelled = [*CROWDS[:-1], replace(CROWDS[-1], status=CampaignStatus.CANCELLED)]

    again = learn(later, cancelled, 1, learned)

    assert "email-03" not in [e.campaign_id for e in again.effects]


def test_campaigns_that_have_left_the_history_are_remembered_as_last_measured():
    """At five minutes 28 days are kept; the first campaigns are then known only from before."""
    weeks = weekly(7, 3.0)
    campaigns = relevant([announced for announced, _ in weeks], "shop")
    values = demand(50, weeks)
    learned = NOTHING
    for moment in (day(21), day(35), day(49)):
        learned = learn(until(values, moment), campaigns, 1, learned)

    assert [e.campaign_id for e in learned.effects] == [c.campaign_id for c in campaigns]
    at_once = learn(until(values, day(49)), campaigns, 1)
    assert [e.campaign_id for e in at_once.effects] == [c.campaign_id for c in campaigns[-4:]]
    assert mean_factors(learned)[-4:] == pytest.approx(mean_factors(at_once))


def test_a_campaign_announced_anew_under_its_old_id_is_measured_where_it_is_now():
    """A monthly sale of always the same id: its first run has left the history."""
    first = campaign(day(3, 10), campaign_id="monthly", hours=4)
    again = replace(first, start=day(40, 10), end=day(40, 14), revision=2)
    values = demand(41, [(first, 2.0), (again, 3.0)])
    learned = NOTHING
    for moment in (day(20), day(33)):
        learned = learn(until(values, moment), [first], 1, learned)
    assert [e.start_s for e in learned.effects] == [to_epoch_s(first.start)]

    learned = learn(until(values, day(40, 16)), [again], 1, learned)

    assert [e.start_s for e in learned.effects] == [to_epoch_s(again.start)]
    assert mean_factors(learned) == pytest.approx(mean_factors(learn(until(values, day(40, 16)), [again], 1)))


def test_of_very_many_campaigns_one_that_still_runs_is_remembered():
    """It began before 54 short ones; what it does is what its rest is corrected by."""
    long = campaign(day(10), campaign_id="long", hours=24 * 18, p50=2.0, p90=3.0)
    short = [campaign(day(11 + i / 4), campaign_id=f"short-{i}", hours=1) for i in range(54)]
    values = demand(26, [(long, 2.0)])

    effects = learn(until(values, day(25)), relevant([long, *short], "shop"), 1).effects

    assert len(effects) == 48
    assert "long" in [e.campaign_id for e in effects]
    assert [e.start_s for e in effects] == sorted(e.start_s for e in effects)


def test_a_season_is_no_crowd_and_neither_is_a_cancelled_campaign():
    season = campaign(day(3), hours=24 * 20)

    assert not counts_as_crowd(season, 300)
    assert counts_as_crowd(campaign(day(3)), 300)
    assert not counts_as_crowd(campaign(day(3), status=CampaignStatus.CANCELLED), 300)
    assert learn(until(VALUES, day(29)), [season], 1).effects == ()


@pytest.mark.parametrize("values", [np.array([]), np.full(600, np.nan), np.zeros(600)])
def test_from_a_service_never_seen_above_zero_nothing_is_learned(values):
    learned = learn(view_of(values), CROWDS, 1)

    assert (learned.baseline, learned.effects) == (None, ())


def test_what_was_learned_ends_where_it_says():
    cutoff = day(29, 3) + timedelta(minutes=25)

    learned = learn(until(VALUES, cutoff), CROWDS, 1)

    assert learned.until_s == learned.baseline.until_s == to_epoch_s(day(29, 3))


def test_a_cancelled_campaign_leaves_no_trace_among_those_long_gone():
    """Cancelled after it and the next had left the history: the next then surprises nobody."""
    weeks = weekly(2, 3.0)
    campaigns = relevant([announced for announced, _ in weeks], "shop")
    values = demand(50, weeks)
    learned = learn(until(values, day(21)), campaigns, 1)
    cancelled = [replace(campaigns[0], status=CampaignStatus.CANCELLED), campaigns[1]]

    (kept,) = learn(until(values, day(49)), cancelled, 1, learned).effects

    assert kept.campaign_id == "email-01"
    assert kept.surprise is None
