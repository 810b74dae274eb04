"""The report's sentences: what they say of good, bad and missing results."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from streams.backtest.report import sentences
from streams.backtest.report.view import CampaignCard, CapacityView, PeakMark

LEVELS = (0.5, 0.9, 0.95, 0.99)
START = datetime(2026, 11, 27, 17, tzinfo=UTC)


def card(peak: PeakMark | None) -> CampaignCard:
    return CampaignCard(1, "c", "Sale", "sale", START, START, START, True, peak, None, {}, None)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def capacity(total: int, ours: int, theirs: int, *ratios: float) -> CapacityView:
    costs = {"headstart": ratios, "hpa": tuple(ratio / 2 for ratio in ratios)}
    return CapacityView(total, {"headstart": ours, "hpa": theirs}, costs, ())


@pytest.mark.parametrize(
    ("actual", "said"),
    [
        (50.0, "The peak stayed below the median forecast's, at 0.50 times that."),
        (120.0, "The peak was 1.20 times the median forecast's, inside the 90 % band."),
        (250.0, "The peak was 2.5 times the median forecast's, inside the 95 % band."),
        (400.0, "The peak was 4.0 times the median forecast's, inside the 99 % band."),
        (456.0, "The peak was 4.6 times the median forecast's, 14 % above the 99 % band."),
    ],
)
def test_a_peak_is_placed_in_the_band(actual: float, said: str):
    """Beside the median's, and in the lowest band that holds it: the edge belongs to it."""
    peak = PeakMark(actual, (100.0, 200.0, 300.0, 400.0), 0.0, True)

    assert plain(sentences.peak_sentence(card(peak), LEVELS)) == said


def test_a_forecast_of_nothing_is_no_division_by_zero():
    """Demand came where none was expected at all."""
    peak = PeakMark(5.0, (0.0, 0.0, 0.0, 0.0), 0.0, True)

    said = sentences.peak_sentence(card(peak), LEVELS)
    assert said == "The peak came where the median forecast expected nothing, above the whole band."
    assert peak.beyond == float("inf")


def test_what_is_missing_is_said():
    """No forecast, no demand."""
    assert "No forecast was made" in sentences.peak_sentence(replace(card(None), cutoff=None), LEVELS)
    assert "No demand is known" in sentences.peak_sentence(card(None), LEVELS)


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (
            capacity(46, 46, 28, 1.9),
            "Of 46 campaigns, Headstart had enough capacity in the first ten minutes of all, at 1.9 times "
            "the least possible cost; the HPA alone missed 18 (at 0.95 times the least cost).",
        ),
        (
            capacity(3, 0, 3, 1.5, 2.0),
            "Of 3 campaigns, Headstart had enough capacity in the first ten minutes of none, at 1.5 to 2 "
            "times the least possible cost; the HPA alone missed none (at 0.75 to 1 times the least cost).",
        ),
        (
            capacity(1, 1, 0),
            "In the first ten minutes of the one campaign Headstart had enough capacity; "
            "the HPA alone lacked it.",
        ),
        (
            capacity(0, 0, 0, 2.0),
            "No campaign began in the time played; Headstart ran at 2 times the least possible cost.",
        ),
        (capacity(0, 0, 0), "No campaign began in the time played."),
        (None, ""),
    ],
)
def test_the_answer_on_capacity_fits_what_happened(view: CapacityView | None, said: str):
    """Many campaigns, few, one, none; several resources; no closed loop."""
    assert sentences.capacity_answer(view) == said


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "0.0 %"), (0.0001, "< 0.1 %"), (0.5, "50.0 %"), (0.9999, "> 99.9 %"), (1.0, "100.0 %")],
)
def test_a_share_is_never_rounded_to_none_or_all(share: float, said: str):
    """One lacking unit in ten thousand is not none."""
    assert plain(sentences.exact(share)) == said


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(days=1), "24 h"),
        (timedelta(hours=4), "4 h"),
        (timedelta(days=7), "7 d"),
        (timedelta(minutes=90), "1 h 30 min"),
        (timedelta(seconds=20), "20 s"),
    ],
)
def test_lengths_of_time_read_as_people_say_them(length: timedelta, said: str):
    """Hours up to two days, then days."""
    assert plain(sentences.ahead(length)) == said
