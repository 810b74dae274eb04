"""Reads all that a backtest is asked to run on, or says everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats
from advisor.domain.policy import Policy
from advisor.domain.timegrid import Seconds
from advisor.errors import ConfigError, Problem
from advisor.policy_file import load_policy
from advisor.simulation.rolling import Origins, Series, problems_of, series_of, unreachable
from streams.backtest.rows import Rows, problems_of_span, rows_of
from streams.replay_files import read_calendar, read_demand

CANNOT_START = "the backtest cannot start"

SERVICE = "service"
"""What the one service of a backtest without a policy is called."""

KNOWN_FROM = datetime(1969, 1, 1, tzinfo=UTC)
"""Since when a campaign without a time of announcement was known: before any time that a file may have."""

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class BacktestPlan:
    """What is asked of a backtest. `value_per` is the time that a value of the demand file counts over.

    With a policy file there is a closed loop too, for `service`, or for the only one that the policy names.
    """

    demand: Path
    campaigns: Path
    out: Path
    origins: Origins
    value_per: timedelta = timedelta(seconds=1)
    policy: Path | None = None
    service: str | None = None


@dataclass(frozen=True, eq=False)
class Inputs:
    """What was read: demand on the grid of the forecasts, in units of the file's value, and the campaigns.

    `policy` and `rows`, the demand as finely as the file has it, are there for the closed loop.
    """

    service: str
    series: Series
    campaigns: tuple[Campaign, ...]
    policy: Policy | None
    rows: Rows | None


def read_inputs(plan: BacktestPlan) -> Inputs:
    """Everything that the plan names. Raises ConfigError with all that is wrong with options and files."""
    problems = list(problems_of(plan.origins))
    on_a_grid = not problems
    policy = _read(plan.policy, lambda path: load_policy(path).policy, problems) if plan.policy else None
    service, unserved = _service(plan, policy)
    problems += unserved
    campaigns = _read(plan.campaigns, lambda path: read_calendar(path, (service,), KNOWN_FROM), problems)
    demand = _read(plan.demand, read_demand, problems)
    series, rows = None, None
    if demand is not None and on_a_grid:
        series = _read(plan.demand, lambda path: _series(path, demand, plan.origins.step), problems)
        problems += unreachable(series, plan.origins) if series else ()
        if series and policy:
            rows = rows_of(*demand, plan.origins.step)
            problems += problems_of_span(rows, plan.origins)
    if problems or series is None or campaigns is None:
        raise ConfigError(CANNOT_START, problems)
    return Inputs(service, series, campaigns, policy, rows)


def _read(path: Path, read: Callable[[Path], Read], problems: list[Problem]) -> Read | None:
    """What a file says, or None after its problems were added, under the file's name."""
    try:
        return read(path)
    except ConfigError as error:
        problems += [Problem(f"{path}, {p.path}", p.value, p.message, p.fix) for p in error.problems]
        return None


def _service(plan: BacktestPlan, policy: Policy | None) -> tuple[str, list[Problem]]:
    """Whose demand this is, and what keeps it from being clear."""
    if plan.policy is None:
        if plan.service is None:
            return SERVICE, []
        return plan.service, [Problem("--service", plan.service, "is for --policy", "give both, or neither")]
    if policy is None:
        return plan.service or SERVICE, []
    known = ", ".join(policy.services)
    if plan.service is None and len(policy.services) == 1:
        return policy.services[0], []
    if plan.service in policy.services:
        return plan.service, []
    said = f"is not one service of {plan.policy}, which has {known}"
    return SERVICE, [Problem("--service", plan.service, said, "name one of them")]


def _series(path: Path, demand: tuple[Seconds, Floats], step: timedelta) -> Series:
    try:
        return series_of(*demand, step)
    except ValueError as error:
        fix = "remove the rows with stray times, or choose a longer --step"
        problem = Problem("the file", len(demand[0]), f"cannot be laid on a grid: {error}", fix)
        raise ConfigError(str(path), [problem]) from error
