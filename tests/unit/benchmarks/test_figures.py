"""The pictures of the forecast: their cases are chosen by the rule they state, and each is drawn."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from advisor.domain.timegrid import to_epoch_s
from advisor.forecasting.scoring import pinball_loss
from advisor.simulation.rolling import Series
from streams.backtest.report.style import FORECAST, house_style, png
from streams.backtest.run import LEVELS
from tests.benchmarks import figure_cases as cases
from tests.benchmarks import figure_plots as plots
from tests.benchmarks.ablation_parts import FULL
from tests.benchmarks.ablation_runs import forecasts_of
from tests.benchmarks.ablation_sets import Trial
from tests.benchmarks.figures import small
from tests.support.ablations import CUTOFF, LAST_EMAIL, SHIFTED, shop
from tests.support.crowds import day


@pytest.fixture(scope="module", name="shop")
def a_shop() -> Trial:
    """The shop at five minutes, every email and push from the second week on among its agreed cutoffs."""
    coarse = shop()
    values = np.repeat(coarse.series.values, 6)
    grid = replace(coarse.grid, start=day(7), end=day(26), step=timedelta(minutes=5))
    return replace(coarse, series=Series(coarse.series.start_s, 300, values), grid=grid)


def test_the_forecast_in_a_picture_is_the_backtests_own(shop: Trial):
    """At the same cutoff, to the last digit."""
    moment = day(20, 12)
    alone = replace(shop, grid=replace(shop.grid, start=moment, end=moment))

    made, _ = cases.forecast_at(shop, moment)
    [backtested] = forecasts_of(alone, FULL, alone.origins())

    np.testing.assert_array_equal(made.total[: len(backtested.band)], backtested.band)


def test_the_match_in_flight_is_the_one_furthest_above_its_forecast(shop: Trial):
    """The email that does twice what the others did; and it is corrected upwards once it runs."""
    case = cases.flight(shop)

    assert case.match.start == LAST_EMAIL
    assert [minutes for minutes, _ in case.forecasts] == [0, 10, 30]
    corrected = [u.in_flight for _, made in case.forecasts for u in made.uplifts if u.in_flight is not None]
    assert len(corrected) == 2
    assert min(corrected) > 1.2


def test_the_bad_case_is_the_worst_of_all_events_and_was_forecast_beforehand(shop: Trial):
    """No other event's forecast lost more, and the one shown was made before the event's window began."""
    case = cases.worst(shop)

    losses = {}
    for made in forecasts_of(shop, FULL, shop.origins()):
        for event in shop.events:
            if made.cutoff <= event.start - shop.grid.before and made.times_s[-1] >= to_epoch_s(event.end):
                inside = shop.inside(made.times_s, [event])
                came = shop.actual(made.times_s[inside])
                losses[event.start] = pinball_loss(came, made.band[inside], LEVELS).mean() / came.mean()
    assert len(losses) > 4
    assert case.event.start == max(losses, key=losses.__getitem__)
    assert case.loss == pytest.approx(max(losses.values()))
    assert case.forecast.cutoff <= case.event.start - shop.grid.before


def test_what_was_kept_lies_near_what_was_said(shop: Trial):
    """Over all points; every level is read off the same forecasts, so shares rise with them."""
    found = cases.kept(shop)

    assert found.everywhere.levels == cases.FINE_LEVELS
    assert (np.diff(found.everywhere.coverage) >= 0).all()
    assert found.everywhere.coverage[-1] > 0.9
    assert found.inside is not None
    assert 0 < found.inside.points < found.everywhere.points


def test_naive_credit_takes_less_for_ordinary_than_there_was_around(shop: Trial):
    """Of the push that ran as the level rose, it is told that the level of the week before was ordinary."""
    case = cases.shift(shop, after=SHIFTED)
    [ours], [naive] = (
        [e for e in effects if e.start_s == to_epoch_s(day(4, 9))]
        for effects in (case.our_effects, case.naive_effects)
    )

    assert naive.mean > ours.mean + 0.1


def test_every_picture_is_drawn_and_small(shop: Trial):
    """Each at 880 pixels of width, with its axes named, under the 120 KB that a picture may take."""
    with house_style():
        figures = [
            plots.draw_match_day(cases.match_day(shop, noon=CUTOFF.replace(hour=12))),
            plots.draw_flight(cases.flight(shop)),
            plots.draw_bad([cases.worst(shop)] * 2),
            plots.draw_calibration([cases.kept(shop)]),
            plots.draw_shift(cases.shift(shop, after=SHIFTED)),
        ]
        pictures = [small(png(figure, "A title")) for figure in figures]

    for figure, picture in zip(figures, pictures, strict=True):
        assert Image.open(io.BytesIO(picture)).width == 880
        assert len(picture) < 120 * 1024
        assert named(figure)


def test_a_small_picture_keeps_its_colors():
    """The palette is the picture's own: a thin line of the forecast's color is still there."""
    figure = plots.new_figure(8, 3)
    figure.add_subplot().plot([0, 1], [0, 1], color=FORECAST, lw=3)

    colors = Image.open(io.BytesIO(small(png(figure, "A title")))).convert("RGB").getcolors(100_000)

    assert tuple(bytes.fromhex(FORECAST[1:])) in {color for _, color in colors or []}


def named(figure: Figure) -> bool:
    """Has every picture a unit upwards (shared, perhaps) and a name or times along?"""
    return bool(figure.axes[0].get_ylabel()) and all(
        axes.get_xlabel() or axes.xaxis.get_major_formatter() is not None for axes in figure.axes
    )
