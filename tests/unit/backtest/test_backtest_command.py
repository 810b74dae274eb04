"""`headstart backtest` as a user runs it: its files, its table, and its words for what is wrong."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.support.backtests import backtest, write_calendar, write_demand

EXAMPLES = Path(__file__).parents[3] / "deploy" / "examples"
SHOP, SALE = EXAMPLES / "shop.csv.gz", EXAMPLES / "campaigns.csv"
SHOP_TIMES = {"start": "2026-11-27T12:00:00Z", "end": "2026-11-27T18:00:00Z"}
SHOP_GRID = {"horizon": "4h", "every": "2h", "step": "5m"}


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for whole words, whatever terminal the tests run in."""
    monkeypatch.setenv("COLUMNS", "200")


def test_the_example_shop_is_forecast_and_scored_around_its_sale(tmp_path: Path):
    """Four cutoffs of forty-eight steps each, every row finite and in order, and a table of marks."""
    ran = backtest(SHOP, SALE, tmp_path, **SHOP_TIMES, **SHOP_GRID)

    assert ran.result.exit_code == 0, ran.result.output
    assert list(ran.rows[0]) == ["cutoff", "time", "q50", "q90", "q95", "q99"]
    assert sorted({row["cutoff"] for row in ran.rows}) == [f"2026-11-27T{h}:00:00Z" for h in (12, 14, 16, 18)]
    assert len(ran.rows) == 4 * 48
    assert [row["time"] for row in ran.rows[:2]] == ["2026-11-27T12:00:00Z", "2026-11-27T12:05:00Z"]
    assert np.isfinite(ran.bands).all()
    assert (np.diff(ran.bands, axis=1) >= 0).all()
    for word in ("mean pinball", "coverage q95", "WAPE", "peak error", "inside campaigns", "scores.json"):
        assert word in ran.result.stdout


def test_the_scores_file_says_how_good_the_forecasts_were_and_where(tmp_path: Path):
    """All points, inside the sale, the sale by itself; nothing from a third campaign on: there is one."""
    scores = backtest(SHOP, SALE, tmp_path, **SHOP_TIMES, **SHOP_GRID).scores

    assert scores["levels"] == [0.5, 0.9, 0.95, 0.99]
    assert scores["origins"] == {
        "start": "2026-11-27T12:00:00Z",
        "end": "2026-11-27T18:00:00Z",
        "every": "2h",
        "horizon": "4h",
        "step": "5m",
        "cutoffs": 4,
    }
    assert 0 < scores["inside"]["points"] < scores["all"]["points"]
    assert scores["from_third"] is None
    assert [c["kind"] for c in scores["campaigns"]] == ["flash_sale"]
    assert scores["campaigns"][0]["scores"] == scores["inside"]
    assert 0 <= scores["all"]["coverage_0.95"] <= 1
    assert scores["seconds_per_forecast"] > 0


def test_json_prints_the_scores_file_and_nothing_else(tmp_path: Path):
    """A program reads it from stdout."""
    ran = backtest(SHOP, SALE, tmp_path, "--json", **SHOP_TIMES, **SHOP_GRID)

    assert json.loads(ran.result.stdout) == ran.scores
    assert ran.result.stderr == ""


def test_other_files_in_the_directory_stay_and_ours_are_replaced(tmp_path: Path):
    """A second run into the same directory leaves the new results and no half-written files."""
    (tmp_path / "notes.txt").write_text("mine")
    for end in ("2026-11-27T12:00:00Z", "2026-11-27T18:00:00Z"):
        ran = backtest(SHOP, SALE, tmp_path, **{**SHOP_TIMES, "end": end}, **SHOP_GRID)

    assert ran.scores["origins"]["cutoffs"] == 4
    left = ["forecasts.csv.gz", "notes.txt", "plots", "report.html", "scores.json"]
    assert sorted(p.name for p in tmp_path.iterdir()) == left


def test_the_same_run_writes_the_same_forecasts_to_the_byte(tmp_path: Path):
    """No clock and no file name is in them."""
    first, second = (backtest(SHOP, SALE, tmp_path / name, **SHOP_TIMES, **SHOP_GRID) for name in "ab")

    assert first.bytes == second.bytes


def test_an_audience_weighs_the_same_whatever_time_a_value_counts_over(tmp_path: Path):
    """Requests per second, or sixty times as many per minute: the forecast is sixty times as high."""
    hours = [f"2026-11-{day:02}T{hour:02}:00:00Z" for day in range(1, 8) for hour in range(24)]
    calendar = write_calendar(
        tmp_path / "c.csv", ["2026-11-07T10:00:00Z,2026-11-07T14:00:00Z,Sale,sale,,1000000,"]
    )
    grid = {"start": "2026-11-07T00:00:00Z", "end": "2026-11-07T00:00:00Z", "step": "1h"}
    grid |= {"horizon": "24h", "every": "6h"}
    per_s = write_demand(tmp_path / "s.csv", [(hour, 100.0) for hour in hours])
    per_min = write_demand(tmp_path / "m.csv", [(hour, 6000.0) for hour in hours])

    a_second = backtest(per_s, calendar, tmp_path / "a", **grid)
    a_minute = backtest(per_min, calendar, tmp_path / "b", "--value-per", "1m", **grid)

    np.testing.assert_allclose(a_minute.bands, 60 * a_second.bands, rtol=1e-5)


