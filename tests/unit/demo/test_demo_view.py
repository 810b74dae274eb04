"""The live page and the plain lines: everything important is there, at every size, and nothing overflows."""

import io
from datetime import timedelta

import numpy as np
import pytest
from rich.console import Console

from advisor.domain.readiness import Readiness
from advisor.domain.reason import Reason
from streams.demo.chart import LABEL_WIDTH, chart, nice_ceiling
from streams.demo.frame import Curve, FloorNow, SaleNow, countdown
from streams.demo.view import line, open_view, page
from tests.support.demo_frames import NOW, curve, frame, sale

SIZES = [(80, 24), (120, 40), (60, 18)]


def rendered(a_frame, width: int = 80, height: int = 24) -> list[str]:
    console = Console(width=width, height=height, force_terminal=True, file=io.StringIO(), record=True)
    console.print(page(a_frame), height=height)
    return console.export_text().splitlines()


def terminal(width: int = 80, height: int = 24) -> Console:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    return Console(
        width=width, height=height, force_terminal=True, file=stream, _environ={"TERM": "xterm-256color"}
    )


class Clock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_page_fills_the_terminal_and_never_overflows(width: int, height: int):
    lines = rendered(frame(), width, height)

    assert len(lines) == height
    assert max(len(text) for text in lines) <= width


@pytest.mark.parametrize(("width", "height"), SIZES[:2])
def test_the_page_names_what_one_wants_to_know(width: int, height: int):
    text = "\n".join(rendered(frame(), width, height))

    for word in (
        "17:00 Berlin",
        "Flash sale",
        "starts in 1 h 0 min",
        "READY",
        "MEETS_PLAN",
        "HPA alone",
        "Headstart",
    ):
        assert word in text
    assert "floor 6, then 96 at 17:40" in text


def test_before_anything_is_known_the_page_says_so():
    text = "\n".join(
        rendered(frame(forecast=None, floor=None, sale=None, demand=curve(1.0, 0), scalers=(), news=()))
    )

    assert "none announced yet" in text
    assert "no floor set yet" in text


def test_a_campaign_without_a_verdict_says_so():
    assert "no verdict yet" in "\n".join(rendered(frame(sale=sale(readiness=None))))


def test_the_chart_has_as_many_rows_and_columns_as_it_was_given():
    rows = chart(frame(), 101, 20).plain.split("\n")

    assert len(rows) == 20
    assert {len(row) for row in rows} == {101}


def test_the_chart_shows_demand_before_now_and_the_forecast_after():
    rows = chart(frame(scalers=(), sale=None), 87, 20).plain.split("\n")
    bottom = rows[-2][LABEL_WIDTH:]

    now = bottom.index("│")
    assert set(bottom[:now]) == {"█"}
    assert set(bottom[now + 1 :]) <= {"▒", " "}


def test_bars_are_as_high_as_demand_says():
    """At 1000 of a top of 2000, half of the rows are full."""
    rows = chart(frame(scalers=(), sale=None), 87, 21).plain.split("\n")
    column = [row[LABEL_WIDTH + 10] for row in rows[:-1]]

    assert column == [" "] * 10 + ["█"] * 10


def test_hours_under_the_chart_are_on_the_shops_clock():
    assert "17:00" in chart(frame(), 120, 10).plain.split("\n")[-1]


def test_a_gap_in_demand_is_not_drawn_as_an_error():
    gappy = curve(1000.0)
    gappy.rate_per_s[10:40] = np.nan

    assert len(chart(frame(demand=gappy), 80, 10).plain.split("\n")) == 10


def test_a_single_sample_can_be_drawn():
    one = Curve(np.array([int(NOW.timestamp()) - 60]), np.array([5.0]))

    assert "█" in chart(frame(demand=one, forecast=None, scalers=()), 80, 10).plain


@pytest.mark.parametrize(
    ("value", "top"), [(0.0, 1.0), (1.0, 1.0), (1.2, 1.5), (17.0, 20.0), (3982.0, 4000.0), (9.5, 10.0)]
)
def test_the_axis_ends_on_a_round_number(value: float, top: float):
    assert nice_ceiling(value) == pytest.approx(top)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (-95, "starts in 1 h 35 min"),
        (-3000, "starts in 2 d 2 h 0 min"),
        (0, "running for 0 min, 2 h 0 min to go"),
        (30, "running for 30 min, 1 h 30 min to go"),
        (130, "over since 10 min"),
    ],
)
def test_the_countdown_speaks_as_people_do(minutes: int, words: str):
    assert countdown(NOW + timedelta(minutes=minutes), NOW, NOW + timedelta(hours=2)) == words


def test_one_line_says_it_all():
    assert line(frame()) == (
        "Fri 27 Nov 17:00 | demand 1,000/s needs 20 units | HPA alone has 18 ready, Headstart has 60 ready"
        " | floor 6, then 96 at 17:40 | Flash sale starts in 1 h 0 min | READY (MEETS_PLAN)"
    )


def test_a_floor_without_a_next_one_is_said_plainly():
    assert "| floor 6" in line(frame(floor=FloorNow(6), sale=None))


def test_a_pipe_gets_plain_lines_and_only_every_few_seconds():
    stream, clock = io.StringIO(), Clock()

    with open_view(Console(file=stream, width=80), clock) as show:
        for _ in range(70):
            show(frame())
            clock.now += 0.1

    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    assert all(text == line(frame()) for text in lines)


def test_the_last_frame_is_always_printed():
    stream, clock = io.StringIO(), Clock()

    with open_view(Console(file=stream, width=80), clock) as show:
        show(frame())
        show(frame(progress=1.0))

    assert len(stream.getvalue().splitlines()) == 2


def test_names_with_brackets_are_not_taken_for_markup():
    stream = io.StringIO()
    odd = SaleNow("[bold]Sale[/]", NOW, NOW, Readiness.READY, (Reason.VERIFIED,))

    with open_view(Console(file=stream, width=80), Clock()) as show:
        show(frame(sale=odd))

    assert "[bold]Sale[/]" in stream.getvalue()
    assert "[bold]Sale[/]" in "\n".join(rendered(frame(sale=odd)))


def test_a_terminal_gets_a_page_and_is_left_as_it_was():
    console = terminal()

    with open_view(console, Clock()) as show:
        show(frame())

    console.file.flush()
    written = console.file.buffer.getvalue().decode()  # type: ignore[attr-defined]
    assert "Flash sale" in written
    assert written.index("\x1b[?1049h") < written.index("Flash sale") < written.index("\x1b[?1049l")


def test_a_terminal_too_small_for_a_page_gets_lines():
    console = terminal(width=40, height=10)

    with open_view(console, Clock()) as show:
        show(frame())

    console.file.flush()
    assert "demand 1,000/s" in console.file.buffer.getvalue().decode()  # type: ignore[attr-defined]
