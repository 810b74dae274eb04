"""The page that `headstart backtest` writes: its numbers, its words, and that it stands alone."""

from __future__ import annotations

import re
import sys
import warnings
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from advisor.domain.timegrid import to_epoch_s
from streams.audit_trail import MODEL_VERSION
from streams.backtest.inputs import BacktestPlan
from streams.backtest.report.campaigns import PLOTTED
from streams.backtest.report.gather import command_line, report_view
from streams.backtest.report.plots import draw_campaign
from streams.backtest.report.sentences import NONE
from streams.backtest.report.view import ReportView
from streams.backtest.run import Backtest, run_backtest
from streams.cli.backtest import _read_options
from tests.support.backtests import backtest, write_calendar, write_demand
from tests.support.pages import Page

EXAMPLES = Path(__file__).parents[3] / "deploy" / "examples"
SHOP, SALE, POLICY = (EXAMPLES / name for name in ("shop.csv.gz", "campaigns.csv", "policy.yaml"))
HOSTILE = (
    """<script>alert(1)</script> "x' onload=alert(2) $5 off $9 {{ 7 * 7 }} #1d2733 \\1 \u202e 大売り出し"""
)


@dataclass(frozen=True)
class Made:
    """A backtest, what its report says as values, and the page."""

    plan: BacktestPlan
    done: Backtest
    view: ReportView
    page: Page

    @property
    def words(self) -> str:
        """Everything that a reader of the page can read, with single plain spaces."""
        [body] = self.page.all("body")
        return body.text


def make(
    out: Path,
    demand: Path = SHOP,
    calendar: Path = SALE,
    policy: Path | None = None,
    start: str = "2026-11-27T12:00:00Z",
    end: str = "2026-11-27T18:00:00Z",
    every: str = "1h",
) -> Made:
    lengths = {"--every": every, "--horizon": "4h", "--step": "5m", "--value-per": "1s"}
    origins, per = _read_options({"--start": start, "--end": end}, lengths)
    plan = BacktestPlan(demand, calendar, out, origins, per, policy)
    done = run_backtest(plan)
    return Made(plan, done, report_view(plan, done), Page((out / "report.html").read_text()))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The example shop around its sale, with the closed loop."""
    return make(tmp_path_factory.mktemp("shop"), policy=POLICY)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Fifty short sales in a day, each with a name that means harm."""
    directory = tmp_path_factory.mktemp("hostile")
    name = '"' + HOSTILE.replace('"', '""') + '"'
    starts = np.datetime64("2026-11-27T12:00:00") + np.arange(PLOTTED + 2) * np.timedelta64(5, "m")
    rows = [f"{start}Z,{start + np.timedelta64(10, 'm')}Z,{name},<b>kind</b>,,," for start in starts]
    return make(directory, calendar=write_calendar(directory / "calendar.csv", rows))


def test_the_page_begins_with_the_answer(shop: Made):
    """Before any picture: how often the band held, and whether the capacity was there."""
    first = shop.page.elements.index(shop.page.all("svg")[0])
    leads = [e.text for e in shop.page.elements[:first] if e.attributes.get("class") == "lead"]

    held = 100 * shop.done.document["all"]["coverage_0.95"]
    assert leads[0].startswith("Over 7 forecasts of 4 h each, demand stayed within the 95 % band ")
    assert float(re.search(r"95 % band ([\d.]+) %", leads[0])[1]) == pytest.approx(held, abs=0.5)
    met = {run["scaler"]: run["first_minutes_met"] for run in shop.done.document["capacity"]["runs"]}
    had = {1.0: "had", 0.0: "lacked"}
    assert f"Headstart {had[met['headstart']]} enough capacity" in leads[1]
    assert f"the HPA alone {had[met['hpa']]} it" in leads[1]


def test_coverage_in_the_report_is_that_of_the_scores(shop: Made):
    """Everywhere, inside, and what is left for outside."""
    document, shares = shop.done.document, shop.view.reliability

    for share, part in ((shares.everywhere, "all"), (shares.inside, "inside")):
        assert list(share) == [document[part][f"coverage_{level:g}"] for level in shares.levels]
    n, m = document["all"]["points"], document["inside"]["points"]
    back = (np.multiply(shares.outside, n - m) + np.multiply(shares.inside, m)) / n
    np.testing.assert_allclose(back, shares.everywhere)
    assert shares.from_third is None


def test_the_marks_of_the_page_are_those_of_the_scores(shop: Made):
    """The table's cells, and the scalers' rows."""
    document, cells = shop.done.document, {row.name: row.cells for row in shop.view.marks}

    assert cells["mean pinball loss, of mean demand"][0] == f"{document['all']['mean_pinball']:.4f}"
    assert cells["points scored"] == (str(document["all"]["points"]), str(document["inside"]["points"]), NONE)
    [resource] = shop.view.capacity.resources
    for row, run in zip(resource.rows, document["capacity"]["runs"], strict=True):
        assert (row.scaler, row.theta_under, row.unit_hours) == (
            run["scaler"],
            run["theta_under"],
            run["unit_hours"],
        )
        assert row.met / row.campaigns == run["first_minutes_met"]
        assert (row.worst, row.cost_to_oracle) == (run["first_minutes_worst"], run["cost_to_oracle"])
    assert all(f"{row.unit_hours:,.0f}" in shop.words for row in resource.rows)


