"""A snapshot brings back what was learned, to the last digit."""

from datetime import timedelta

import numpy as np
import pytest

from advisor.aggregation.service_history import ServiceHistory
from advisor.domain.timegrid import from_epoch_s
from advisor.forecasting.forecast import forecast_service, teach
from advisor.forecasting.learned import NOTHING
from streams.codec.learned_state import learned_state, restore_learned
from streams.codec.snapshots import ServiceSnapshot, decode_snapshot, encode_snapshot
from tests.support.forecasting import MONDAY, campaign, day_curve, noisy, policy, view_of


def with_sales(days=21, every=3):
    """Three weeks at 5 minutes with a sale every third day, and the sales to come."""
    values = noisy(day_curve(days), sigma=0.05)
    sales = [
        campaign(
            campaign_id=f"sale-{day}",
            start=MONDAY + timedelta(days=day, hours=10),
        )
        for day in range(1, days + 5, every)
    ]
    for day in range(1, days, every):
        first = day * 288 + 120
        values[first : first + 24] *= 3
    return view_of(values), sales


def snapshot_and_back(learned):
    """What another worker would restore."""
    history = ServiceHistory("shop", 300).state()
    record = ServiceSnapshot(next_offset=7, history=history, learned=learned_state(learned))
    return restore_learned(decode_snapshot(encode_snapshot(record)).learned)


def test_a_restored_model_forecasts_the_very_same() -> None:
    view, sales = with_sales()
    learned = teach(view, sales, policy())

    restored = snapshot_and_back(learned)

    one = forecast_service(view, sales, policy(), learned)
    other = forecast_service(view, sales, policy(), restored)
    assert np.array_equal(one.total, other.total)
    assert np.array_equal(one.baseline, other.baseline)
    assert one.uplifts[0].evidence == other.uplifts[0].evidence != ()


def test_a_restored_model_is_taken_for_what_was_learned_and_not_learned_again() -> None:
    view, sales = with_sales()
    restored = snapshot_and_back(teach(view, sales, policy()))

    assert teach(view, sales, policy(), restored) is restored


def test_effects_that_left_the_history_survive_the_snapshot() -> None:
    """Ten weeks later nothing but the record tells what the sales did."""
    view, sales = with_sales()
    restored = snapshot_and_back(teach(view, sales, policy()))
    later = view_of(noisy(day_curve(28), sigma=0.05), start=MONDAY + timedelta(days=70))
    coming = campaign(
        campaign_id="next",
        start=from_epoch_s(later.cutoff_s) + timedelta(hours=10),
    )

    (with_memory,) = forecast_service(later, [*sales, coming], policy(), restored).uplifts
    (without,) = forecast_service(later, [*sales, coming], policy(), NOTHING).uplifts

    assert with_memory.factor.max(axis=0)[0] == pytest.approx(3.0, rel=0.1)
    assert without.factor.max(axis=0)[0] < 2.0


def test_a_service_never_seen_is_restored_as_such() -> None:
    restored = snapshot_and_back(teach(view_of(np.zeros(288)), [], policy()))

    assert restored.baseline is None
    assert restored.effects == ()


def test_a_snapshot_of_four_weeks_with_many_campaigns_stays_under_64_kib() -> None:
    values = np.random.default_rng(5).lognormal(4.0, 0.6, 28 * 288).astype(np.float32).astype(np.float64)
    sales = [
        campaign(
            campaign_id=f"a-sale-with-quite-a-long-name-{number:04d}",
            start=MONDAY + timedelta(hours=14 * number),
            hours=8,
        )
        for number in range(48)
    ]
    learned = teach(view_of(values), sales, policy())
    history = ServiceHistory("shop", 300).state()
    packed = np.asarray(values, dtype="<f4").tobytes()
    record = ServiceSnapshot(next_offset=7, history=history, learned=learned_state(learned))

    assert len(encode_snapshot(record)) + len(packed) < 64 * 1024
