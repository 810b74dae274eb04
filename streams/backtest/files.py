"""Writes what a backtest found: `forecasts.csv.gz` and `scores.json`, each whole or not at all.

`forecasts.csv.gz` has the columns `cutoff,time,q50,q90,q95,q99`: a row a forecast step, quantiles in units of
the demand file's `value`. Equal forecasts give equal bytes.

`scores.json` has the keys

    levels                the quantile levels scored
    origins               start, end, every, horizon, step, and how many cutoffs that makes
    all                   marks of all points (below); null where no point has an actual
    inside                the same inside campaign windows; campaigns of over two days do not count
    from_third            the same from the third campaign on of which demand was seen
    campaigns             a list in order of start: campaign_id, name, kind, start, end, window_start,
                          window_end, counts_as_inside, and its own marks under `scores`
    seconds_per_forecast  mean wall time of one forecast
    slowest_forecast_s    the longest of them
    capacity              with a policy only: see `streams.backtest.capacity`

and each set of marks

    points, mean_actual                       how many points have an actual, and its mean
    pinball_0.5 ... pinball_0.99, mean_pinball  pinball loss in multiples of mean_actual
    coverage_0.5 ... coverage_0.99            share of actuals at or below the quantile
    wape                                      sum of |actual - q50| over sum of actuals
    peaks                                     windows whose peak was forecast and seen (0: the rest is null)
    peak_error_q50, peak_error_q99            mean of (max forecast - max actual) / max actual
    peak_error_size_q50, peak_error_size_q99  mean of its absolute value
    peak_minutes_late, peak_minutes_off       mean of the q50 peak's lateness, and of its absolute value

What is not defined (relative to a mean of zero) is null: the file is strict JSON.
"""

from __future__ import annotations

import gzip
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from advisor.domain.timegrid import Seconds, to_iso
from advisor.durations import format_duration
from advisor.errors import HeadstartError
from advisor.simulation.rolling import Origins, RollingForecast
from advisor.simulation.rolling_scores import CampaignScores, Part, RollingScores

FORECASTS, SCORES = "forecasts.csv.gz", "scores.json"


def write_forecasts(directory: Path, forecasts: Sequence[RollingForecast], levels: Sequence[float]) -> Path:
    """Writes `forecasts.csv.gz` into an existing directory; a column for each of the levels."""
    lines = [",".join(["cutoff", "time", *(f"q{level * 100:g}" for level in levels)])]
    for forecast in forecasts:
        cutoff = to_iso(forecast.cutoff)
        times, rows = iso_z(forecast.times_s), forecast.band.tolist()
        for time, row in zip(times, rows, strict=True):
            lines.append(",".join([cutoff, time, *map(_short, row)]))
    text = "\n".join(lines) + "\n"
    # without a file name and time of its own in its head, the archive is a function of its content
    return write_whole(directory / FORECASTS, gzip.compress(text.encode(), compresslevel=6, mtime=0))


def write_scores(directory: Path, scores: dict[str, Any]) -> Path:
    """Writes `scores.json`, as `scores_document` made it, into an existing directory."""
    return write_whole(directory / SCORES, (json.dumps(scores, indent=2, allow_nan=False) + "\n").encode())


def scores_document(
    scores: RollingScores, origins: Origins, levels: Sequence[float], seconds: Sequence[float]
) -> dict[str, Any]:
    """What `scores.json` says, see the head of this module. `seconds` is the wall time of each forecast."""
    return {
        "levels": list(levels),
        "origins": {
            "start": to_iso(origins.start),
            "end": to_iso(origins.end),
            "every": format_duration(origins.every),
            "horizon": format_duration(origins.horizon),
            "step": format_duration(origins.step),
            "cutoffs": len(origins.cutoffs),
        },
        "all": marks(scores.everything),
        "inside": marks(scores.inside),
        "from_third": marks(scores.from_third),
        "campaigns": [_campaign(mark) for mark in scores.campaigns],
        "seconds_per_forecast": sum(seconds) / len(seconds),
        "slowest_forecast_s": max(seconds),
    }


def marks(part: Part) -> dict[str, Any] | None:
    """One set of marks by its names in `scores.json`; None where no point has an actual."""
    scores, peaks = part.scores, part.peaks
    if scores is None:
        return None
    named: dict[str, float | None] = {
        "points": scores.points,
        "mean_actual": scores.mean_actual,
        **{f"pinball_{level:g}": loss for level, loss in zip(scores.levels, scores.pinball, strict=True)},
        "mean_pinball": scores.mean_pinball,
        **{f"coverage_{level:g}": share for level, share in zip(scores.levels, scores.coverage, strict=True)},
        "wape": scores.wape,
        "peaks": peaks.windows if peaks else 0,
    }
    highest = f"q{scores.levels[-1] * 100:g}"
    named |= {
        "peak_error_q50": peaks.median_error if peaks else None,
        "peak_error_size_q50": peaks.median_error_size if peaks else None,
        f"peak_error_{highest}": peaks.highest_error if peaks else None,
        f"peak_error_size_{highest}": peaks.highest_error_size if peaks else None,
        "peak_minutes_late": peaks.minutes_late if peaks else None,
        "peak_minutes_off": peaks.minutes_off if peaks else None,
    }
    return {name: _finite(value) for name, value in named.items()}


def _campaign(mark: CampaignScores) -> dict[str, Any]:
    campaign = mark.campaign
    return {
        "campaign_id": campaign.campaign_id,
        "name": campaign.name,
        "kind": campaign.kind,
        "start": to_iso(campaign.start),
        "end": to_iso(campaign.end),
        "window_start": to_iso(mark.start),
        "window_end": to_iso(mark.end),
        "counts_as_inside": mark.counts,
        "scores": marks(mark.part),
    }


def _finite(value: float | None) -> float | None:
    return value if value is None or math.isfinite(value) else None


def iso_z(times_s: Seconds) -> list[str]:
    """The texts of these seconds since the epoch, e.g. 2026-11-27T10:00:00Z."""
    return [f"{text}Z" for text in np.datetime_as_string(times_s.astype("datetime64[s]")).tolist()]


def _short(value: float) -> str:
    """As short as it can be written and still be read back as the very same number."""
    return repr(value).removesuffix(".0")


def write_whole(path: Path, content: bytes) -> Path:
    """Replaces a file in one step, so that a reader finds the old one or the new one, whole.

    Raises HeadstartError if it cannot be written.
    """
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_bytes(content)
        half.replace(path)
    except OSError as error:
        half.unlink(missing_ok=True)
        fix = "make room, or name a directory with --out that can be written"
        raise HeadstartError(f"{path} cannot be written: {error.strerror}. Fix: {fix}") from error
    return path