def test_a_campaign_is_shown_with_the_last_forecast_before_its_start(shop: Made):
    """The sale begins at 17:00: the forecast of 17:00 is the last, and its band is drawn as it was made."""
    [card] = shop.view.campaigns
    forecast = next(f for f in shop.done.forecasts if f.cutoff == card.cutoff)
    series = shop.done.inputs.series

    assert f"{card.cutoff:%H:%M}" == "17:00"
    assert card.known
    inside = (forecast.times_s + series.step_s > card.stretch.window_s[0]) & (
        forecast.times_s < card.stretch.window_s[1]
    )
    assert card.peak.actual == np.nanmax(series.at(forecast.times_s)[inside])
    assert card.peak.forecast == tuple(forecast.band[inside].max(axis=0))
    shown = np.isin(forecast.times_s, card.stretch.ahead_s)
    np.testing.assert_array_equal(card.stretch.band, forecast.band[shown])
    assert card.coverage_95 == shop.done.document["campaigns"][0]["scores"]["coverage_0.95"]


def test_a_campaigns_picture_shows_what_was_expected_without_it(shop: Made):
    """In requests of the file, as the forecast of its start had it: below the sale's median all through."""
    [card] = shop.view.campaigns
    forecast = next(f for f in shop.done.forecasts if f.cutoff == card.cutoff)
    stretch = card.stretch
    shown = np.isin(forecast.times_s, stretch.ahead_s)

    np.testing.assert_array_equal(stretch.baseline, forecast.baseline[shown])
    sale = (stretch.ahead_s >= to_epoch_s(card.start)) & (stretch.ahead_s < to_epoch_s(card.end))
    assert (stretch.baseline[sale] < stretch.band[sale, 0]).all()
    [line] = [
        line
        for line in draw_campaign(stretch, shop.view.unit, shop.view.levels).axes[0].lines
        if line.get_label() == "expected without campaigns"
    ]
    np.testing.assert_array_equal(line.get_ydata(), stretch.baseline)
    assert "expected without campaigns" in shop.words


def test_the_page_says_which_model_made_the_forecasts(shop: Made):
    """As the audit trail names it: the package's version alone does not tell models apart."""
    [model] = [said for name, said in shop.view.made if name == "Model"]

    assert model.startswith(f"{MODEL_VERSION}, Headstart ")
    assert model in shop.words


def test_a_campaign_announced_after_the_forecast_is_said_to_be_unknown_to_it(tmp_path: Path):
    """Announced at 15:00; the only forecast is of 14:00."""
    made = make(tmp_path, start="2026-11-27T14:00:00Z", end="2026-11-27T14:00:00Z")

    assert not made.view.campaigns[0].known
    assert "had not been announced when this forecast was made" in made.words
    assert "The forecast ends before the campaign does." in made.words


def test_every_picture_has_words_and_every_id_is_there_once(shop: Made, hostile: Made):
    """Also across the pictures, which all come from the same hand; links within the page lead somewhere."""
    for made in (shop, hostile):
        for picture in made.page.all("svg", "img"):
            assert picture.attributes["role"] == "img"
            assert len(picture.attributes["aria-label"].split()) > 5
        ids = Counter(e.attributes["id"] for e in made.page.elements if "id" in e.attributes)
        assert [name for name, times in ids.items() if times > 1] == []
        links = [
            value for e in made.page.elements for name, value in e.attributes.items() if name.endswith("href")
        ]
        labels = [
            e.attributes["aria-labelledby"] for e in made.page.elements if "aria-labelledby" in e.attributes
        ]
        assert {*(link.removeprefix("#") for link in links), *labels} <= set(ids)


def test_the_page_loads_and_runs_nothing(shop: Made, hostile: Made):
    """No script, no address, no handler: it can be mailed and opened anywhere."""
    for made in (shop, hostile):
        assert made.page.all("script", "link", "iframe", "object", "base", "image") == []
        for element in made.page.elements:
            for name, value in element.attributes.items():
                assert not name.startswith("on")
                assert name.startswith("xmlns") or "://" not in (value or "") or name == "aria-label"
        [style] = made.page.all("style")[:1]
        assert "@import" not in style.text
        assert "prefers-color-scheme: dark" in style.text
        assert "@media print" in style.text


def test_a_hostile_name_is_read_as_it_was_written(hostile: Made):
    """In headings and in the table: no markup, no template, no formula, no color come of it."""
    headings = {e.text for e in hostile.page.all("h3")}

    assert headings == {" ".join(HOSTILE.split())}
    assert "<b>kind</b>" in hostile.words
    assert hostile.page.all("b") == []


