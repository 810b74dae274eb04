"""The shape of the year, believed in as far as it came again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds

YEAR_D = 365.25

HARMONICS = 4
"""Waves of a year, half a year, a third and a quarter: what is sharper is a campaign or a holiday."""

FEWEST_YEARS = 2
FEWEST_SEEN = 0.6
"""It takes so many years, each with so much of it seen, to know what comes again."""

NO_YEAR: Floats = np.zeros(0)
"""The coefficients where nothing is known of the year."""


def yearly_shape(days: Seconds, heights: Floats, seen: NDArray[np.bool_]) -> Floats:
    """Coefficients of the year's waves for :func:`in_year`; :data:`NO_YEAR` with under two years.

    `days` (n,) are consecutive days since the epoch, `heights` (n,) their mean on the log scale. Each year,
    counted back from the last day, is fitted by itself, beside a straight line. Every wave keeps as much
    of the years' mean as is not explained by their differences (positive-part James-Stein shrinkage).
    """
    ago = days[-1] - days
    found = []
    for year in range(int(len(days) // YEAR_D)):
        rows = seen & (ago >= year * YEAR_D) & (ago < (year + 1) * YEAR_D)
        if rows.sum() >= FEWEST_SEEN * YEAR_D:
            found.append(_waves_of(days[rows], heights[rows]))
    if len(found) < FEWEST_YEARS:
        return NO_YEAR
    years = np.stack(found)  # (years, harmonics, 2)
    mean = years.mean(axis=0)
    power = (mean**2).sum(axis=1)
    noise = ((years - mean) ** 2).sum(axis=(0, 2)) / (len(years) - 1) / len(years)
    kept = np.clip(1 - np.divide(noise, power, out=np.ones(HARMONICS), where=power > 0), 0.0, 1.0)
    shape: Floats = (mean * kept[:, None]).ravel()
    return shape


def in_year(days: Seconds, coefficients: Floats) -> Floats:
    """How far above the year's mean are these days (n,) since the epoch? Log scale, shape (n,)."""
    if not len(coefficients):
        return np.zeros(len(days))
    heights: Floats = _waves(days) @ coefficients
    return heights


def _waves_of(days: Seconds, heights: Floats) -> Floats:
    line = np.stack([np.ones(len(days)), (days - days.mean()) / YEAR_D], axis=-1)
    terms = np.concatenate([_waves(days), line], axis=1)
    solved, *_ = np.linalg.lstsq(terms, heights, rcond=None)
    waves: Floats = solved[: 2 * HARMONICS].reshape(HARMONICS, 2)
    return waves


def _waves(days: Seconds) -> Floats:
    """Sine and cosine of every harmonic, shape (n, 2 * HARMONICS)."""
    angles = 2 * np.pi * days[:, None] / YEAR_D * np.arange(1, HARMONICS + 1)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(len(days), 2 * HARMONICS)
