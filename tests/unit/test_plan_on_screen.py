"""A plan as people and tools get it: terminal, JSON, picture."""

from __future__ import annotations

import json
import re
import struct
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from advisor.domain.money import Cost, Rung
from advisor.errors import HeadstartError
from streams.cli.layout import show_table
from streams.cli.plan_tables import coloured, price_lines, show_plan, show_scenarios
from streams.codec.plan_report import encode_plans, plan_data
from streams.codec.schemas import schemas
from streams.plan import CampaignPlan, plan_of
from streams.plan_picture import draw_plan, write_plan_picture
from tests.support.builders import MINUTE, PODS, at, campaign, policy, resource
from tests.support.commands import run
from tests.support.plans import estate_with
from tests.support.screen import shown

LONG = "k8s://a-cluster-with-a-long-name.eu-central-1/shop/hpa/the-checkout-of-the-shop"
SALE = campaign(name="Black Friday", timezone="Europe/Berlin", send_rate_per_min=150_000)


def planned(*names: str, late: bool = False) -> CampaignPlan:
    lead_time = 300 * MINUTE if late else 10 * MINUTE
    rules = policy(*(resource(name, lead_time=lead_time) for name in names or (PODS,)))
    return plan_of(SALE, estate_with([SALE], the_policy=rules))


# --- terminal


def test_the_sentence_on_the_terminal_is_the_one_on_the_topic() -> None:
    """To the letter: only the verdict is coloured."""
    plan = planned(late=True)
    assert plan.readiness is not None

    assert coloured(plan).plain == plan.readiness.sentence
    (span,) = coloured(plan).spans
    assert coloured(plan).plain[span.start : span.end] == "NOT READY"
    assert shown(show_plan, plan).startswith(plan.readiness.sentence)


def test_what_nobody_forecast_yet_is_not_called_nothing() -> None:
    """Neither units that are missing nor money."""
    plan = plan_of(SALE, estate_with([SALE], needs=[], levels={}))

    text = shown(show_plan, plan)

    assert "what it costs: not forecast yet" in text
    assert "nothing is missing" not in text
    assert "extra cost" not in text.lower()


def test_no_word_is_broken_at_eighty_columns() -> None:
    """Every id and every reason can be copied from the screen, however long it is."""
    plan = planned(LONG, PODS, late=True)

    for text in (shown(show_plan, plan), shown(show_scenarios, [plan, plan])):
        assert text.count(LONG) >= 2
        assert text.count(PODS) >= 2
        if "reason" in text:
            assert "LEAD_TIME_TOO_SHORT" in text


def test_a_plan_answers_what_both_sides_ask_next() -> None:
    text = shown(show_plan, planned(late=True), width=100)

    for asked in ("Last moment to act", "Earliest safe start", "If nothing is done", "As planned"):
        assert f"{asked}: " in text
    assert "Send gate: no, not before Friday 27 November 2026 11:00" in text
    assert "Price of being sure: p50 EUR" in text
    assert "lead time: p95 5 h, planned with 5 h (measured 20 times)" in text
    assert "unit capacity: proven" in text


def test_times_are_the_campaigns_own() -> None:
    assert "Fri 27 Nov 10:3" in shown(show_plan, planned())  # 09:3x UTC


def test_every_table_and_line_with_times_names_their_zone() -> None:
    """Also where several plans stand side by side: each may be of another zone."""
    plan = planned(late=True)
    table, both = shown(show_plan, plan, width=200), shown(show_scenarios, [plan, plan], width=200)

    assert "act at (Europe/Berlin)" in table
    for line in [*table.splitlines()[1:], *both.splitlines()]:
        if re.search(r"(to act|start|worst|start.*│)\W.*\d\d:\d\d", line) and "Send gate" not in line:
            assert "Europe/Berlin" in line, line


def test_the_last_per_cents_have_their_price() -> None:
    ladder = (Rung(0.5, 10.0), Rung(0.9, 40.0), Rung(0.95, 60.0), Rung(0.99, 60.0))
    lines = list(price_lines(Cost("EUR", 60.0, spent=4.0, committed=12.5, ladder=ladder)))

    assert "Spent so far: EUR 4.00" in lines
    assert "Committed: EUR 12.50 cannot be taken back once it is asked for" in lines
    assert "  from p90 to p95, 5 % more certain: EUR 20.00" in lines
    assert "  from p95 to p99, 4 % more certain: nothing more" in lines
    assert list(price_lines(Cost("EUR", None))) == ["Extra cost: unknown, the policy names no price"]


def test_rows_that_fit_are_a_table_and_others_have_lines_of_their_own() -> None:
    rows = [("one two three", "4"), ("five", "6")]

    wide, narrow = (
        shown(show_table, "T", ("words", "n"), rows),
        shown(show_table, "T", ("words", "n"), [(LONG, "4")]),
    )

    even = shown(show_table, "T", ("id", "words"), [(LONG[:50], "so many words " * 4)])

    assert LONG[:50] in even  # though both columns would like to be as wide
    assert "│ one two three" in wide
    assert f"  - {LONG}\n    n: 4\n" in narrow


