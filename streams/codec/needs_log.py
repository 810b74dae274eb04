"""Records of the internal needs topic: what services ask of resources, what is in use, how far it is known.

`tick_s` is the decision time (event clock, epoch seconds) at which a record was made; None by the wall
clock, where records count as soon as they arrive.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
import numpy as np

from advisor.domain.advice import Need, WithoutCampaign
from advisor.domain.demand import Floats, Level, Reading
from advisor.domain.reason import Reason
from streams.codec.versioned import read_versioned


class WithoutRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The total without one campaign, from step `first` on, where that makes a difference."""

    campaign: str
    first: int
    rate_per_s: list[float]
    bands: list[list[float]]


class NeedRecord(msgspec.Struct, tag="need", frozen=True, kw_only=True):
    """What one service's forecast asks of one resource; keyed `resource|service`."""

    v: int = 1
    tick_s: int | None = None
    resource: str
    service: str
    level: float
    cutoff: datetime
    step_s: int
    times_s: list[int]
    baseline: list[float]
    total: list[float]
    levels: list[float]
    bands: list[list[float]]
    without: list[WithoutRecord]
    reasons: list[Reason]
    highest_seen: float = 0.0
    calibration: float | None = None


class LevelRecord(msgspec.Struct, tag="level", frozen=True, kw_only=True):
    """How much of a service is in use and until when its demand is known; keyed `@level|service`.

    Records from before there was a `newest` are read without one.
    """

    v: int = 1
    tick_s: int | None = None
    service: str
    data_until: datetime
    rate_per_s: float
    newest: Reading | None = None


class TickRecord(msgspec.Struct, tag="tick", frozen=True, kw_only=True):
    """All needs of these demand partitions have been sent up to `tick_s`; keyed `@tick|partitions`."""

    v: int = 1
    partitions: list[int]
    tick_s: int
    end: bool = False


NeedsRecord = NeedRecord | LevelRecord | TickRecord

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(NeedsRecord)


def encode_need(need: Need, tick_s: int | None) -> tuple[bytes, bytes]:
    """Key and value of a need's record."""
    record = NeedRecord(
        tick_s=tick_s,
        resource=need.resource,
        service=need.service,
        level=need.level,
        cutoff=need.cutoff,
        step_s=need.step_s,
        times_s=need.times_s.tolist(),
        baseline=need.baseline.tolist(),
        total=need.total.tolist(),
        levels=list(need.levels),
        bands=need.bands.tolist(),
        without=[
            WithoutRecord(
                campaign=w.campaign_id,
                first=w.first,
                rate_per_s=w.rate_per_s.tolist(),
                bands=w.bands.tolist(),
            )
            for w in need.without
        ],
        reasons=list(need.reasons),
        highest_seen=need.highest_seen,
        calibration=need.calibration,
    )
    return f"{need.resource}|{need.service}".encode(), _encoder.encode(record)


def encode_level(level: Level, tick_s: int | None) -> tuple[bytes, bytes]:
    """Key and value of a level's record."""
    record = LevelRecord(
        tick_s=tick_s,
        service=level.service,
        data_until=level.data_until,
        rate_per_s=level.rate_per_s,
        newest=level.newest,
    )
    return f"@level|{level.service}".encode(), _encoder.encode(record)


def encode_tick(partitions: list[int], tick_s: int, *, end: bool) -> tuple[bytes, bytes]:
    """Key and value of a tick's record."""
    key = "@tick|" + ",".join(str(p) for p in partitions)
    return key.encode(), _encoder.encode(TickRecord(partitions=partitions, tick_s=tick_s, end=end))


def decode_needs(value: bytes) -> NeedsRecord:
    """The record. Raises DecodeError for anything that this version did not write."""
    record: NeedsRecord = read_versioned(_decoder.decode, value, "needs record")
    return record


def need_of(record: NeedRecord) -> Need:
    """The domain value of a need's record."""
    return Need(
        resource=record.resource,
        service=record.service,
        level=record.level,
        cutoff=record.cutoff,
        step_s=record.step_s,
        times_s=np.array(record.times_s, dtype=np.int64),
        baseline=np.array(record.baseline, dtype=np.float64),
        total=np.array(record.total, dtype=np.float64),
        levels=tuple(record.levels),
        bands=_bands(record.bands, len(record.levels)),
        without=tuple(
            WithoutCampaign(
                w.campaign,
                w.first,
                np.array(w.rate_per_s, dtype=np.float64),
                _bands(w.bands, len(record.levels)),
            )
            for w in record.without
        ),
        reasons=tuple(record.reasons),
        highest_seen=record.highest_seen,
        calibration=record.calibration,
    )


def _bands(rows: list[list[float]], levels: int) -> Floats:
    """Rates of shape (rows, levels), also where there is no row."""
    return np.array(rows, dtype=np.float64).reshape(len(rows), levels)


def level_of(record: LevelRecord) -> Level:
    """The domain value of a level's record."""
    return Level(record.service, record.data_until, record.rate_per_s, record.newest)
