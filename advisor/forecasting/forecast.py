"""One service's forecast: what is ordinary, what its campaigns bring on top, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats, Forecast, ServiceView, UpliftBand
from advisor.domain.policy import Policy
from advisor.domain.reason import Reason
from advisor.domain.timegrid import Seconds, from_epoch_s, step_s, to_epoch_s
from advisor.forecasting.baseline import Baseline
from advisor.forecasting.compose import round_significant, total_band
from advisor.forecasting.days import DAY_S
from advisor.forecasting.effects import Effect
from advisor.forecasting.grid import forecast_times, relevant
from advisor.forecasting.hints import expectation
from advisor.forecasting.in_flight import SoFar, has_begun, in_flight, lately, so_far
from advisor.forecasting.learned import NOTHING, Learned, counts_as_crowd, crowd_mask, learn
from advisor.forecasting.past import Past, past_of
from advisor.forecasting.prior import prior_of
from advisor.forecasting.uplift import Likely, capped, likely, uplift_band
from advisor.forecasting.windows import cells_in, in_window


def forecast_service(
    view: ServiceView, campaigns: Sequence[Campaign], policy: Policy, learned: Learned = NOTHING
) -> Forecast:
    """What will this service's demand be, as a band, with and without its campaigns?

    Uses only `view`, which ends at the cutoff, the campaigns handed over, and what was `learned` before
    (by :func:`teach`; without it everything is learned from `view`). The same inputs give the same
    arrays, in whatever order the campaigns come. Rates are in requests per second, rounded to six
    significant digits. A campaign that touches no step of the grid leaves no trace.
    """
    return forecast_and_learn(view, campaigns, policy, learned)[0]


def teach(
    view: ServiceView, campaigns: Sequence[Campaign], policy: Policy, learned: Learned = NOTHING
) -> Learned:
    """What is known of the service now? For :func:`forecast_service`, and to be kept for the next time."""
    chosen = relevant(campaigns, view.service)
    return learn(view, chosen, _reach_days(forecast_times(view, chosen, policy), view), learned)


def forecast_and_learn(
    view: ServiceView, campaigns: Sequence[Campaign], policy: Policy, learned: Learned
) -> tuple[Forecast, Learned]:
    """:func:`forecast_service`, with what :func:`teach` says at the same cutoff."""
    chosen = relevant(campaigns, view.service)
    times_s = forecast_times(view, chosen, policy)
    known = learn(view, chosen, _reach_days(times_s, view), learned)
    if known.baseline is None:
        return _unseen(view, chosen, times_s, policy), known
    return _seen(view, chosen, times_s, policy, known.baseline, known.effects), known


def total_without(forecast: Forecast, campaign_id: str) -> Floats:
    """What would demand be if that campaign did not exist? Shape (steps, levels).

    The history stays masked as it was: what the campaign did in the past is not taken for ordinary.
    """
    total = forecast.total.copy()
    rows = affected_rows(forecast, campaign_id)
    others = [u.factor[rows] for u in forecast.uplifts if u.campaign_id != campaign_id]
    present = [factor for factor in others if (factor != 1.0).any()]
    total[rows] = _total(forecast.baseline[rows], present, forecast.levels, forecast.offset)
    return total


def affected_rows(forecast: Forecast, campaign_id: str) -> slice:
    """The contiguous steps outside which a campaign changes nothing of the forecast; may be empty."""
    for uplift in forecast.uplifts:
        if uplift.campaign_id == campaign_id:
            rows = np.flatnonzero((uplift.factor != 1.0).any(axis=1))
            return slice(int(rows[0]), int(rows[-1]) + 1) if len(rows) else slice(0, 0)
    return slice(0, 0)


class _Now:
    """A service at its cutoff: what was learned up to the last hour, and the cells since."""

    def __init__(
        self,
        view: ServiceView,
        baseline: Baseline,
        effects: Sequence[Effect],
        campaigns: Sequence[Campaign],
    ) -> None:
        self._view, self._baseline, self._effects = view, baseline, effects
        fresh = view.times_s >= baseline.until_s
        times_s = view.times_s[fresh]
        clean = ~view.saturated[fresh] & ~crowd_mask(campaigns, times_s, view.step_s)
        self._deviation = baseline.deviation(times_s, view.values[fresh], clean)

    def band(self, times_s: Seconds, levels: Sequence[float]) -> Floats:
        """The band without campaigns: (steps, levels)."""
        return self._baseline.band(times_s, self._view.cutoff_s, self._deviation, levels)

    def uplifts(
        self, campaigns: Sequence[Campaign], crowds: Sequence[Campaign], times_s: Seconds, policy: Policy
    ) -> list[UpliftBand]:
        """What each of these campaigns multiplies it by; `crowds` are all there are, those just over too."""
        if not campaigns:
            return []
        past = past_of(self._effects)
        done = self._so_far(crowds, past, policy)
        return [self._uplift(c, past, times_s, step_s(policy.step), policy, done) for c in campaigns]

    def _so_far(self, crowds: Sequence[Campaign], past: Past, policy: Policy) -> SoFar | None:
        """How the campaigns that have begun did lately, beside whatever else moved demand then.

        One that has just ended, or of which the first have come, brought its part of it. What a source is not
        trusted to claim is not missed either: it must not make others look as if they failed.
        """
        cells, width_s = lately(self._view, self._baseline, self._effects), self._view.step_s
        begun: list[tuple[slice, Likely]] = []
        coming: list[tuple[slice, Likely]] = []
        for campaign in crowds:
            rows = cells_in(campaign, cells.times_s, width_s)
            if rows.stop > rows.start:
                expected = self._likely(campaign, past, cells.times_s[rows], width_s, cells.without[rows])
                expected = capped(expected, _max_uplift(campaign, policy))
                told = begun if has_begun(campaign, self._view.cutoff_s) else coming
                told.append((rows, expected))
        return so_far(cells, begun, self._baseline, coming)

    def _uplift(
        self,
        campaign: Campaign,
        past: Past,
        times_s: Seconds,
        width_s: int,
        policy: Policy,
        done: SoFar | None,
    ) -> UpliftBand:
        rows = cells_in(campaign, times_s, width_s)
        inside = times_s[rows]
        expected = self._likely(campaign, past, inside, width_s, self.band(inside, (0.5,))[:, 0])
        corrected, by = in_flight(campaign, expected, inside, self._view.cutoff_s, width_s, done)
        cap = _max_uplift(campaign, policy)
        band = uplift_band(campaign, inside, policy.levels, corrected, cap, width_s)
        factor = np.ones((len(times_s), len(policy.levels)))
        factor[rows] = round_significant(band.factor)
        return UpliftBand(campaign.campaign_id, factor, band.reason, band.evidence, by)

    def _likely(
        self, campaign: Campaign, past: Past, times_s: Seconds, width_s: int, without: Floats
    ) -> Likely:
        """What is expected of a campaign before anything of it was seen, on these rates without it?"""
        start_s = to_epoch_s(campaign.start)
        before = (past.starts_s < start_s) & (past.campaign_ids != campaign.campaign_id)
        start = np.array([max(start_s, self._view.cutoff_s)], dtype=np.int64)
        at_start = float(self.band(start, (0.5,))[0, 0])
        whole = without + self._baseline.offset
        share = np.divide(without, whole, out=np.ones(len(whole)), where=whole > 0)
        prior = prior_of(campaign, times_s, width_s, self._baseline, share, at_start)
        return likely(campaign, times_s, width_s, past.only(before), prior)


def _seen(
    view: ServiceView,
    campaigns: Sequence[Campaign],
    times_s: Seconds,
    policy: Policy,
    ordinary: Baseline,
    effects: Sequence[Effect],
) -> Forecast:
    width_s, levels = step_s(policy.step), policy.levels
    crowds = [c for c in campaigns if counts_as_crowd(c, view.step_s)]
    present = [c for c in crowds if in_window(c, times_s, width_s).any()]
    now = _Now(view, ordinary, effects, campaigns)
    baseline = round_significant(now.band(times_s, levels))
    uplifts = tuple(now.uplifts(present, crowds, times_s, policy))
    reasons = [Reason.COLD_START] if ordinary.cold else []
    return Forecast(
        service=view.service,
        cutoff=from_epoch_s(view.cutoff_s),
        step_s=width_s,
        times_s=times_s,
        levels=levels,
        baseline=baseline,
        total=_total(baseline, [u.factor for u in uplifts], levels, ordinary.offset),
        uplifts=uplifts,
        reasons=tuple(dict.fromkeys([*reasons, *(u.reason for u in uplifts)])),
        offset=ordinary.offset,
        calibration=ordinary.calibration,
    )


def _unseen(view: ServiceView, campaigns: Sequence[Campaign], times_s: Seconds, policy: Policy) -> Forecast:
    """The forecast of a service that was never seen above zero: zero, whatever campaigns multiply it by."""
    zero = np.zeros((len(times_s), len(policy.levels)))
    uplifts = []
    for campaign in campaigns:
        rows = cells_in(campaign, times_s, step_s(policy.step))
        if rows.stop > rows.start:
            uplifts.append(
                UpliftBand(campaign.campaign_id, np.ones_like(zero), expectation(campaign, 0.0).reason)
            )
    reason = Reason.NO_DEMAND_DATA
    return Forecast(
        service=view.service,
        cutoff=from_epoch_s(view.cutoff_s),
        step_s=step_s(policy.step),
        times_s=times_s,
        levels=policy.levels,
        baseline=zero,
        total=zero.copy(),
        uplifts=tuple(uplifts),
        reasons=tuple(dict.fromkeys([reason, *(u.reason for u in uplifts)])),
    )


def _max_uplift(campaign: Campaign, policy: Policy) -> float | None:
    """The largest factor that the campaign's source may claim; None for any."""
    source = policy.sources.get(campaign.source)
    return source.max_uplift if source is not None else None


def _reach_days(times_s: Seconds, view: ServiceView) -> int:
    return ceil((int(times_s[-1]) + 1 - view.cutoff_s) / DAY_S) if len(times_s) else 1


def _total(baseline: Floats, factors: Sequence[Floats], levels: Sequence[float], offset: float) -> Floats:
    return round_significant(total_band(baseline, factors, levels, offset))
