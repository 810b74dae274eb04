"""The parts of the forecast that can be taken out, each by one small function that says what takes its place.

Nothing in the product knows of this: names that its modules read are replaced while forecasts are made, and
then put back. A name that is no longer there is an error at once; that a name is still *read*
is what tests/unit/benchmarks/test_ablations.py proves for every part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats, UpliftBand
from advisor.domain.timegrid import Seconds
from advisor.forecasting import bands, bridge, fit, forecast, learned, likeness, past_errors, pool, uplift
from advisor.forecasting.days import Days
from advisor.simulation import rolling
from tests.benchmarks.ablation_band import OneTable

Campaigns = tuple[Campaign, ...]
Removed = AbstractContextManager[None]

ALMOST_NOTHING = 1e-12
"""A weight that counts only where nothing else does."""

PLACEBO_DAYS = 3
WEEK_S = 7 * 86_400


@dataclass(frozen=True)
class Part:
    """One part of the forecast, to be taken out.

    `calendar` is handed over in place of the campaigns, and forecasts are made within `removed()`.
    """

    name: str
    calendar: Callable[[Campaigns], Campaigns] = tuple
    removed: Callable[[], Removed] = nullcontext


@contextmanager
def replaced(*names: tuple[ModuleType, str, object]) -> Iterator[None]:
    """Each `(module, name, value)` in place of what the module has under that name; put back at the end.

    Raises AttributeError, with nothing replaced, where a module has no such name.
    """
    before = [(module, name, getattr(module, name)) for module, name, _ in names]
    try:
        for module, name, value in names:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


# --- the calendar


def not_told(campaigns: Campaigns) -> Campaigns:
    """No campaign is announced at all."""
    return ()


def told_days_late(campaigns: Campaigns) -> Campaigns:
    """Every campaign is said to run three days after it really does."""
    late = timedelta(days=PLACEBO_DAYS)
    return tuple(replace(c, start=c.start + late, end=c.end + late) for c in campaigns)


# --- the baseline and what campaigns did


def without_masking() -> Removed:
    """Campaign cells count as ordinary, past and present; effects are measured as ever."""
    real = fit.fit_baseline

    def fitted(cells: fit.Cells, reach_days: int) -> fit.Fitted | None:
        measured = real(cells, reach_days)
        if measured is None:
            return None
        offset = measured.baseline.offset  # effects and baseline have to stand on one scale
        with replaced((fit, "offset_for", lambda values, step_s: offset)):
            whole = real(replace(cells, masked=np.zeros_like(cells.masked)), reach_days)
        return None if whole is None else replace(measured, baseline=whole.baseline)

    def nothing(campaigns: Campaigns, times_s: Seconds, step_s: int) -> NDArray[np.bool_]:
        return np.zeros(len(times_s), dtype=np.bool_)

    return replaced((learned, "fit_baseline", fitted), (forecast, "crowd_mask", nothing))


def crediting_level_twice() -> Removed:
    """Effects are measured over what the week before let expect, as if no level ever shifted."""
    real = bridge.bridge

    def bridged(logs: Floats, masked: NDArray[np.bool_], days: Days, flat: Seconds) -> bridge.Bridged:
        found = real(logs, masked, days, flat)
        filled = found.logs.copy()
        with replaced((bridge, "NEAR_S", WEEK_S), (bridge, "FAR_S", WEEK_S)):
            for first, end in bridge.runs_of(masked):
                known = slice(0, end)
                filled[first:end] = real(logs[known], masked[known], days, flat[known]).logs[first:end]
        return replace(found, logs=filled)

    return replaced((fit, "bridge", bridged))


def without_pulling_in_spikes() -> Removed:
    """Outages and one-off spikes stay in the history as they were."""
    return replaced((fit, "pull_in", lambda logs: logs))


def ignoring_the_present() -> Removed:
    """How far the last hour and day were off does not count; errors are worked out accordingly."""
    return replaced(
        (
            past_errors,
            "persistence",
            lambda later, origins, looks, edges, day, step_s: np.zeros((len(edges) - 1, 2)),
        )
    )


def with_one_pool_member() -> Removed:
    """The mean of the same weekdays, in place of the pool."""
    chosen = pool.MEMBERS.index((max(pool.HALF_LIVES_D), pool.BY_WEEKDAY))

    def believed(said: Floats, history: pool.History, targets: Seconds) -> Floats:
        belief: Floats = np.eye(len(said))[chosen]
        return belief

    return replaced((fit, "beliefs", believed))


# --- what a campaign is expected to do


def without_a_prior() -> Removed:
    """Past campaigns count alone, for the effect and for its spread; with none at all the prior stays."""
    return replaced(
        (uplift, "_prior_weight", lambda kind, effects: ALMOST_NOTHING),
        (uplift, "PRIOR_SURPRISES", ALMOST_NOTHING),
    )


def without_hierarchy() -> Removed:
    """Campaigns of another kind say nothing, not even those of the same family."""
    return replaced((likeness, "SAME_FAMILY", 0.0), (likeness, "ANY_KIND", 0.0))


def without_in_flight_correction() -> Removed:
    """What came of the campaigns that are running is not looked at."""
    return replaced((forecast, "so_far", lambda cells, running, baseline, coming: None))


# --- the band


def with_one_table_of_errors() -> Removed:
    """Medians in one band of their own past errors, whatever the hour, the time ahead and the campaigns."""
    return replaced((rolling, "forecast_and_learn", OneTable()))


def with_one_width_all_day() -> Removed:
    """Errors of the ordinary are as large at every hour and so far ahead; campaigns keep their spread."""
    real = fit.fit_baseline

    def one_size(errors: Floats, weights: Floats, slots: Seconds, count: int, step_s: int) -> Floats:
        return np.full(count, bands.sizes_by_slot(errors, weights, np.zeros_like(slots), 1, step_s)[0])

    def fitted(cells: fit.Cells, reach_days: int) -> fit.Fitted | None:
        found = real(cells, reach_days)
        if found is None:
            return None
        ladders = found.baseline.ladders
        day_ahead = np.tile(ladders[2], (len(ladders), 1))
        return replace(found, baseline=replace(found.baseline, ladders=day_ahead))

    return replaced(
        (past_errors, "NEAR_S", 0),
        (past_errors, "MIDDLE_S", 0),
        (fit, "sizes_by_slot", one_size),
        (learned, "fit_baseline", fitted),
    )


def without_spread_of_campaigns() -> Removed:
    """Every campaign does exactly what is expected of it: only the ordinary is uncertain."""
    real = uplift.uplift_band

    def certain(
        campaign: Campaign,
        times_s: Seconds,
        levels: Sequence[float],
        likely: uplift.Likely,
        max_uplift: float | None,
        step_s: int = 0,
    ) -> UpliftBand:
        return real(campaign, times_s, levels, replace(likely, variance=0.0), max_uplift, step_s)

    return replaced((forecast, "uplift_band", certain))


FULL = Part("nothing: the full model")

PARTS = (
    Part("no campaigns", calendar=not_told),
    Part("placebo: calendar three days late", calendar=told_days_late),
    Part("campaigns known, windows not masked", removed=without_masking),
    Part("level shifts credited to campaigns too", removed=crediting_level_twice),
    Part("no shrinkage: no prior", removed=without_a_prior),
    Part("no hierarchy: the same kind only", removed=without_hierarchy),
    Part("no in-flight correction", removed=without_in_flight_correction),
    Part("fixed band: one table of past errors", removed=with_one_table_of_errors),
    Part("one width at every hour and time ahead", removed=with_one_width_all_day),
    Part("no spread of campaigns' own", removed=without_spread_of_campaigns),
    Part("spikes not pulled in", removed=without_pulling_in_spikes),
    Part("present deviation ignored", removed=ignoring_the_present),
    Part("one pool member: mean of same weekdays", removed=with_one_pool_member),
)
"""What is taken out, in the order of the table: the calendar, the learning, the band, the baseline."""
