"""Headstart's forecast as the benchmarks call it: the only module here that knows its interface."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from advisor.aggregation.service_history import ServiceHistory
from advisor.domain.campaign import Campaign
from advisor.domain.demand import BucketPart, Floats, SourcePartition
from advisor.domain.policy import Policy
from advisor.domain.timegrid import from_epoch_s, to_epoch_s
from advisor.forecasting.forecast import forecast_service, teach
from advisor.forecasting.learned import NOTHING
from streams.codec.learned_state import learned_state, restore_learned
from streams.codec.snapshots import ServiceSnapshot, decode_snapshot, encode_snapshot
from tests.benchmarks.series import STEP_S
from tests.support.forecasting import MONDAY, policy, view_of

BUCKET_S = 60
SOURCE = SourcePartition("traffic", "id-1", 0)
LEVELS = (0.5, 0.9, 0.95, 0.99)


def fit_and_forecast(values: Floats, step_s: int, campaigns: Sequence[Campaign]) -> Floats:
    """The next 24 hours after `values` (n,), from nothing but them and the calendar; (steps, LEVELS)."""
    return forecast_service(view_of(values, step_s), campaigns, _policy(step_s)).total


def snapshot_of(values: Floats, campaigns: Sequence[Campaign]) -> bytes:
    """What the models topic would hold of a service after these steps, seen in buckets of a minute."""
    history = ServiceHistory("shop", STEP_S)
    _feed(history, to_epoch_s(MONDAY), values)
    view = history.view(from_epoch_s(history.newest_end_s))
    learned = teach(view, campaigns, _policy(STEP_S))
    return encode_snapshot(
        ServiceSnapshot(next_offset=len(values), history=history.state(), learned=learned_state(learned))
    )


def refresh(snapshot: bytes, new_values: Floats, campaigns: Sequence[Campaign] = ()) -> Floats:
    """The next 24 hours of a service known by its snapshot, after a few more steps came; (steps, LEVELS)."""
    restored = decode_snapshot(snapshot)
    history = ServiceHistory.restore(restored.history)
    learned = restore_learned(restored.learned) if restored.learned is not None else NOTHING
    _feed(history, history.newest_end_s, new_values)
    view = history.view(from_epoch_s(history.newest_end_s))
    return forecast_service(view, campaigns, _policy(STEP_S), learned).total


def _feed(history: ServiceHistory, start_s: int, values: Floats) -> None:
    for number, rate in enumerate(np.repeat(values, STEP_S // BUCKET_S)):
        history.apply(
            BucketPart(
                service=history.service,
                source=SOURCE,
                start_s=start_s + number * BUCKET_S,
                width_s=BUCKET_S,
                through_offset=number,
                samples=1,
                count=float(rate) * BUCKET_S,
                interval_s=BUCKET_S,
            )
        )


def _policy(step_s: int) -> Policy:
    return policy(step=timedelta(seconds=step_s))
