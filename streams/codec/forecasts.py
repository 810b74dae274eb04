"""Records of the forecasts topic: the latest band of each service, for people and their tools."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
import numpy as np

from advisor.domain.demand import Forecast, UpliftBand
from advisor.domain.reason import Reason

Regime = Literal["campaign", "ordinary"]


class EvidenceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A past campaign that an uplift rests on: how much it counts, and by what it multiplied demand."""

    campaign: str
    weight: float
    mean_factor: float
    peak_factor: float


class UpliftRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign's factor from the forecast's step `first` on, a row a step, and what it rests on.

    `in_flight` is the factor by which what came since its start corrected it, null before.
    """

    campaign: str
    reason: Reason
    first: int
    factor: list[list[float]]
    evidence: list[EvidenceRecord] = []
    in_flight: float | None = None


class ForecastRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A service's near forecast: rows are the steps from the cutoff on, columns the `levels`; requests/s.

    `total` is (`baseline` + `offset`) times the factors, less `offset`. `calibration` is the share of the
    last days' values below the 0.95 quantile, null where not known yet. `regime` says whether a campaign
    moves the first step; null in records of before that was stated.
    """

    v: int = 1
    service: str
    cutoff: datetime
    step_s: int
    levels: list[float]
    baseline: list[list[float]]
    total: list[list[float]]
    uplifts: list[UpliftRecord]
    reasons: list[Reason]
    offset: float = 0.0
    calibration: float | None = None
    regime: Regime | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ForecastRecord)


def encode_forecast(forecast: Forecast) -> tuple[bytes, bytes]:
    """Key and value of a forecast's record: its contiguous steps from the cutoff on.

    The windows of campaigns further out are left out here; what they ask for is in the needs.
    """
    near = _contiguous(forecast)
    uplifts = []
    for uplift in forecast.uplifts:
        steps = np.flatnonzero((uplift.factor[:near] != 1.0).any(axis=1))
        if len(steps):
            rows = uplift.factor[steps[0] : steps[-1] + 1]
            uplifts.append(
                UpliftRecord(
                    campaign=uplift.campaign_id,
                    reason=uplift.reason,
                    first=int(steps[0]),
                    factor=rows.round(4).tolist(),
                    evidence=evidence_records(uplift),
                    in_flight=uplift.in_flight,
                )
            )
    record = ForecastRecord(
        service=forecast.service,
        cutoff=forecast.cutoff,
        step_s=forecast.step_s,
        levels=list(forecast.levels),
        baseline=forecast.baseline[:near].tolist(),
        total=forecast.total[:near].tolist(),
        uplifts=uplifts,
        reasons=list(forecast.reasons),
        offset=forecast.offset,
        calibration=forecast.calibration,
        regime=regime_of(forecast),
    )
    return forecast.service.encode(), _encoder.encode(record)


def decode_forecast(value: bytes) -> ForecastRecord:
    """The record. Raises msgspec.DecodeError for anything else."""
    record: ForecastRecord = _decoder.decode(value)
    return record


def regime_of(forecast: Forecast) -> Regime:
    """Is the service in a campaign now? It is while one moves the forecast's first step."""
    moved = any((uplift.factor[:1] != 1.0).any() for uplift in forecast.uplifts)
    return "campaign" if moved else "ordinary"


def evidence_records(uplift: UpliftBand) -> list[EvidenceRecord]:
    """The past campaigns that an uplift rests on, those that count most first."""
    return [
        EvidenceRecord(
            campaign=past.campaign_id,
            weight=past.weight,
            mean_factor=past.mean_factor,
            peak_factor=past.peak_factor,
        )
        for past in uplift.evidence
    ]


def _contiguous(forecast: Forecast) -> int:
    """How many steps follow each other without a gap from the cutoff on?"""
    gaps = np.flatnonzero(np.diff(forecast.times_s) != forecast.step_s)
    return int(gaps[0]) + 1 if len(gaps) else len(forecast.times_s)
