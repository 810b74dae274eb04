"""Refreshing every service's forecast from its snapshot, as the worker does every few minutes."""

from __future__ import annotations

import tracemalloc
from time import perf_counter

import numpy as np
import pytest

from tests.benchmarks.ours import LEVELS, fit_and_forecast, refresh, snapshot_of
from tests.benchmarks.report import publish
from tests.benchmarks.series import HISTORY, HORIZON, STEP_S, Series, shop_series

SERVICES = 10_000
SAMPLE = 60  # distinct services; each is measured in every round
ROUNDS = 5
STEPS_AN_HOUR = 12  # what is ordinary is learned once an hour: one refresh of twelve does that too
MOST_BYTES = 64 * 1024


@pytest.mark.timeout(1800)
def test_ten_thousand_services_are_refreshed_from_small_snapshots() -> None:
    """Of 4 weeks at 5 minutes a snapshot takes at most 64 KB; what refreshing 10,000 takes is recorded.

    Refreshing is: decode a snapshot of the last full hour, take in the one to twelve steps since, forecast
    24 hours at 5 minutes. The fit of the same four weeks from nothing is measured in turns with it, and
    reported apart.
    """
    known = HISTORY - STEPS_AN_HOUR
    series = [shop_series(seed) for seed in range(SAMPLE)]
    snapshots = [snapshot_of(one.history[:known], one.campaigns) for one in series]
    refreshes, fits = [], []
    for _ in range(ROUNDS):
        for number, (one, snapshot) in enumerate(zip(series, snapshots, strict=True)):
            until = known + 1 + number % STEPS_AN_HOUR
            begun = perf_counter()
            band = refresh(snapshot, one.history[known:until], one.campaigns)
            refreshes.append(perf_counter() - begun)
            begun = perf_counter()
            fit_and_forecast(one.history, STEP_S, one.campaigns)
            fits.append(perf_counter() - begun)
            assert band.shape == (HORIZON, len(LEVELS))

    largest = max(len(snapshot) for snapshot in snapshots)
    figures = {
        "refresh of 10,000 services, s on one core": float(np.mean(refreshes)) * SERVICES,
        "refresh of one service, ms (median)": float(np.median(refreshes)) * 1e3,
        "refresh of one service, ms (p95)": float(np.quantile(refreshes, 0.95)) * 1e3,
        "fit of 10,000 services, s on one core": float(np.mean(fits)) * SERVICES,
        "snapshot, KiB (largest)": largest / 1024,
        "snapshot, KiB (mean)": float(np.mean([len(snapshot) for snapshot in snapshots])) / 1024,
        "memory of one refresh, MiB (peak)": peak_bytes(snapshots[0], series[0]) / 2**20,
    }
    publish("refresh", [{"figure": name, "value": value} for name, value in figures.items()])
    assert largest <= MOST_BYTES, f"a snapshot takes {largest:,} bytes, more than {MOST_BYTES:,}"


def peak_bytes(snapshot: bytes, series: Series) -> int:
    """What one refresh allocates at its worst, the forecast included."""
    tracemalloc.start()
    refresh(snapshot, series.history[HISTORY - STEPS_AN_HOUR :], series.campaigns)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak
