"""`headstart backtest --policy`: the closed loop's file and marks, over the example shop."""

from __future__ import annotations

import csv
import gzip
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from advisor.domain.timegrid import from_epoch_s
from advisor.simulation.rolling import Origins
from streams.backtest.rows import problems_of_span, rows_of
from tests.support.backtests import Ran, backtest

EXAMPLES = Path(__file__).parents[3] / "deploy" / "examples"
TIMES = {"start": "2026-11-27T12:00:00Z", "end": "2026-11-27T16:00:00Z"}
GRID = {"horizon": "4h", "every": "4h", "step": "5m"}
SCALERS = ["headstart", "hpa", "cron", "last_week", "multiplier", "oracle"]
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for whole words, whatever terminal the tests run in."""
    monkeypatch.setenv("COLUMNS", "200")


def shop(out: Path, **options: str) -> Ran:
    given = {"policy": str(EXAMPLES / "policy.yaml")} | TIMES | GRID | options
    return backtest(EXAMPLES / "shop.csv.gz", EXAMPLES / "campaigns.csv", out, **given)


def capacity(ran: Ran) -> list[dict[str, str]]:
    text = gzip.decompress((ran.out / "capacity.csv.gz").read_bytes()).decode()
    return list(csv.DictReader(text.splitlines()))


def test_every_scaler_has_a_row_a_minute_in_whole_units(tmp_path: Path):
    """From the first cutoff to the end of the last forecast: eight hours, six scalers, one resource."""
    ran = shop(tmp_path)

    assert ran.result.exit_code == 0, ran.result.output
    rows = capacity(ran)
    assert list(rows[0]) == ["scaler", "resource", "time", "demand", "floor", "supplied"]
    assert list(dict.fromkeys(row["scaler"] for row in rows)) == SCALERS
    assert {row["resource"] for row in rows} == {"k8s://prod/shop/hpa/web-shop"}
    assert len(rows) == 6 * 8 * 60
    assert (rows[0]["time"], rows[1]["time"]) == ("2026-11-27T12:00:00Z", "2026-11-27T12:01:00Z")
    assert all(int(row[column]) >= 0 for row in rows for column in ("demand", "floor", "supplied"))


def test_demand_is_in_units_of_the_policys_capacity(tmp_path: Path):
    """The same for every scaler: the fewest units that carry it. Perfect knowledge is never short of it."""
    rows = capacity(shop(tmp_path))

    demand = {name: [int(r["demand"]) for r in rows if r["scaler"] == name] for name in SCALERS}
    ready = np.array([int(r["supplied"]) for r in rows if r["scaler"] == "oracle"])
    assert all(demand[name] == demand["hpa"] for name in SCALERS)
    assert max(demand["hpa"]) > 10
    assert (np.minimum(demand["oracle"], 60) <= ready).all()  # the policy's ceiling


def test_a_value_per_minute_needs_a_sixtieth_of_the_units(tmp_path: Path):
    """What a value counts over decides how many units carry it."""
    a_second, a_minute = (capacity(shop(tmp_path / per, value_per=per)) for per in ("1s", "1m"))

    highest = [max(int(row["demand"]) for row in rows) for rows in (a_second, a_minute)]
    assert highest[1] == pytest.approx(highest[0] / 60, abs=1)


def test_the_marks_of_every_scaler_are_in_the_scores_and_on_the_screen(tmp_path: Path):
    """A table a resource, a row a scaler; the same marks by name under `capacity`."""
    ran = shop(tmp_path)

    marks = ran.scores["capacity"]
    assert [run["scaler"] for run in marks["runs"]] == SCALERS
    assert marks["service"] == "web-shop"
    assert marks["end"] == "2026-11-27T20:00:00Z"
    assert all(run["first_minutes_met"] in (0.0, 1.0) for run in marks["runs"])
    assert [c["campaign_id"] for c in marks["runs"][0]["campaigns"]] == [
        outcome["campaign_id"] for outcome in marks["verdicts"]
    ]
    assert all(word in ran.result.stdout for word in (*SCALERS, "x oracle", "capacity.csv.gz"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"service": "nobody"}, "which has web-shop"),
        ({"policy": "/nowhere.yaml"}, "cannot be read"),
        ({"start": "2026-12-24T12:00:00Z", "end": "2026-12-24T12:00:00Z"}, "0 slots of demand"),
    ],
)
def test_a_policy_that_cannot_be_played_is_named(tmp_path: Path, options: dict[str, str], words: str):
    """Exit code 2, a fix, and nothing written."""
    ran = shop(tmp_path / "out", **options)

    assert ran.result.exit_code == 2
    assert words in ran.result.stderr
    assert not (tmp_path / "out").exists()


def test_a_service_without_a_policy_is_named(tmp_path: Path):
    """It would change nothing."""
    ran = backtest(
        EXAMPLES / "shop.csv.gz",
        EXAMPLES / "campaigns.csv",
        tmp_path,
        service="web-shop",
        **TIMES,
        **GRID,
    )

    assert ran.result.exit_code == 2
    assert "is for --policy" in ran.result.stderr


def test_slots_are_as_wide_as_most_readings_lie_apart():
    """Minutes, one reading twice and one missing."""
    rows = rows_of(np.array([0, 60, 60, 180, 240]), np.array([1.0, 2.0, 4.0, 5.0, 6.0]), 5 * MINUTE)

    assert rows.width_s == 60
    assert rows.times_s.tolist() == [0, 60, 180, 240]
    assert rows.values.tolist() == [1.0, 3.0, 5.0, 6.0]


def test_readings_at_odd_distances_are_played_on_the_grid_of_the_forecast():
    """Seven minutes divide no day; a single reading has no distance."""
    odd = rows_of(np.array([0, 420, 840]), np.ones(3), 5 * MINUTE)

    assert (odd.width_s, odd.times_s.tolist()) == (300, [0, 300, 600])
    assert rows_of(np.array([0]), np.ones(1), 5 * MINUTE).width_s == 300


def test_one_slot_is_nothing_to_play():
    """The problem names the span that was asked for."""
    start = from_epoch_s(0)
    origins = Origins(start, start, 5 * MINUTE, 5 * MINUTE, 5 * MINUTE)

    [problem] = problems_of_span(rows_of(np.array([0, 300]), np.ones(2), 5 * MINUTE), origins)

    assert "only 1 slots" in problem.message
