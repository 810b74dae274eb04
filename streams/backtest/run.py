"""What happens in a backtest, in order: read -> forecast -> score -> closed loop -> write -> report.

Nothing here decides anything: the forecasts are the product's own (`advisor.simulation.rolling`), and so is
the closed loop (`advisor.simulation.closed_loop`), which is run if there is a policy. The report needs the
libraries of the `report` extra; without them all else is done, and what to install is said.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from advisor.domain.policy import Policy
from advisor.errors import ConfigError, Problem
from advisor.simulation.closed_loop import ClosedLoop
from advisor.simulation.rolling import RollingForecast, rolling_forecasts
from advisor.simulation.rolling_scores import RollingScores, score_rolling
from streams.backtest.capacity import SayLoop, capacity_document, run_loop, write_capacity
from streams.backtest.files import scores_document, write_forecasts, write_scores
from streams.backtest.inputs import CANNOT_START, BacktestPlan, Inputs, read_inputs

LEVELS = (0.5, 0.9, 0.95, 0.99)
"""The quantile levels that are written and scored."""

REPORT_EXTRA = ("jinja2", "markupsafe", "matplotlib")
NO_REPORT = (
    "no report was drawn, for that needs the package {package}, which is not installed. "
    "Fix: install Headstart with its report extra, e.g. pip install 'headstart[report]'"
)

SayForecast = Callable[[int, datetime], None]
SayPicture = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Backtest:
    """What a backtest found. `document` is `scores.json`; `files` are those that were written.

    `notes` say what could not be done, a sentence each.
    """

    inputs: Inputs
    forecasts: tuple[RollingForecast, ...]
    scores: RollingScores
    loop: ClosedLoop | None
    document: dict[str, Any]
    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def run_backtest(
    plan: BacktestPlan,
    on_forecast: SayForecast = lambda done, cutoff: None,
    on_loop: SayLoop = lambda done, total: None,
    on_picture: SayPicture = lambda done, total: None,
) -> Backtest:
    """Runs a backtest and writes its files into `plan.out`, which is made if it is not there.

    `on_forecast` is told after each forecast how many are done, and its cutoff; `on_loop` how many steps of
    the closed loop are done of how many, `on_picture` how many pictures of the
    report. Raises ConfigError with everything that is wrong with the options and files; nothing is run or
    written then.
    """
    inputs = read_inputs(plan)
    _make(plan.out)  # a directory that cannot be made is found now, not after the work
    forecasts, seconds = _forecast(plan, inputs, on_forecast)
    scores = score_rolling(inputs.series, forecasts, inputs.campaigns, LEVELS)
    loop = run_loop(plan, inputs, on_loop)
    document = scores_document(scores, plan.origins, LEVELS, seconds)
    files = [write_forecasts(plan.out, forecasts, LEVELS)]
    if loop is not None:
        document["capacity"] = capacity_document(loop)
        files.append(write_capacity(plan.out, loop))
    files.append(write_scores(plan.out, document))
    done = Backtest(inputs, tuple(forecasts), scores, loop, document, tuple(files))
    return _with_report(plan, done, on_picture)


def _with_report(plan: BacktestPlan, done: Backtest, on_picture: SayPicture) -> Backtest:
    """The backtest with its page among the files, or with a note why there is none."""
    try:
        from streams.backtest.report.page import write_report  # noqa: PLC0415 (an optional extra)
    except ImportError as error:
        package = (error.name or "").partition(".")[0]
        if package not in REPORT_EXTRA:
            raise
        return replace(done, notes=(*done.notes, NO_REPORT.format(package=package)))
    return replace(done, files=(*done.files, write_report(plan, done, on_picture)))


def _forecast(
    plan: BacktestPlan, inputs: Inputs, on_forecast: SayForecast
) -> tuple[list[RollingForecast], list[float]]:
    """Every forecast in units of the file's value, and the wall time of each in seconds."""
    per_s = plan.value_per.total_seconds()
    policy = Policy(version="backtest", resources={})
    columns = [policy.levels.index(level) for level in LEVELS]
    # The product forecasts rates per second; an audience is worth so many of those, whatever the file counts.
    rates = inputs.series.scaled(1 / per_s)
    forecasts, seconds = [], []
    began = time.perf_counter()
    for made in rolling_forecasts(rates, inputs.campaigns, inputs.service, plan.origins, policy):
        seconds.append(time.perf_counter() - began)
        band, baseline = made.band[:, columns] * per_s, made.baseline * np.float32(per_s)
        forecasts.append(RollingForecast(made.cutoff, made.times_s, band, baseline))
        on_forecast(len(forecasts), made.cutoff)
        began = time.perf_counter()
    return forecasts, seconds


def _make(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = Problem("--out", str(directory), f"cannot be made: {error.strerror}", "name a directory")
        raise ConfigError(CANNOT_START, [problem]) from error
