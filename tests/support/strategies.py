"""What property tests draw from: any resource, any campaigns, any past, that could really occur."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from advisor.domain.advice import Step
from advisor.domain.campaign import Campaign
from advisor.domain.capacity import Bounds, Observation
from advisor.domain.demand import TrafficSample
from advisor.domain.policy import RampPolicy, ResourcePolicy
from advisor.domain.resource_state import ResourceState
from tests.support.builders import MINUTE, NOW, PODS, T0, campaign, certain, counted, reading, resource

Draw = st.DrawFn
HORIZON_MIN = 20 * 60

baselines = st.floats(0.0, 400.0)
"""Ordinary demand in requests per second; a unit carries ten."""


@st.composite
def resources(draw: Draw, /, **fixed: Any) -> ResourcePolicy:
    """Any resource in auto mode: bounds, lead time, headroom, ramp, with or without a live scaler."""
    minimum = draw(st.integers(0, 6))
    values = {
        "minimum": minimum,
        "maximum": minimum + draw(st.integers(0, 80)),
        "lead_time": timedelta(seconds=30 * draw(st.integers(0, 240))),
        "headroom": draw(st.sampled_from([0.0, 0.2, 1.0])),
        "reactive": draw(st.booleans()),
        "running_quantile": draw(st.sampled_from([None, 0.5])),
        "ramp": RampPolicy(
            factor=draw(st.sampled_from([1.5, 2.0, 10.0])),
            every=draw(st.integers(1, 5)) * MINUTE,
            hold=draw(st.sampled_from([5, 10, 15, 30])) * MINUTE,
        ),
    }
    return resource(**{**values, **fixed})


@st.composite
def campaigns(
    draw: Draw, /, campaign_id: str = "c0", *, within_min: tuple[int, int] = (-180, 1000)
) -> Campaign:
    """A campaign around now: over, running or to come; dips too."""
    start = NOW + draw(st.integers(*within_min)) * MINUTE
    return campaign(
        campaign_id,
        start,
        lasts=draw(st.integers(1, 300)) * MINUTE,
        uplift=draw(st.floats(0.5, 50.0)),
    )


def calendars(most: int = 3) -> st.SearchStrategy[list[Campaign]]:
    """Up to so many campaigns, in any relation to each other."""
    return (
        st.integers(0, most).flatmap(lambda n: st.tuples(*(campaigns(f"c{i}") for i in range(n)))).map(list)
    )


@st.composite
def pasts(draw: Draw, /, of: ResourcePolicy) -> ResourceState:
    """What may be remembered of a resource: any agreed plan within its bounds, any observation or none."""
    floors = st.integers(of.minimum, of.maximum)
    minutes = sorted(draw(st.sets(st.integers(-240, HORIZON_MIN), max_size=6)))
    plan = tuple(Step(NOW + minute * MINUTE, draw(floors), of.maximum) for minute in minutes)
    return ResourceState(PODS, plan=plan, observation=draw(st.none() | observations(of)))


@st.composite
def observations(draw: Draw, /, of: ResourcePolicy) -> Observation:
    """A resource as found: its floor may have been set by people, its units may not be ready."""
    floor = draw(st.integers(0, of.maximum + 20))
    units = floor + draw(st.integers(0, 10))
    return Observation(PODS, NOW, Bounds(floor, max(of.maximum, floor)), units, draw(st.integers(0, units)))


def bolder(one: Campaign, times: float) -> Campaign:
    """The same campaign with a larger promise."""
    assert one.expected_uplift is not None
    return replace(one, expected_uplift=certain(one.expected_uplift.p50 * times))


instants: st.SearchStrategy[datetime] = st.sampled_from([0, 0, 1, 29, 59]).map(
    lambda s: NOW + timedelta(seconds=s)
)
"""Now; decisions come on the minute and between minutes."""


# --- traffic


@st.composite
def samples(draw: Draw, /) -> TrafficSample:
    """A sample of the first quarter of an hour; whole numbers, so that sums are exact in any order."""
    at_s = T0 + draw(st.integers(0, 900))
    service = draw(st.sampled_from(["web-shop", "api"]))
    saturated = draw(st.booleans())
    if draw(st.booleans()):
        series = draw(st.sampled_from(["r1", "r2"]))
        return reading(
            at_s, float(draw(st.integers(0, 64))), series=series, service=service, saturated=saturated
        )
    return counted(
        at_s,
        float(draw(st.integers(0, 1000))),
        float(draw(st.integers(1, 60))),
        series=draw(st.sampled_from([None, "s1", "s2"])),
        service=service,
        saturated=saturated,
    )


def arrivals(lateness_s: int) -> st.SearchStrategy[list[tuple[int, TrafficSample]]]:
    """Samples, each with the seconds by which it is delayed, at most the lateness."""
    return st.lists(st.tuples(st.integers(0, lateness_s), samples()), max_size=40)
