"""Traces and calendars: what is read from them, and how every bad line is reported."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from advisor.errors import ConfigError
from streams.replay_files import MAX_PROBLEMS, Slot, read_calendar, read_demand, read_trace

START = datetime(2026, 11, 26, tzinfo=UTC)
TRACE = "timestamp_utc,value\n2026-11-26T00:00:00Z,60\n2026-11-26T00:01:00Z,120\n2026-11-26T00:05:00Z,0.5\n"
HEADER = "start_utc,end_utc,name,kind"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def refused(path: Path, calendar: bool = False) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read_calendar(path, ["web"], START) if calendar else read_trace(path)
    return caught.value


def test_a_trace_is_read_with_its_gaps_and_its_commonest_width(tmp_path: Path) -> None:
    text = TRACE + "2026-11-26T00:06:00Z,1\n"
    trace = read_trace(write(tmp_path / "d.csv", text))
    assert trace.width == timedelta(minutes=1)
    assert trace.slots[0] == Slot(START, 60.0)
    assert [s.start.minute for s in trace.slots] == [0, 1, 5, 6]


def test_a_gzipped_trace_reads_the_same(tmp_path: Path) -> None:
    (tmp_path / "d.csv.gz").write_bytes(gzip.compress(TRACE.encode(), mtime=0))
    assert read_trace(tmp_path / "d.csv.gz") == read_trace(write(tmp_path / "d.csv", TRACE))


def test_a_window_takes_slots_from_its_start_and_before_its_end(tmp_path: Path) -> None:
    path = write(tmp_path / "d.csv", TRACE)
    kept = read_trace(path, START + timedelta(minutes=1), START + timedelta(minutes=6)).slots
    assert [s.start.minute for s in kept] == [1, 5]


def test_every_bad_row_is_reported_with_its_line(tmp_path: Path) -> None:
    rows = ["2026-11-26T00:00:00Z,1", "noon,1", "2026-11-26T00:01:00Z,-1", "2026-11-26T00:02:00,1"]
    rows += ["2026-11-26T00:03:00Z,nan", "2026-11-26T00:04:00Z", "2026-11-26T00:05:00Z,1,extra"]
    error = refused(write(tmp_path / "d.csv", "\n".join(["timestamp_utc,value", *rows])))
    assert [problem.path for problem in error.problems] == [
        "line 3, timestamp_utc",
        "line 4, value",
        "line 5, timestamp_utc",
        "line 6, value",
        "line 7, value",
    ]


def test_rows_that_do_not_rise_are_reported(tmp_path: Path) -> None:
    text = "timestamp_utc,value\n2026-11-26T00:01:00Z,1\n2026-11-26T00:01:00Z,1\n2026-11-26T00:00:00Z,1\n"
    assert [p.path for p in refused(write(tmp_path / "d.csv", text)).problems] == ["line 3", "line 4"]


def test_a_file_of_nothing_but_bad_rows_reports_the_first_hundred(tmp_path: Path) -> None:
    error = refused(write(tmp_path / "d.csv", "timestamp_utc,value\n" + "x,1\n" * 5000))
    assert len(error.problems) == MAX_PROBLEMS + 1
    assert error.problems[-1].value == 5000 - MAX_PROBLEMS


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("absent.csv", None),
        ("empty.csv", b""),
        ("other.csv", b"time,count\n1,2\n"),
        ("short.csv", b"timestamp_utc,value\n2026-11-26T00:00:00Z,1\n"),
        ("latin.csv", b"timestamp_utc,value\n\xff,1\n"),
        ("plain.csv.gz", TRACE.encode()),
        ("cut.csv.gz", gzip.compress(TRACE.encode(), mtime=0)[:-12]),
    ],
)
def test_a_file_that_is_no_trace_is_refused_in_words(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    error = refused(tmp_path / name)
    assert name in str(error)
    assert all(problem.fix for problem in error.problems)


def test_a_calendar_row_becomes_a_campaign(tmp_path: Path) -> None:
    text = (
        f"{HEADER},announced_utc,audience,magnitude_hint\n"
        '2026-11-27T09:00:00Z,2026-11-27T12:00:00Z,"Sale, eins!",flash_sale,2026-11-20T08:00:00Z,1000,5\n'
        "2026-11-28T09:00:00Z,2026-11-28T12:00:00Z,Quiet,mailing,,,\n"
    )
    first, second = read_calendar(write(tmp_path / "c.csv", text), ["web"], START)
    assert first.campaign_id == "sale-eins-20261127t090000z"
    assert (first.kind, first.services, first.revision) == ("flash_sale", ("web",), 1)
    assert first.start == datetime(2026, 11, 27, 9, tzinfo=UTC)
    assert first.announced_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert first.audience == 1000
    assert first.expected_uplift is None, "an ordinal hint is never a multiplier"
    assert first.magnitude_hint == 5
    assert (second.announced_at, second.audience, second.magnitude_hint) == (START, None, None)


def test_a_magnitude_hint_may_be_negative_but_not_a_word(tmp_path: Path) -> None:
    head = f"{HEADER},magnitude_hint\n2026-11-27T09:00:00Z,2026-11-27T12:00:00Z,Holiday,holiday,"
    [holiday] = read_calendar(write(tmp_path / "c.csv", head + "-1.5\n"), ["web"], START)
    assert holiday.magnitude_hint == -1.5
    for wrong in ("large", "nan", "inf"):
        error = refused(write(tmp_path / "c.csv", head + wrong), calendar=True)
        assert [p.path for p in error.problems] == ["line 2, magnitude_hint"]


def test_demand_may_lie_in_any_order_with_several_rows_of_one_instant(tmp_path: Path) -> None:
    rows = ["2026-11-26T00:05:00Z,7", "2026-11-26T00:00:00Z,9", "2026-11-26T00:05:00Z,3"]
    times_s, values = read_demand(write(tmp_path / "d.csv", "\n".join(["timestamp_utc,value", *rows])))
    assert (times_s - int(START.timestamp())).tolist() == [0, 300, 300]
    assert values.tolist() == [9.0, 3.0, 7.0]


def test_demand_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no rows"):
        read_demand(write(tmp_path / "d.csv", "timestamp_utc,value\n"))


def test_a_year_that_no_calendar_plans_for_is_reported(tmp_path: Path) -> None:
    row = "9999-12-31T23:00:00Z,9999-12-31T23:30:00Z,Last,sale"
    error = refused(write(tmp_path / "c.csv", f"{HEADER}\n{row}\n"), calendar=True)
    assert [p.path for p in error.problems] == ["line 2, start_utc"]


def test_campaigns_of_one_name_and_start_are_told_apart_whatever_their_order(tmp_path: Path) -> None:
    """Names that leave no plain letters, and two holidays that share a name and a midnight."""
    rows = [
        "2026-11-27T00:00:00Z,2026-11-28T00:00:00Z,祝日,holiday",
        "2026-11-27T00:00:00Z,2026-11-28T00:00:00Z,特売,sale",
        "2026-11-27T00:00:00Z,2026-11-29T00:00:00Z,特売,sale",
        "2026-11-30T00:00:00Z,2026-12-01T00:00:00Z,特売,sale",
    ]
    one = read_calendar(write(tmp_path / "c.csv", "\n".join([HEADER, *rows])), ["web"], START)
    other = read_calendar(write(tmp_path / "c.csv", "\n".join([HEADER, *rows[::-1]])), ["web"], START)
    assert len({c.campaign_id for c in one}) == 4
    assert set(one) == set(other)
    assert one[3].campaign_id == "campaign-20261130t000000z"


def test_a_header_alone_is_a_calendar_without_campaigns(tmp_path: Path) -> None:
    assert read_calendar(write(tmp_path / "c.csv", HEADER + "\n"), ["web"], START) == ()


def test_every_bad_campaign_is_reported_with_its_line(tmp_path: Path) -> None:
    rows = [
        "2026-11-27T09:00:00Z,2026-11-27T08:00:00Z,A,sale",
        "2026-11-27T09:00:00Z,2026-11-27T10:00:00Z,,sale",
        "2026-11-27T09:00:00Z,2026-11-27T10:00:00Z,B,sale",
        "soon,2026-11-27T10:00:00Z,C,sale",
    ]
    error = refused(write(tmp_path / "c.csv", "\n".join([HEADER, *rows])), calendar=True)
    assert [p.path for p in error.problems] == ["line 2, end_utc", "line 3, name", "line 5, start_utc"]


def test_the_same_campaign_twice_is_reported(tmp_path: Path) -> None:
    row = "2026-11-27T09:00:00Z,2026-11-27T10:00:00Z,B,sale\n"
    error = refused(write(tmp_path / "c.csv", HEADER + "\n" + row + row), calendar=True)
    assert "line 2 again" in str(error)
