"""The closed loop: each scaler lives through a service's history, and is marked for what it had ready.

    headstart   the product's own path; an HPA reacts above its floors
    hpa         the HPA alone, above the policy's minimum
    cron        a crontab written every night, the HPA above it
    last_week   last week's demand as the floor, the HPA above it
    multiplier  a fixed factor in campaign windows, the HPA above it
    oracle      perfect knowledge, the same lead time and units: the least that meets every step

All share one load model (requests per second per unit), one HPA, one minimum and maximum and one lead
time. The HPA sees demand without delay, which flatters it everywhere alike. It keeps a reserve of its
own: its target lies below what a unit carries, or it could not see that its units are full. The oracle
needs none, so that outside of campaigns too everybody pays more than the oracle does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from advisor.domain.campaign import Campaign
from advisor.domain.policy import Mode, Policy, SourcePolicy
from advisor.domain.readiness import CampaignReadiness
from advisor.domain.timegrid import Seconds, to_epoch_s
from advisor.simulation.contest import LoopOptions, ScalerRun, Tried, at_rest, contest, reaching
from advisor.simulation.loop_trace import LoopTrace
from advisor.simulation.product import Progress, run_product


@dataclass(frozen=True, slots=True)
class VerdictOutcome:
    """A campaign's verdict at its start beside what came of it.

    `met` says that no resource lacked a unit in the campaign's first ten minutes. The verdict is None
    where none was given: the campaign was announced after its start.
    """

    campaign_id: str
    verdict: CampaignReadiness | None
    met: bool


@dataclass(frozen=True, eq=False)
class ClosedLoop:
    """All scalers over the same steps. `known` (n,) is false where demand is a gap: `demanded` is 0 there.

    `exact` says per resource whether Headstart's restores brought the original bounds back, `forecasts`
    how many it made.
    """

    service: str
    times_s: Seconds
    step_s: int
    known: NDArray[np.bool_]
    runs: tuple[ScalerRun, ...]
    verdicts: tuple[VerdictOutcome, ...]
    exact: Mapping[str, bool]
    forecasts: int

    def run_of(self, scaler: str, resource: str) -> ScalerRun:
        """One scaler's run on one resource. Raises KeyError where there is none."""
        for run in self.runs:
            if (run.scaler, run.resource) == (scaler, resource):
                return run
        raise KeyError(f"no run of {scaler!r} on {resource!r}")

    @property
    def confusion(self) -> Mapping[tuple[str, bool], int]:
        """How many campaigns had which verdict, and were met or not? READY and not met is the costly cell."""
        counts: dict[tuple[str, bool], int] = {}
        for outcome in self.verdicts:
            given = outcome.verdict.readiness.value if outcome.verdict else "NONE"
            counts[given, outcome.met] = counts.get((given, outcome.met), 0) + 1
        return counts


def _silent(_done: int, _total: int) -> None:
    """Nobody watches."""


def run_closed_loop(
    trace: LoopTrace,
    campaigns: Sequence[Campaign],
    policy: Policy,
    start: datetime,
    end: datetime,
    options: LoopOptions | None = None,
    on_progress: Progress = _silent,
) -> ClosedLoop:
    """How would each scaler have carried a service's history from `start` to before `end`?

    `trace` (see :func:`advisor.simulation.loop_trace.trace_of`) also holds the history before `start`, to
    be learned from. Every resource of the policy that serves the service takes part, with its share of
    the demand; what other services ask of it is not there. `on_progress(done, total)` counts steps. Raises
    ValueError where no resource serves the service or the span holds fewer than two steps.
    """
    options = options or LoopOptions()
    ours = [c for c in campaigns if trace.service in c.services]
    followed = as_if_followed(policy, trace.service, ours)
    span = slice(trace.index_of(to_epoch_s(start)), trace.index_of(to_epoch_s(end)))
    if span.stop - span.start < 2:
        asked = f"{start:%Y-%m-%d %H:%M}Z to {end:%Y-%m-%d %H:%M}Z"
        raise ValueError(f"the trace holds no two steps from {asked}: choose a span that it covers")
    resources = followed.resources
    scalers = {name: at_rest(reaching(trace, r), span, r, options) for name, r in resources.items()}
    product = run_product(trace, span, ours, followed, scalers, options.decide_every, on_progress)
    runs: list[ScalerRun] = []
    for name, resource in resources.items():
        headstart = Tried(product.floors[name], product.supplies[name])
        runs.extend(contest(trace, span, resource, ours, headstart, options))
    return ClosedLoop(
        service=trace.service,
        times_s=trace.times_s[span],
        step_s=trace.step_s,
        known=np.isfinite(trace.rate_per_s[span]),
        runs=tuple(runs),
        verdicts=_outcomes(runs, product.verdicts),
        exact=product.exact,
        forecasts=product.forecasts,
    )


def as_if_followed(policy: Policy, service: str, campaigns: Sequence[Campaign]) -> Policy:
    """The policy under which every recommendation for one service would be carried out.

    What is asked is what following Headstart is worth: resources and sources are in auto, the calendar's
    sources count (with the cap on uplift that the policy has for them), resources serve this service
    alone. Budgets, bounds and all else stay. Raises ValueError where no resource serves the service.
    """
    resources = {
        r.resource: replace(r, serves={service: r.serves[service]}, mode=Mode.AUTO)
        for r in policy.resources_of(service)
    }
    if not resources:
        known = ", ".join(policy.services)
        raise ValueError(f"no resource of the policy serves {service!r}: name one of {known}")
    listed = {name: replace(s, max_mode=Mode.AUTO) for name, s in policy.sources.items()}
    calendar = {c.source: listed.get(c.source, SourcePolicy(c.source, Mode.AUTO)) for c in campaigns}
    return replace(policy, resources=resources, sources={**listed, **calendar})


def _outcomes(
    runs: Sequence[ScalerRun], verdicts: Mapping[str, CampaignReadiness]
) -> tuple[VerdictOutcome, ...]:
    ours = [run.events.campaigns for run in runs if run.scaler == "headstart"]
    short = {m.campaign_id for marks in ours for m in marks if m.first_minutes_shortfall > 0}
    begun = [m.campaign_id for m in ours[0]]
    return tuple(VerdictOutcome(name, verdicts.get(name), name not in short) for name in begun)
