"""The closed loop of a backtest: what each scaler would have had ready, as a file and as marks.

`capacity.csv.gz` has the columns `scaler,resource,time,demand,floor,supplied`, a row a step of the loop, in
whole units: `demand` is the fewest units that carry the demand (empty over a gap), `floor` the minimum that
was set (for the HPA alone that of the policy), `supplied` the units ready.

`scores.json` gets the key `capacity` from it: `service`, `start`, `end`, `step`, `runs` with a scaler's marks
on a resource each (:class:`advisor.simulation.elasticity.Elasticity` and what its campaigns met),
`verdicts` and `restored_exactly` per resource.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from advisor.domain.timegrid import from_epoch_s, to_iso
from advisor.durations import format_duration
from advisor.simulation.closed_loop import ClosedLoop, run_closed_loop
from advisor.simulation.contest import ScalerRun
from advisor.simulation.loop_trace import trace_of
from streams.backtest.files import iso_z, write_whole
from streams.backtest.inputs import BacktestPlan, Inputs

CAPACITY = "capacity.csv.gz"
FROM_THIRD = 3

SayLoop = Callable[[int, int], None]


def run_loop(plan: BacktestPlan, inputs: Inputs, on_progress: SayLoop) -> ClosedLoop | None:
    """How would each scaler have done from the first cutoff to the end of the last forecast?

    None without a policy. The loop forecasts as the policy says (its horizon and its grid), as live.
    """
    if inputs.policy is None or inputs.rows is None:
        return None
    rows, origins = inputs.rows, plan.origins
    rate_per_s = rows.values / plan.value_per.total_seconds()
    trace = trace_of(rows.times_s, rate_per_s, rows.width_s, inputs.service)
    end = origins.end + origins.horizon
    return run_closed_loop(
        trace, inputs.campaigns, inputs.policy, origins.start, end, on_progress=on_progress
    )


def write_capacity(directory: Path, loop: ClosedLoop) -> Path:
    """Writes `capacity.csv.gz` into an existing directory."""
    lines = ["scaler,resource,time,demand,floor,supplied"]
    times, known = iso_z(loop.times_s), loop.known.tolist()
    for run in loop.runs:
        head = f"{run.scaler},{_cell(run.resource)}"
        columns = (run.demanded.tolist(), run.floor.tolist(), run.supply.units_ready.tolist())
        for time, is_known, demand, floor, ready in zip(times, known, *columns, strict=True):
            lines.append(f"{head},{time},{demand if is_known else ''},{floor},{ready}")
    text = "\n".join(lines) + "\n"
    return write_whole(directory / CAPACITY, gzip.compress(text.encode(), compresslevel=6, mtime=0))


def capacity_document(loop: ClosedLoop) -> dict[str, Any]:
    """What `scores.json` says under `capacity`."""
    end_s = int(loop.times_s[-1]) + loop.step_s
    return {
        "service": loop.service,
        "start": to_iso(from_epoch_s(int(loop.times_s[0]))),
        "end": to_iso(from_epoch_s(end_s)),
        "step": format_duration(timedelta(seconds=loop.step_s)),
        "forecasts": loop.forecasts,
        "runs": [_run(run) for run in loop.runs],
        "verdicts": [
            {
                "campaign_id": outcome.campaign_id,
                "verdict": outcome.verdict.readiness.value if outcome.verdict else None,
                "met": outcome.met,
            }
            for outcome in loop.verdicts
        ],
        "restored_exactly": dict(loop.exact),
    }


def _run(run: ScalerRun) -> dict[str, Any]:
    events = run.events
    worst = [c.first_minutes_shortfall for c in events.campaigns]
    return {
        "scaler": run.scaler,
        "resource": run.resource,
        **asdict(run.marks),
        "elastic_speedup": run.elastic_speedup,
        "wins": run.wins,
        "cost_to_oracle": run.cost_to_oracle,
        "first_minutes_met": events.met_from(1),
        "first_minutes_met_from_third": events.met_from(FROM_THIRD),
        "first_minutes_worst": max(worst, default=None),
        "first_minutes_worst_from_third": max(worst[FROM_THIRD - 1 :], default=None),
        "readiness_lead_min_s": events.lead_min_s,
        "readiness_lead_p10_s": events.lead_p10_s,
        "revert_tail_unit_hours": events.revert_tail_unit_hours,
        "highest_demand": int(np.max(run.demanded, initial=0)),
        "campaigns": [asdict(mark) for mark in events.campaigns],
    }


def _cell(text: str) -> str:
    """A resource id as a CSV cell: quoted where it has to be."""
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\r\n') else text
