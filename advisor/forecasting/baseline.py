"""What will demand be without campaigns? The ordinary, the present deviation, and past errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds
from advisor.forecasting.bands import at_levels
from advisor.forecasting.days import DAY_S, Days, weekday_of
from advisor.forecasting.drift import Residuals, deviations
from advisor.forecasting.scale import from_log, to_log
from advisor.forecasting.yearly import in_year

NEAR_S = 3600
MIDDLE_S = 6 * 3600
"""Errors of the first hour, of up to six, and of the rest of the first day are told apart."""

WIDENING_D = 14.0
"""Past the furthest lead that errors are known of, bands widen: by 41 % after so many more days."""


@dataclass(frozen=True, eq=False)
class Baseline:
    """What is ordinary for a service as of `until_s`, fitted by :func:`advisor.forecasting.fit.fit_baseline`.

    On the scale of :mod:`advisor.forecasting.scale` with `offset`. `week` (7, slots) is the pool's word per
    weekday and slot, `year` (waves,) the shape of the year on top of it; `residuals` (n,) and `weights`
    (n,) what the last day was above it, up to `until_s`; `shares` (leads, bins, 2) how much of the present
    deviation goes on, per day ahead in `leads` and bin of that day; `sizes` (slots,) typical errors;
    `ladders` (2 + leads, rungs) standardised error quantiles: the first hour, up to six, then each lead.
    `calibration` is the share of the last days' errors that the 0.95 quantile covered, None while there are
    too few to tell.
    """

    step_s: int
    until_s: int
    offset: float
    week: Floats
    year: Floats
    residuals: Floats
    weights: Floats
    leads: tuple[int, ...]
    shares: Floats
    sizes: Floats
    ladders: Floats
    calibration: float | None
    cold: bool

    @property
    def slots(self) -> int:
        """Steps a day."""
        return int(self.week.shape[1])

    def ordinary(self, times_s: Seconds) -> Floats:
        """The pool's word on the log scale at these instants, shape (steps,)."""
        days = times_s // DAY_S
        word: Floats = self.week[weekday_of(days), times_s % DAY_S // self.step_s] + in_year(days, self.year)
        return word

    def deviation(self, times_s: Seconds, values: Floats, clean: NDArray[np.bool_]) -> Floats:
        """How far above the ordinary are the last hour and the last day, now? Shape (2,), log scale.

        The cells (n,) are those from `until_s` up to the cutoff; only those marked `clean` count.
        """
        usable = clean & np.isfinite(values)
        above = np.where(
            usable, to_log(np.where(usable, values, 0.0), self.offset) - self.ordinary(times_s), 0.0
        )
        residuals = Residuals(
            np.concatenate([self.residuals, above]), np.concatenate([self.weights, usable.astype(np.float64)])
        )
        now: Floats = deviations(residuals, np.array([len(residuals.values)]), self.step_s)[0]
        return now

    def band(self, times_s: Seconds, cutoff_s: int, deviation: Floats, levels: Sequence[float]) -> Floats:
        """The band without campaigns from `cutoff_s` on: rates of shape (steps, levels).

        `deviation` as from :meth:`deviation`. Finite, never negative, never falling along the levels.
        """
        middle = self.middle(times_s, cutoff_s, deviation)
        ahead = self._ahead(times_s, cutoff_s)
        lead, at = self._lead_of(ahead)
        group = np.where(
            at > 0,
            at + 2,
            np.searchsorted([NEAR_S // self.step_s, MIDDLE_S // self.step_s], ahead, side="right"),
        )
        errors = at_levels(self.ladders, levels)[group] * self.sizes[times_s % DAY_S // self.step_s][:, None]
        known = np.asarray(self.leads)[at]
        wider = np.sqrt(1.0 + np.maximum(lead - known, 0) * (at == len(self.leads) - 1) / WIDENING_D)
        return from_log(middle[:, None] + errors * wider[:, None], self.offset)

    def middle(self, times_s: Seconds, cutoff_s: int, deviation: Floats) -> Floats:
        """What is expected on the log scale, shape (steps,)."""
        ahead = self._ahead(times_s, cutoff_s)
        _, at = self._lead_of(ahead)
        bins = self.shares.shape[1]
        slot_ahead = np.maximum(ahead, 0) % self.slots
        expected: Floats = (
            self.ordinary(times_s) + self.shares[at, slot_ahead * bins // self.slots] @ deviation
        )
        return expected

    def _ahead(self, times_s: Seconds, cutoff_s: int) -> Seconds:
        """How many slots after the cutoff's is each step's?"""
        today = Days(cutoff_s // DAY_S, 1, self.step_s)
        ahead: Seconds = today.flat(times_s) - today.flat(np.array([cutoff_s]))
        return ahead

    def _lead_of(self, ahead: Seconds) -> tuple[Seconds, Seconds]:
        """How many days ahead is each step, counted from 1, and which of `leads` stands for it?"""
        lead = np.maximum(ahead, 0) // self.slots + 1
        return lead, np.searchsorted(self.leads, lead, side="right") - 1