def test_a_service_at_rest_has_scores_without_nan(tmp_path: Path):
    """Losses relative to a mean of zero are not defined: null, for the file is strict JSON."""
    rest = write_demand(tmp_path / "d.csv", [(f"2026-11-01T{hour:02}:00:00Z", 0.0) for hour in range(24)])
    grid = {"start": "2026-11-01T12:00:00Z", "end": "2026-11-01T12:00:00Z", "step": "1h"}

    ran = backtest(
        rest, write_calendar(tmp_path / "c.csv"), tmp_path / "out", horizon="6h", every="6h", **grid
    )

    assert ran.result.exit_code == 0, ran.result.output
    assert ran.scores["all"]["mean_pinball"] is None
    assert ran.scores["all"]["peaks"] == 0
    assert ran.scores["inside"] is None


def test_there_is_a_forecast_over_gaps_and_after_the_end_of_the_file(tmp_path: Path):
    """A day is missing, and the last cutoffs lie a week after the last row: every step is there, finite."""
    hours = [(f"2026-11-{d:02}T{h:02}:00:00Z", 50.0 + h) for d in (1, 2, 4) for h in range(24)]
    grid = {"start": "2026-11-03T00:00:00Z", "end": "2026-11-11T00:00:00Z", "horizon": "24h", "step": "30m"}

    ran = backtest(
        write_demand(tmp_path / "d.csv", hours),
        write_calendar(tmp_path / "c.csv"),
        tmp_path / "out",
        every="12h",
        **grid,
    )

    assert len(ran.rows) == 17 * 48
    assert np.isfinite(ran.bands).all()
    times = [row["time"] for row in ran.rows]
    assert all(later > earlier for i, (earlier, later) in enumerate(pairwise(times), 1) if i % 48)


def test_every_wrong_option_and_every_bad_line_is_named_without_a_traceback(tmp_path: Path):
    """Exit code 2; options, both files, lines and fixes are on stderr; nothing is written."""
    demand, calendar = tmp_path / "d.csv", tmp_path / "c.csv"
    demand.write_text("timestamp_utc,value\n2026-11-01T00:00:00Z,-1\nnoon,1\n2026-11-01T01:00:00Z,nan\n")
    calendar.write_text("start_utc,end_utc,name,kind\n2026-11-02T00:00:00Z,2026-11-01T00:00:00Z,Sale,sale\n")
    grid = {"start": "2026-11-01T00:03:00Z", "end": "2026-11-01T12:00:00Z", "horizon": "7m", "every": "6h"}

    ran = backtest(demand, calendar, tmp_path / "out", step="5m", **grid)

    assert ran.result.exit_code == 2
    said = ran.result.stderr
    for words in (
        "--horizon",
        "--start",
        "c.csv, line 2, end_utc",
        "d.csv, line 2, value",
        "line 3",
        "line 4",
    ):
        assert words in said
    assert "write 2026-11-01T00:00:00Z" in said
    assert "Traceback" not in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("option", "text", "words"),
    [
        ("start", "2026-11-27T12:00:00", "no time zone"),
        ("start", "noon", "ISO 8601"),
        ("end", "9999-12-31T00:00:00Z", "between 1970 and 2200"),
        ("end", "2026-11-01T00:00:00Z", "is before --start"),
        ("end", "2199-01-01T00:00:00Z", "--e"),
        ("horizon", "1w", "is no duration"),
        ("every", "0h", "is no duration"),
        ("step", "7m", "does not divide a day"),
        ("value_per", "much", "is no duration"),
        ("demand", "/nowhere/d.csv", "cannot be read"),
        ("campaigns", "/nowhere/c.csv", "cannot be read"),
        ("out", "/dev/null/out", "--out"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(tmp_path: Path, option: str, text: str, words: str):
    """Exit code 2 and a fix, whichever option it is."""
    options = SHOP_TIMES | SHOP_GRID | {option: text}
    demand, campaigns = options.pop("demand", str(SHOP)), options.pop("campaigns", str(SALE))
    out = options.pop("out", str(tmp_path / "out"))

    ran = backtest(Path(demand), Path(campaigns), Path(out), **options)

    assert ran.result.exit_code == 2
    assert words in ran.result.stderr
    assert "fix:" in ran.result.stderr


def test_a_result_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path):
    """Where a file of ours should go there is a directory: exit code 1, and no half file is left."""
    (tmp_path / "forecasts.csv.gz").mkdir()

    ran = backtest(SHOP, SALE, tmp_path, **SHOP_TIMES, **SHOP_GRID)

    assert ran.result.exit_code == 1
    assert "cannot be written" in ran.result.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["forecasts.csv.gz"]
