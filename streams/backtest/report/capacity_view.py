"""What the report says of the closed loop: a row a scaler, and a close-up of the worst campaign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from advisor.domain.campaign import Campaign
from advisor.domain.timegrid import to_epoch_s
from advisor.simulation.closed_loop import ClosedLoop
from advisor.simulation.contest import SCALERS, ScalerRun
from streams.backtest.report.view import CapacityView, CloseUp, ResourceView, ScalerRow

_HOUR_S = 3600
_LONGEST_S = 24 * _HOUR_S


def capacity_view(loop: ClosedLoop, campaigns: Sequence[Campaign]) -> CapacityView:
    """Was the capacity there, who was better, and where did Headstart do worst?"""
    by_id = {campaign.campaign_id: campaign for campaign in campaigns}
    names = tuple(dict.fromkeys(run.resource for run in loop.runs))
    met = {scaler: _met(loop, scaler) for scaler in SCALERS}
    return CapacityView(
        total=len(loop.verdicts),
        met=met,
        cost_to_oracle={scaler: _costs(loop, scaler) for scaler in SCALERS},
        resources=tuple(
            ResourceView(
                name, tuple(_row(loop.run_of(s, name)) for s in SCALERS), _close_up(loop, name, by_id)
            )
            for name in names
        ),
    )


def _met(loop: ClosedLoop, scaler: str) -> int:
    """How many campaigns lacked nothing in their first ten minutes, on any resource?"""
    marks = [mark for run in loop.runs if run.scaler == scaler for mark in run.events.campaigns]
    short = {mark.campaign_id for mark in marks if mark.first_minutes_shortfall > 0}
    return len({mark.campaign_id for mark in marks} - short)


def _costs(loop: ClosedLoop, scaler: str) -> tuple[float, ...]:
    """Paid unit-hours in multiples of the oracle's, a resource each, rising."""
    ratios = (run.cost_to_oracle for run in loop.runs if run.scaler == scaler)
    return tuple(sorted(ratio for ratio in ratios if ratio is not None))


def _row(run: ScalerRun) -> ScalerRow:
    marks, events = run.marks, run.events
    return ScalerRow(
        scaler=run.scaler,
        met=sum(c.first_minutes_shortfall == 0 for c in events.campaigns),
        campaigns=len(events.campaigns),
        worst=events.worst_from(1),
        theta_under=marks.theta_under,
        theta_over=marks.theta_over,
        tau_under=marks.tau_under,
        tau_over=marks.tau_over,
        unit_hours=marks.unit_hours,
        cost_to_oracle=run.cost_to_oracle,
    )


def _close_up(loop: ClosedLoop, resource: str, by_id: Mapping[str, Campaign]) -> CloseUp | None:
    """Around the campaign where Headstart lacked most; of equals, where the HPA alone lacked most."""
    ours, theirs = (loop.run_of(name, resource).events.campaigns for name in ("headstart", "hpa"))
    if not ours:
        return None
    worst, hpa = max(
        zip(ours, theirs, strict=True),
        key=lambda pair: (
            pair[0].first_minutes_shortfall,
            pair[1].first_minutes_shortfall,
            pair[0].shortfall,
        ),
    )
    campaign = by_id[worst.campaign_id]
    start_s = to_epoch_s(campaign.start)
    end_s = min(to_epoch_s(campaign.end), start_s + _LONGEST_S)
    margin = max(_HOUR_S, 2 * loop.step_s)
    shown = slice(*np.searchsorted(loop.times_s, [start_s - margin, end_s + margin]).tolist())
    return CloseUp(
        title=campaign.title,
        worst=worst.first_minutes_shortfall,
        worst_hpa=hpa.first_minutes_shortfall,
        window_s=(start_s, end_s),
        times_s=loop.times_s[shown],
        known=loop.known[shown],
        demanded=loop.run_of("headstart", resource).demanded[shown],
        ready={s: loop.run_of(s, resource).supply.units_ready[shown] for s in SCALERS},
    )
