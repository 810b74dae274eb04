"""Laws of the codecs: any bytes give a value or a DecodeError, and what is written is read back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.domain.campaign import Campaign, CampaignBudget, ExpectedUplift
from advisor.domain.demand import TrafficSample
from advisor.errors import DecodeError
from streams.codec.campaigns import (
    Announced,
    Cancelled,
    ClockRecord,
    Withdrawn,
    clock_of,
    decode_campaign,
    encode_campaign,
    encode_clock,
)
from streams.codec.traffic import decode_traffic, encode_traffic

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RECEIVED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TYPES = [
    "io.headstart.campaign.scheduled.v1",
    "io.headstart.campaign.cancelled.v1",
    "io.headstart.clock.v1",
    "com.example.other",
]

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)
times = st.integers(0, 6_900_000_000_000_000).map(lambda us: EPOCH + timedelta(microseconds=us))
amounts = st.floats(0, 1e12)
factors = st.floats(0.01, 1000)


def near_miss(names: list[str], good: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with the right field names, whose values are sometimes right and sometimes anything."""
    fields = {name: good.get(name, st.text(max_size=20)) | anything for name in names}
    return st.fixed_dictionaries({}, optional=fields)


traffic_like = near_miss(
    ["service", "timestamp", "count", "interval_s", "rate_per_s", "series", "saturated", "extra"],
    {"timestamp": times.map(datetime.isoformat), "rate_per_s": amounts, "service": texts},
)
campaign_like = near_miss(
    ["campaign_id", "revision", "kind", "start", "end", "services", "timezone", "expected_uplift", "budget"],
    {
        "revision": st.integers(0, 5),
        "start": st.datetimes().map(datetime.isoformat),
        "end": st.datetimes().map(datetime.isoformat),
        "services": st.lists(texts),
        "timezone": st.sampled_from(["Europe/Berlin", "America", "UTC", "..", "Etc/GMT-14"]),
    },
)
event_like = near_miss(
    ["specversion", "id", "source", "type", "time", "subject", "datacontenttype", "data", "data_base64"],
    {
        "specversion": st.just("1.0"),
        "type": st.sampled_from(TYPES),
        "time": st.datetimes().map(lambda t: t.isoformat() + "+14:00"),
        "data": campaign_like | st.fixed_dictionaries({"end": anything}),
    },
)
header_names = st.sampled_from(
    ["content-type", "CE_TYPE", "ce_type", "ce_id", "ce_source", "ce_specversion", "ce_time", "ce_data"]
) | st.text(max_size=8)
header_values = (
    st.sampled_from(
        [*TYPES, "1.0", "application/cloudevents+json", "application/json", "2026-01-01T00:00:00Z"]
    )
    .map(str.encode)
    .__or__(st.binary(max_size=30) | st.none())
)
headers_like = st.lists(st.tuples(header_names, header_values), max_size=8)
json_bytes = (traffic_like | event_like | campaign_like | anything).map(lambda v: json.dumps(v).encode())
values = st.none() | st.binary(max_size=200) | json_bytes


@st.composite
def campaigns(draw: st.DrawFn) -> Campaign:
    start, end = sorted(draw(st.lists(times, min_size=2, max_size=2, unique=True)))
    p50, p90 = sorted([draw(factors), draw(factors)])
    return Campaign(
        campaign_id=draw(texts),
        revision=draw(st.integers(0, 2**31 - 1)),
        kind=draw(texts),
        start=start,
        end=end,
        services=tuple(draw(st.lists(texts, min_size=1, max_size=3, unique=True))),
        announced_at=draw(times),
        source=draw(texts),
        name=draw(texts | st.just("")),
        channels=tuple(draw(st.lists(texts, max_size=2))),
        timezone=draw(st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"])),
        audience=draw(st.none() | amounts),
        send_rate_per_min=draw(st.none() | factors),
        expected_uplift=draw(st.none() | st.just(ExpectedUplift(p50, p90))),
        owner=draw(texts | st.just("")),
        team=draw(texts | st.just("")),
        budget=draw(st.none() | amounts.map(lambda cost: CampaignBudget("EUR", cost))),
    )


@st.composite
def samples(draw: st.DrawFn) -> TrafficSample:
    by_rate = draw(st.booleans())
    return TrafficSample(
        service=draw(texts),
        timestamp_s=draw(times.map(datetime.timestamp)),
        count=None if by_rate else draw(amounts),
        interval_s=None if by_rate else draw(st.floats(0.001, 86_400)),
        rate_per_s=draw(amounts) if by_rate else None,
        series=draw(st.none() | texts),
        saturated=draw(st.booleans()),
    )


@given(values)
def test_any_bytes_are_traffic_or_a_decode_error(value: bytes | None) -> None:
    """No input can stop the reader of traffic with another exception."""
    try:
        sample = decode_traffic(value)
    except DecodeError as error:
        assert error.detail
    else:
        assert (sample.rate_per_s is None) is (sample.count is not None)


@given(
    st.none() | st.binary(max_size=20),
    values | event_like.map(lambda v: json.dumps(v).encode()),
    headers_like,
)
def test_any_record_is_a_campaign_message_or_a_decode_error(
    key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes | None]]
) -> None:
    """No input can stop the reader of campaigns with another exception, in either content mode."""
    for tried in (headers, [("content-type", b"application/cloudevents+json")]):
        try:
            message = decode_campaign(key, value, tried, received_at=RECEIVED)
        except DecodeError as error:
            assert error.detail
        else:
            assert isinstance(message, Announced | Cancelled | Withdrawn | ClockRecord)


@given(values, headers_like)
def test_any_record_is_a_clock_or_none_or_a_decode_error(
    value: bytes | None, headers: list[tuple[str, bytes | None]]
) -> None:
    """Asking whether a record is a clock is safe for any record."""
    try:
        clock = clock_of(headers, value)
    except DecodeError as error:
        assert error.detail
    else:
        assert clock is None or clock.time.tzinfo is UTC


@given(samples())
def test_traffic_is_read_back_as_it_was_written(sample: TrafficSample) -> None:
    """Times are kept to the microsecond, everything else exactly."""
    found = decode_traffic(encode_traffic(sample))
    assert found.timestamp_s == pytest.approx(sample.timestamp_s, abs=1e-6)
    assert encode_traffic(found) == encode_traffic(sample)


@given(campaigns(), st.sampled_from(["structured", "binary"]))
def test_a_campaign_is_read_back_as_it_was_written(campaign: Campaign, mode: Any) -> None:
    """Both content modes keep every field."""
    key, value, headers = encode_campaign(campaign, mode=mode)
    assert decode_campaign(key, value, headers, received_at=RECEIVED) == Announced(campaign)


@given(times, st.booleans())
def test_a_clock_is_read_back_as_it_was_written(time: datetime, end: bool) -> None:
    """Clock records keep their time to the microsecond."""
    _, value, headers = encode_clock(time, end)
    assert clock_of(headers, value) == ClockRecord(time, end)