def test_a_campaign_nobody_lists_is_said_to_move_nothing() -> None:
    stranger = replace(SALE, source="/unknown")
    plan = plan_of(stranger, estate_with([stranger]))

    assert plan.readiness is None
    assert "source '/unknown' is not in the policy's sources" in shown(show_plan, plan)


# --- JSON


@pytest.mark.parametrize("late", [False, True])
def test_the_json_is_as_its_schema_says(late: bool) -> None:
    plan = planned(PODS, LONG, late=late)
    one, two = json.loads(encode_plans([plan_data(plan)])), json.loads(encode_plans([plan_data(plan)] * 2))

    validator = Draft202012Validator(schemas()["plan.v1.json"])
    validator.validate(one)
    validator.validate(two)
    assert not validator.is_valid({**one, "readiness": "MAYBE"})
    assert two == {"scenarios": [one, one]}
    assert one["sentence"] == plan.sentence
    assert plan.readiness is not None
    assert one["cost"]["extra"] == plan.readiness.extra_cost.extra
    assert one["cost"]["currency"] == "EUR"
    assert [r["level"] for r in one["cost"]["ladder"]] == [0.5, 0.9, 0.95, 0.99]
    assert one["last_moment_in_s"] == (-3600 if late else 3600 * 4 - 600)
    for of_resource, made in zip(one["resources"], plan.resources, strict=True):
        assert [s["floor"] for s in of_resource["steps"]] == [s.floor for s in made.recommendation.steps]
        assert of_resource["peak_floor"] == max(s.floor for s in made.recommendation.steps)
        assert of_resource["unit_capacity"]["is_proven"]


# --- picture


def test_the_picture_is_drawn_and_names_what_it_shows(tmp_path: Path) -> None:
    """Bands with and without, floors, what is ready, and the three moments that decide."""
    plan = planned(PODS, LONG, late=True)
    path = tmp_path / "plan.png"

    write_plan_picture(plan, path)
    figure = draw_plan(plan)

    header = path.read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert all(side > 800 for side in struct.unpack(">II", header[16:24]))
    (legend,) = figure.legends
    assert {text.get_text() for text in legend.get_texts()} == {
        "with the campaign, p50 to p99",
        "median with the campaign",
        "without it, p50 to p99",
        "median without it",
        "what the floor asked for carries",
        "ready now",
    }
    assert [axes.get_title("left") for axes in figure.axes] == [PODS, LONG]
    moments = {re.sub(r" \d\d:\d\d$", "", text.get_text()) for text in figure.axes[0].texts}
    assert moments == {"start", "now", "last moment to act", "earliest safe start"}
    assert figure.texts[0].get_text() == "Black Friday: NOT READY"


@pytest.mark.parametrize(
    ("begins", "lead_minutes"), [("06:15", 20), ("06:40", 45), ("06:40", 60), ("07:30", 100), ("10:00", 300)]
)
def test_no_names_of_moments_lie_on_each_other_or_off_the_picture(begins: str, lead_minutes: int) -> None:
    """However close they are: each is to be read. Nor do they lie on the title above them."""
    sale = replace(SALE, start=at(begins), end=at(begins) + 120 * MINUTE)
    rules = policy(*(resource(name, lead_time=lead_minutes * MINUTE) for name in (PODS, LONG)))
    figure = draw_plan(plan_of(sale, estate_with([sale], the_policy=rules)))
    figure.set_dpi(150)
    figure.draw_without_rendering()

    for axes in figure.axes:
        names = [*axes.texts, axes._left_title]  # type: ignore[attr-defined]
        assert len(names) >= 4
        boxes = [name.get_window_extent() for name in names]
        for one, other in combinations(boxes, 2):
            assert not one.overlaps(other)
        assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 for box in boxes)


def test_the_floor_line_carries_what_the_schedule_says() -> None:
    plan = planned()
    (axes,) = draw_plan(plan).axes
    (floors,) = [line for line in axes.lines if line.get_label() == "what the floor asked for carries"]

    steps = plan.facts[0].schedule
    assert max(floors.get_ydata()) == 10.0 * max(step.floor for step in steps)
    assert set(floors.get_ydata()) == {10.0 * floor for floor in (2, *(step.floor for step in steps))}


def test_a_picture_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(HeadstartError, match="cannot be written"):
        write_plan_picture(planned(), tmp_path / "missing" / "plan.png")


# --- the command itself


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "neither a campaign nor --what-if"),
        (("--what-if", "kind=a", "--what-if", "kind=b", "--png", "x.png"), "--png draws one plan"),
        (
            ("bf-2026", "--png", "x.pdf"),
            "x.pdf is named otherwise. Fix: name it x.png",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_before_kafka_is_asked(arguments: tuple[str, ...], said: str) -> None:
    done = run("127.0.0.1:1", "p", "plan", *arguments)

    assert done.exit_code == 2
    assert said in done.stderr
