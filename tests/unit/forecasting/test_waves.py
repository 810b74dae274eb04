"""People who are reached by the clocks of their own zones come over a day, not all at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from advisor.domain.campaign import Wave
from advisor.domain.timegrid import from_epoch_s, span, to_epoch_s
from advisor.errors import DecodeError
from advisor.forecasting.windows import effect_window, time_profile
from advisor.planning.schedule import promised_until
from streams.codec.campaign_model import ANYWHERE, ScheduledData, validated
from streams.codec.campaigns import Announced, decode_campaign, encode_campaign
from tests.support.builders import HOUR, MINUTE, NOW, at, campaign, decided, floor_at, need, only, resource

DATA = {
    "campaign_id": "promo",
    "revision": 1,
    "kind": "email",
    "timezone": "Europe/Berlin",
    "start": "2026-11-27T10:00:00",
    "end": "2026-11-27T11:00:00",
    "services": ["web-shop"],
    "local_time": True,
}
SHARES = {"Europe/Berlin": 0.75, "America/New_York": 0.25}
WAVES = (
    Wave("Europe/Berlin", at("09:00"), at("10:00"), 0.75),
    Wave("America/New_York", at("15:00"), at("16:00"), 0.25),
)
PROMO = campaign(start=at("09:00"), lasts=7 * HOUR, waves=WAVES)


def read(**other) -> ScheduledData:
    return validated(ScheduledData, {**DATA, **other})


def test_each_zones_part_comes_by_its_own_clock():
    data = read(audience_timezones=SHARES)

    assert data.waves == tuple(sorted(WAVES, key=lambda w: w.timezone))
    assert (data.start_at, data.end_at) == (at("09:00"), at("16:00"))


def test_the_clocks_change_in_one_zone_moves_its_wave_only():
    """On 28 March 2027 Berlin goes ahead an hour, New York has done so two weeks before."""
    before, after = (
        read(start=f"2027-03-{day}T10:00:00", end=f"2027-03-{day}T11:00:00", audience_timezones=SHARES).waves
        for day in (27, 28)
    )

    assert [b.start - a.start for a, b in zip(before, after, strict=True)] == [24 * HOUR, 23 * HOUR]


def test_the_profile_adds_up_the_parts_and_is_never_more_than_the_whole():
    times_s = span(at("08:00"), at("19:00"), MINUTE)

    profile = dict(zip(times_s.tolist(), time_profile(PROMO, times_s).tolist(), strict=True))

    assert profile[to_epoch_s(at("09:30"))] == 0.75
    assert profile[to_epoch_s(at("15:30"))] == 0.25
    assert profile[to_epoch_s(at("13:00"))] == 0.0
    together = replace(PROMO, waves=tuple(replace(w, share=1.0, start=at("09:00")) for w in WAVES))
    assert max(time_profile(together, times_s)) == 1.0


def test_its_window_reaches_from_the_first_zone_to_the_last():
    assert effect_window(PROMO) == (at("08:30"), at("17:00"))
    assert promised_until(resource(running_quantile=0.5), PROMO) == at("15:10")


def test_where_nobody_knows_who_lives_where_the_whole_day_is_planned_for_all_of_them():
    waves = read().waves

    assert len(waves) == len(ANYWHERE) == 27
    assert max(w.end for w in waves) - min(w.start for w in waves) == timedelta(hours=27)
    anywhere = replace(PROMO, start=read().start_at, end=read().end_at, waves=waves)
    times_s = span(anywhere.start, anywhere.end, MINUTE)
    assert np.all(time_profile(anywhere, times_s) == 1.0)
    assert from_epoch_s(int(times_s[0])) == at("20:00").replace(day=26)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"start": "2026-11-27T10:00:00+01:00"}, "has an offset: people's own clocks decide"),
        ({"audience_timezones": {"Europe/Berlin": 0.8, "Asia/Tokyo": 0.4}}, "adds up to 1.2, not to 1"),
        ({"audience_timezones": {"Europe/Bern": 1.0}}, "is no IANA time zone"),
        ({"local_time": False, "audience_timezones": SHARES}, "needs local_time: true"),
    ],
)
def test_what_contradicts_itself_is_refused_in_words(fields, message):
    with pytest.raises(DecodeError, match=message):
        read(**fields)


@pytest.mark.parametrize("zones", [SHARES, {}])
def test_a_campaign_by_peoples_own_clocks_survives_the_way_over_kafka(zones):
    data = read(audience_timezones=zones)
    told = replace(PROMO, start=data.start_at, end=data.end_at, waves=data.waves, timezone="Europe/Berlin")

    key, value, headers = encode_campaign(told, mode="structured")
    fact = decode_campaign(key, value, headers, received_at=NOW)

    assert isinstance(fact, Announced)
    assert fact.campaign == told


def test_the_floor_follows_the_waves():
    """What was raised for Berlin stands until New York is over: nothing is lowered in mid-campaign."""
    parts = [campaign("b", at("09:00"), lasts=HOUR), campaign("n", at("15:00"), lasts=HOUR, uplift=1.5)]
    known = need(parts)
    whole = replace(known, without=(replace(known.without[0], campaign_id="promo"),))

    made = only(decided(at("06:00"), [PROMO], needs=[whole]))

    assert floor_at(made, at("09:30")) == 5
    assert floor_at(made, at("15:30")) == 5
