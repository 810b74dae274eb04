"""The ablations take out what they say: each changes the forecast, and afterwards nothing is left of it."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from advisor.domain.demand import Floats
from advisor.domain.timegrid import to_epoch_s
from advisor.forecasting import fit, likeness
from advisor.simulation.rolling import Series
from tests.benchmarks.ablation_parts import FULL, PARTS, Part, replaced
from tests.benchmarks.ablation_runs import Marks, Outcome, forecasts_of, run_grid, run_in_flight
from tests.benchmarks.ablation_sets import GRIDS, Trial, load, names_in
from tests.benchmarks.ablation_tables import GRID, IN_FLIGHT, cell, is_sure, tables
from tests.benchmarks.ablations import EVERYTHING, main
from tests.support.ablations import STEP_S, WEEKS, shop
from tests.support.backtests import write_calendar, write_demand
from tests.support.crowds import day, demand
from tests.support.forecasting import MONDAY


@pytest.fixture(scope="module", name="shop")
def a_shop() -> Trial:
    return shop()


def instant(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def bands(shop: Trial, part: Part) -> Floats:
    return np.stack([made.band for made in forecasts_of(shop, part, shop.origins())])


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_every_part_taken_out_changes_the_forecast_and_comes_back(shop: Trial, part: Part):
    """A part that nobody reads any more would change nothing; one not put back would change what follows."""
    whole = bands(shop, FULL)

    without = bands(shop, part)

    assert np.isfinite(without).all()
    assert (np.diff(without, axis=-1) >= 0).all()
    assert np.abs(without / whole - 1).max() > 1e-3, f"{part.name!r} takes out nothing"
    np.testing.assert_array_equal(bands(shop, FULL), whole)


def test_every_part_is_its_own(shop: Trial):
    """No two of them are the same forecast under two names."""
    made = [bands(shop, part).tobytes() for part in EVERYTHING]

    assert len(set(made)) == len(made) == len({part.name for part in EVERYTHING})


def test_a_part_comes_back_after_an_error_too():
    """Whatever happens while it is out."""
    before = likeness.ANY_KIND

    def fail() -> None:
        with replaced((likeness, "ANY_KIND", 0.0)):
            raise ZeroDivisionError(likeness.ANY_KIND)

    with pytest.raises(ZeroDivisionError, match=r"0\.0"):
        fail()

    assert before == likeness.ANY_KIND > 0


def test_a_name_that_is_gone_is_an_error_and_replaces_nothing():
    """An ablation of what was renamed must not go by as one that changes nothing."""
    real = fit.pull_in

    gone = replaced((fit, "pull_in", None), (fit, "pulled", None))
    with pytest.raises(AttributeError, match="pulled"), gone:
        pytest.fail("nothing was replaced")

    assert fit.pull_in is real


def test_medians_stay_where_only_the_band_is_taken_out(shop: Trial):
    """One table of errors and campaigns without spread are about how sure the forecast is."""
    medians = bands(shop, FULL)[..., 0]

    for part in PARTS:
        if part.name.startswith(("fixed band", "no spread")):
            np.testing.assert_allclose(bands(shop, part)[..., 0], medians, rtol=1e-9)


def test_the_correction_of_a_running_campaign_earns_most_once_it_runs(shop: Trial):
    """Twenty minutes into an email twice as large as any before, and only there, it is worth something."""
    late = replace(
        shop,
        grid=replace(
            shop.grid, start=day(22, 0), end=day(24), step=timedelta(minutes=5), every=timedelta(days=2)
        ),
        series=Series(shop.series.start_s, 300, np.repeat(shop.series.values, 6)),
    )
    [part] = [part for part in PARTS if part.name.startswith("no in-flight")]

    with_it, without = run_in_flight(late, FULL).everywhere, run_in_flight(late, part).everywhere
    planned = [run_grid(late, out).everywhere for out in (FULL, part)]

    assert with_it is not None
    assert without is not None
    assert without.pinball > 1.1 * with_it.pinball
    assert planned[0] == planned[1]


def test_event_windows_reach_from_before_the_start_to_past_the_end_but_for_long_kinds(shop: Trial):
    """Half an hour before to an hour after, to the step; a season is not inside."""
    email = shop.campaigns[0]
    times_s = to_epoch_s(email.start) + np.array([-3600, -1800, 0, 7200, 10_799, 10_800])

    assert shop.inside(times_s).tolist() == [False, True, True, True, True, False]
    assert not replace(shop, grid=replace(shop.grid, long_kinds=("email", "push"))).inside(times_s).any()


def test_only_cutoffs_with_a_whole_horizon_of_demand_are_used(shop: Trial):
    """As the scorer does it: what lies past the end of the demand is no cutoff."""
    beyond = replace(shop, grid=replace(shop.grid, end=day(40)))

    assert beyond.cutoffs()[-1] == day(26, 19)
    assert beyond.origins(thin=2).cutoffs == beyond.cutoffs(thin=2) == beyond.cutoffs()[::2]


def test_a_set_without_agreed_cutoffs_is_forecast_over_its_last_two_thirds(tmp_path: Path):
    """From any folder, with hints left out and agreed sets named first."""
    folder = a_folder(tmp_path)
    (folder / "wc98.csv.gz").write_bytes((folder / "shop.csv.gz").read_bytes())

    found = load(folder, "shop")

    assert names_in(folder) == ["wc98", "shop"]
    assert "wc98" in GRIDS
    assert found.grid.step == timedelta(seconds=STEP_S)
    assert found.cutoffs()[0] == day(10)
    assert len(found.cutoffs()) > 10
    assert [c.kind for c in found.campaigns] == ["email"]
    assert found.campaigns[0].audience is None


def test_an_empty_folder_is_named(tmp_path: Path):
    """Rather than an empty table."""
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        names_in(tmp_path)


def test_a_cell_holds_ratios_to_the_full_model_and_coverage_as_it_is():
    """The full model's own row has its losses; without events one figure stands for the two."""
    full = Outcome(Marks(100, 0.05, 0.951), Marks(10, 0.08, 0.9))
    worse = Outcome(Marks(100, 0.06, 0.5), Marks(10, 0.2, 1.0))
    quiet = Outcome(Marks(100, 0.06, 0.5), None)

    assert cell(full, None) == "0.0500 / 0.0800 (95.1 / 90.0)"
    assert cell(worse, full) == "1.20 / 2.50 (50.0 / 100.0)"
    assert cell(quiet, full) == "1.20 (50.0)"
    assert cell(Outcome(None, None), full) == "-"


