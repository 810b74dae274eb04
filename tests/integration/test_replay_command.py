"""`headstart replay` against a real broker: what lies on the topics afterwards."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from streams.codec.campaigns import Announced, decode_campaign
from streams.codec.clock import ClockRecord, clock_of
from streams.codec.traffic import decode_traffic
from streams.kafka_clients import read_all
from streams.topic_setup import create_topics
from streams.topics import TopicNames
from tests.support.commands import run, settings_for

START = datetime(2026, 11, 26, tzinfo=UTC)
CALENDAR = "start_utc,end_utc,name,kind\n2026-11-26T18:00:00Z,2026-11-26T20:00:00Z,Sale,flash_sale\n"


def files(folder: Path, minutes: int) -> list[str]:
    """Options naming a trace of so many minutes, of 60 * minute a minute, and a calendar of one sale."""
    rows = [f"{(START + timedelta(minutes=m)).isoformat()},{60 * m}" for m in range(minutes)]
    demand, calendar = folder / "demand.csv", folder / "calendar.csv"
    demand.write_text("\n".join(["timestamp_utc,value", *rows]), encoding="utf-8")
    calendar.write_text(CALENDAR, encoding="utf-8")
    return ["--demand", str(demand), "--campaigns", str(calendar), "--service", "web", "--value-per", "1m"]


def test_everything_lies_on_kafka_in_order_behind_its_clock(
    kafka_broker: str, topic_prefix: str, tmp_path: Path
) -> None:
    settings = settings_for(kafka_broker, topic_prefix)
    create_topics(settings)
    names = TopicNames.of(settings)
    result = run(kafka_broker, topic_prefix, "replay", *files(tmp_path, 30), "--speed", "max", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {"published": 31, "event_time": "2026-11-26T00:30:00Z"}

    rates, said = [], defaultdict(list)
    for record in read_all(settings, names.traffic[0]):
        clock = clock_of(record.headers, record.value)
        if clock:
            said[record.partition].append(clock)
            continue
        sample = decode_traffic(record.value)
        rates.append(sample.rate_per_s)
        assert all(c.time.timestamp() <= sample.timestamp_s for c in said[record.partition])
    assert rates == [float(m) for m in range(30)]
    expected = [ClockRecord(START + timedelta(minutes=m), m == 30) for m in (5, 10, 15, 20, 25, 30)]
    assert dict(said) == {0: expected, 1: expected, 2: expected}

    (announced, *clocks) = (
        decode_campaign(r.key, r.value, r.headers, received_at=START)
        for r in read_all(settings, names.campaigns)
    )
    assert isinstance(announced, Announced)
    assert announced.campaign.campaign_id == "sale-20261126t180000z"
    assert announced.campaign.announced_at == START
    assert clocks == expected


def test_a_window_of_the_trace_is_replayed(kafka_broker: str, topic_prefix: str, tmp_path: Path) -> None:
    settings = settings_for(kafka_broker, topic_prefix)
    create_topics(settings)
    window = ["--start", "2026-11-26T00:10:00Z", "--end", "2026-11-26T00:15:00Z", "--speed", "max"]
    result = run(kafka_broker, topic_prefix, "replay", *files(tmp_path, 30), *window)
    assert result.exit_code == 0, result.output
    read = [r.value for r in read_all(settings, TopicNames.of(settings).traffic[0]) if not r.headers]
    assert [decode_traffic(value).rate_per_s for value in read] == [10.0, 11.0, 12.0, 13.0, 14.0]


def test_bad_lines_are_all_named_before_kafka_is_asked(tmp_path: Path) -> None:
    options = files(tmp_path, 3)
    (tmp_path / "demand.csv").write_text(
        "timestamp_utc,value\nnoon,1\n2026-11-26T00:00:00Z,x\n", encoding="utf-8"
    )
    result = run("127.0.0.1:1", "p", "replay", *options)
    assert result.exit_code == 2
    assert "line 2" in result.stderr
    assert "line 3" in result.stderr


def test_bad_options_are_exit_code_two(tmp_path: Path) -> None:
    for bad in (["--speed", "0"], ["--start", "2026-11-26"], ["--value-per", "1 minute"], ["--service", ""]):
        result = run("127.0.0.1:1", "p", "replay", *files(tmp_path, 3), *bad)
        assert result.exit_code == 2
        assert bad[0] in result.stderr


def test_missing_topics_are_named(kafka_broker: str, topic_prefix: str, tmp_path: Path) -> None:
    result = run(kafka_broker, topic_prefix, "replay", *files(tmp_path, 3))
    assert result.exit_code == 3
    assert "headstart topics --create" in result.stderr
