"""What a service's past has taught: its baseline and its campaigns' effects, learned once an hour."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.domain.campaign import Campaign, CampaignStatus
from advisor.domain.demand import ServiceView
from advisor.domain.timegrid import Seconds, to_epoch_s
from advisor.forecasting.baseline import Baseline
from advisor.forecasting.days import DAY_S
from advisor.forecasting.effects import Effect, measure
from advisor.forecasting.fit import Cells, fit_baseline
from advisor.forecasting.scale import share_of
from advisor.forecasting.uplift import with_surprises
from advisor.forecasting.windows import cells_in, effect_window, is_season

LEARN_EVERY_S = 3600
"""What is ordinary is learned from the cells up to the last full hour; what came since corrects it."""

MOST_CELLS = 8064
LEAST_DAYS, MOST_DAYS = 28, 1200
"""A fit reads so many cells (28 days at 5 minutes), and between so many days."""

MOST_EFFECTS = 48
"""So many past campaigns of a service are remembered, those that ended last: one that runs is among them."""


@dataclass(frozen=True, eq=False)
class Learned:
    """What was learned of one service from the cells before `until_s`.

    `baseline` is None where it was never seen above zero. `effects` are of past campaigns, in order of
    their starts: those in the history retained are measured anew each time, for a level that changed
    is told apart from a campaign only by what came after; those that have left it stay as last measured.
    `digest` is of everything that this was learned from: the same digest, the same result.
    """

    until_s: int
    baseline: Baseline | None
    effects: tuple[Effect, ...]
    digest: int


NOTHING = Learned(0, None, (), -1)


def learn(
    view: ServiceView, campaigns: Sequence[Campaign], reach_days: int, before: Learned = NOTHING
) -> Learned:
    """What does this history teach? Returns `before` itself if nothing that counts has changed.

    `campaigns` are those that concern the service, past ones too; a cancelled one leaves no trace. Equal
    arguments give equal results, whether learned step by step or at once: everything is worked out
    from the cells retained, but for effects of campaigns that have left them, which `before` hands on.
    """
    cells = _cells(view, campaigns)
    digest = _digest(cells, campaigns, reach_days)
    if digest == before.digest:
        return before
    carried = _carried(before, campaigns, int(cells.times_s[0]) if len(cells.times_s) else cells.until_s)
    fitted = fit_baseline(cells, reach_days) if len(cells.times_s) else None
    if fitted is None:
        return Learned(cells.until_s, None, carried, digest)
    kept = {effect.campaign_id for effect in carried}
    crowds = [c for c in campaigns if counts_as_crowd(c, view.step_s) and c.campaign_id not in kept]
    ratios = fitted.logs - fitted.without
    shares = share_of(fitted.without, fitted.baseline.offset)
    measured = measure(crowds, cells.times_s, ratios, shares, cells.saturated, view.step_s)
    effects = with_surprises((*carried, *measured), campaigns, view.step_s, fitted.baseline)
    return Learned(cells.until_s, fitted.baseline, _latest(effects), digest)


def counts_as_crowd(campaign: Campaign, step_s: int) -> bool:
    """Does this campaign stand out of the baseline, to be masked there and learned apart?"""
    return campaign.status is CampaignStatus.SCHEDULED and not is_season(campaign, step_s)


def crowd_mask(campaigns: Sequence[Campaign], times_s: Seconds, step_s: int) -> NDArray[np.bool_]:
    """Which of these cells did campaigns move? Shape (cells,); kept out of the baseline."""
    masked = np.zeros(len(times_s), dtype=np.bool_)
    for campaign in campaigns:
        if counts_as_crowd(campaign, step_s):
            masked[cells_in(campaign, times_s, step_s)] = True
    return masked


def _cells(view: ServiceView, campaigns: Sequence[Campaign]) -> Cells:
    """The retained cells up to the last full hour; up to the cutoff while there is little history."""
    day_cells = max(1, DAY_S // view.step_s)
    days = min(max(MOST_CELLS // day_cells, LEAST_DAYS), MOST_DAYS)
    until_s = view.cutoff_s // LEARN_EVERY_S * LEARN_EVERY_S
    since_s = (view.cutoff_s // DAY_S - days) * DAY_S
    times_s = view.times_s
    whole = times_s + view.step_s <= until_s
    if whole.sum() * view.step_s < 2 * DAY_S:
        whole, until_s = np.ones(len(times_s), dtype=np.bool_), view.cutoff_s
    else:
        until_s = int(times_s[whole][-1]) + view.step_s
    chosen = whole & (times_s >= since_s)
    times_s = times_s[chosen]
    masked = crowd_mask(campaigns, times_s, view.step_s)
    return Cells(times_s, view.values[chosen], view.saturated[chosen], masked, view.step_s, until_s)


def _digest(cells: Cells, campaigns: Sequence[Campaign], reach_days: int) -> int:
    # Values and mask say it all of demand; of campaigns, what their effects are measured and judged by.
    told = repr(
        [
            (
                c.campaign_id,
                c.kind,
                c.start,
                c.end,
                c.status,
                c.audience,
                c.magnitude_hint,
                c.expected_uplift,
                c.send_rate_per_min,
                c.timezone,
                c.channels,
            )
            for c in campaigns
            if not len(cells.times_s) or to_epoch_s(effect_window(c)[0]) < cells.until_s
        ]
    )
    start_s = int(cells.times_s[0]) if len(cells.times_s) else 0
    digest = zlib.crc32(f"{start_s} {cells.until_s} {cells.step_s} {reach_days} {told}".encode())
    for part in (cells.values, cells.saturated):
        digest = zlib.crc32(part.tobytes(), digest)
    return digest


def _carried(before: Learned, campaigns: Sequence[Campaign], start_s: int) -> tuple[Effect, ...]:
    """Effects whose campaigns began before what is retained, unless these were cancelled or moved since.

    One that was announced anew, under its old id for another time, is measured there.
    """
    starts_s = {
        c.campaign_id: None if c.status is CampaignStatus.CANCELLED else to_epoch_s(c.start)
        for c in campaigns
    }
    return tuple(
        effect
        for effect in before.effects
        if effect.from_s < start_s and starts_s.get(effect.campaign_id, effect.start_s) == effect.start_s
    )


def _latest(effects: Sequence[Effect]) -> tuple[Effect, ...]:
    """At most :data:`MOST_EFFECTS` of these, in the order given."""
    ended = sorted(range(len(effects)), key=lambda row: effects[row].until_s)
    return tuple(effects[row] for row in sorted(ended[-MOST_EFFECTS:]))