def test_tables_have_a_row_a_part_and_a_column_a_set():
    """And no second table where no set has an event to be inside of."""
    mark, nothing = Outcome(Marks(1000, 0.1, 0.95), None), Outcome(None, None)
    results = {
        (run, name, part): mark if run == GRID or name == "b" else nothing
        for run in (GRID, IN_FLIGHT)
        for name in ("a", "b")
        for part in (FULL.name, "x")
    }

    both = tables(results, ["a", "b"], [FULL.name, "x"], thin=3).splitlines()
    quiet = tables(results, ["a"], [FULL.name, "x"]).splitlines()

    assert "| taken out | a, 1,000 points | b, 1,000 points |" in both
    assert "| x | 1.00 (95.0) | 1.00 (95.0) |" in both
    assert "| x | 1.00 (95.0) |" in both
    assert sum("one in 3 cutoffs" in line for line in both) == 2
    assert sum(line.startswith("| taken out") for line in quiet) == 1


def test_a_multiple_is_bold_only_if_the_days_agree():
    """Ten days all a little worse are more than chance; one bad day of ten is not, nor are three days."""
    rng = np.random.default_rng(1)
    whole = rng.uniform(1.0, 2.0, 10)
    one_bad_day = whole - rng.uniform(0.0, 0.1, 10) + 2.0 * (np.arange(10) == 3)

    def marks(losses: Floats) -> Marks:
        return Marks(100, float(losses.sum()), 0.95, tuple(losses.tolist()))

    full = Outcome(marks(whole), None)
    assert cell(Outcome(marks(1.05 * whole), None), full).startswith("**1.05**")
    assert not is_sure(marks(one_bad_day), marks(whole))
    assert not is_sure(marks(1.05 * whole[:3]), marks(whole[:3]))


def test_the_command_writes_the_tables_it_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """From a folder of sets, in two processes."""
    main([str(a_folder(tmp_path)), "--out", str(tmp_path / "out"), "--thin", "20", "--sets", "shop"])

    printed = capsys.readouterr().out
    assert (tmp_path / "out" / "ablations.md").read_text() == printed
    assert all(f"| {part.name} |" in printed for part in PARTS)
    assert (tmp_path / "out" / "ablations.json").exists()


def a_folder(tmp_path: Path) -> Path:
    """A folder with one set: four weeks at half an hour with one email."""
    folder = tmp_path / "sets"
    folder.mkdir()
    values = demand(7 * WEEKS, step_s=STEP_S)
    times = [MONDAY + i * timedelta(seconds=STEP_S) for i in range(len(values))]
    rows = [(instant(time), value) for time, value in zip(times, values.tolist(), strict=True)]
    text = write_demand(tmp_path / "shop.csv", rows).read_bytes()
    (folder / "shop.csv.gz").write_bytes(gzip.compress(text))
    start, end = day(20, 18), day(20, 20)
    write_calendar(
        folder / "shop.events.csv",
        [f"{instant(start)},{instant(end)},sale,email,,50000,3"],
    )
    return folder