def test_at_most_so_many_campaigns_have_a_picture_and_the_page_says_so(hostile: Made):
    """The worst first; the table has them all, and files are named by plain letters."""
    beyond = [card.peak.beyond for card in hostile.view.campaigns if card.peak]
    files = sorted(path.name for path in (hostile.plan.out / "plots").iterdir())

    assert hostile.view.plotted == PLOTTED
    assert len(hostile.view.campaigns) == PLOTTED + 2
    assert beyond == sorted(beyond, reverse=True)
    assert f"{PLOTTED} of {PLOTTED + 2} campaigns" in hostile.words
    assert "the 2 that went best have no picture here" in hostile.words
    assert len([name for name in files if name.startswith("campaign-")]) == PLOTTED
    assert all(re.fullmatch(r"[a-z0-9-]+\.png", name) for name in files)


def test_pictures_lie_beside_the_page_and_old_ones_do_not_stay(tmp_path: Path):
    """A second report with fewer campaigns leaves only its own pictures, and files that are not ours."""
    plots = tmp_path / "plots"
    plots.mkdir()
    for name in ("campaign-007-old.png", "capacity-1.png", "mine.png"):
        (plots / name).write_bytes(b"")

    make(tmp_path)

    names = sorted(path.name for path in plots.iterdir())
    assert names == [
        "campaign-001-black-friday-flash-sale.png",
        "mine.png",
        "overview.png",
        "reliability.png",
    ]
    drawn = [path for path in plots.iterdir() if path.name != "mine.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in drawn)


def test_a_calendar_without_campaigns_and_no_policy_make_a_page_too(tmp_path: Path):
    """It says that there were none, and has no part on capacity."""
    made = make(tmp_path, calendar=write_calendar(tmp_path / "none.csv"))

    assert "No campaign of the calendar falls into the time that was forecast." in made.words
    assert made.view.capacity is None
    assert "HPA" not in made.words
    assert len(made.page.all("svg")) == 2


def test_demand_that_ends_before_the_forecasts_makes_a_page_that_says_so(tmp_path: Path):
    """Nothing can be scored: the page says that, and how many steps are missing."""
    demand = write_demand(tmp_path / "d.csv", [("2026-11-26T00:00:00Z", 0.0), ("2026-11-26T00:05:00Z", 0.0)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = make(tmp_path, demand=demand)

    assert "Nothing can be said of the forecasts" in made.words
    assert (
        "1 gap, 120 of 120 steps that were forecast; the longest 10 h, from 2026-11-27 12:00Z" in made.words
    )
    assert "No demand is known in its window." in made.words


def test_gaps_are_counted_in_the_steps_that_were_forecast(tmp_path: Path):
    """Two slots and then three are missing from ten hours of five minutes."""
    begin = np.datetime64("2026-11-26T12:00:00")
    slots = [(f"{begin + np.timedelta64(5 * i, 'm')}Z", 9.0) for i in range(34 * 12)]
    kept = [row for i, row in enumerate(slots) if i not in (300, 301, 350, 351, 352)]
    made = make(tmp_path, demand=write_demand(tmp_path / "d.csv", kept))

    assert (made.view.gaps.steps, made.view.gaps.missing, made.view.gaps.gaps) == (120, 5, 2)
    assert made.view.gaps.longest == timedelta(minutes=15)


def test_the_page_gives_the_command_that_makes_it_again(shop: Made):
    """With every option, quoted for a shell."""
    said = command_line(shop.plan)

    assert said in shop.words
    assert f"--policy {POLICY}" in said
    assert "--every 1h --start 2026-11-27T12:00:00Z --end 2026-11-27T18:00:00Z --step 5m" in said


def test_the_same_backtest_makes_the_same_pictures(tmp_path: Path):
    """No clock and no chance is in them."""
    first, second = (make(tmp_path / name) for name in "ab")

    drawn = [
        [(e.tag, e.attributes) for e in made.page.elements if e.tag in ("path", "use")]
        for made in (first, second)
    ]
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) > 20


@pytest.mark.parametrize("package", ["jinja2", "matplotlib"])
def test_without_the_extra_everything_else_is_written_and_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
):
    """Exit code 0: the forecasts and scores are what was asked for."""
    for module in [name for name in sys.modules if name.startswith("streams.backtest.report")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setenv("COLUMNS", "200")

    grid = {"start": "2026-11-27T12:00:00Z", "end": "2026-11-27T12:00:00Z"}
    ran = backtest(SHOP, SALE, tmp_path, horizon="4h", every="1h", step="5m", **grid)

    assert ran.result.exit_code == 0, ran.result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["forecasts.csv.gz", "scores.json"]
    [note] = [line for line in ran.result.stdout.splitlines() if "note:" in line]
    assert package in note
    assert "pip install 'headstart[report]'" in note


def test_the_command_names_the_page_it_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Beside the other files, at the end."""
    monkeypatch.setenv("COLUMNS", "200")
    grid = {"start": "2026-11-27T12:00:00Z", "end": "2026-11-27T12:00:00Z"}
    ran = backtest(SHOP, SALE, tmp_path, horizon="4h", every="1h", step="5m", **grid)

    assert str(tmp_path / "report.html") in ran.result.stdout.splitlines()[-1]
    assert "note:" not in ran.result.stdout
