"""What the demo plays: a simulated shop with a flash sale, or a trace and a calendar of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil

import numpy as np
import yaml

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats, TrafficSample
from advisor.domain.timegrid import Seconds, from_epoch_s, to_epoch_s
from advisor.errors import HeadstartError
from advisor.simulation.reactive import HpaRules
from advisor.simulation.shop import TIMEZONE, demo_world
from streams.replay import samples_of
from streams.replay_files import Trace

RESOURCE = "sim://shop/web"
LEAD_TIME = timedelta(minutes=4)
HISTORY, SHOWN = timedelta(days=1), timedelta(days=3)
UNITS_AT_PEAK = 30  # a trace of one's own is cut into units so that its peak needs about so many
PRICE_PER_UNIT_HOUR = 0.12


@dataclass(frozen=True, eq=False)
class Scenario:
    """Everything the demo plays.

    `demand` (n,) is what really comes, in requests/s, at `times_s`; NaN is a gap.

    `sale` is the campaign to look at closely, None where there is none in the span.
    """

    service: str
    timezone: str
    times_s: Seconds
    demand: Floats
    samples: Sequence[TrafficSample]
    slot: timedelta
    campaigns: tuple[Campaign, ...]
    sale: Campaign | None
    unit_capacity: float
    minimum: int
    maximum: int

    @property
    def hpa(self) -> HpaRules:
        """The reactive autoscaler that both runs have: same pods, same lead time."""
        return HpaRules(
            unit_capacity=self.unit_capacity,
            maximum=self.maximum,
            lead_time_s=int(LEAD_TIME.total_seconds()),
        )

    @property
    def units_at_start(self) -> int:
        """What an autoscaler at rest would have before the first step: neither scaler starts in a hurry."""
        first = float(np.nan_to_num(self.demand[0])) / (self.unit_capacity * self.hpa.target_utilisation)
        return min(max(ceil(first), self.minimum), self.maximum)

    @property
    def start(self) -> datetime:
        """The first instant played."""
        return from_epoch_s(int(self.times_s[0]))

    @property
    def end(self) -> datetime:
        """The instant after the last one played."""
        return from_epoch_s(int(self.times_s[-1])) + self.slot

    def policy(self) -> str:
        """The policy file under which the worker plays: the simulated resource, in auto."""
        document = {
            "version": 1,
            "resources": {
                RESOURCE: {
                    "serves": self.service,
                    "unit_capacity": self.unit_capacity,
                    "load_test": {  # the simulation's own definition of a unit
                        "on": f"{self.start:%Y-%m-%d}",
                        "rate_per_s": self.unit_capacity,
                        "units": 1,
                        "sustained": "10m",
                    },
                    "min": self.minimum,
                    "max": self.maximum,
                    "lead_time": f"{int(LEAD_TIME.total_seconds())}s",
                    "mode": "auto",
                    "price_per_unit_hour": PRICE_PER_UNIT_HOUR,
                }
            },
            "sources": [
                {"source": source, "max_mode": "auto"}
                for source in sorted({c.source for c in self.campaigns})
            ],
        }
        if not self.campaigns:
            del document["sources"]
        return yaml.safe_dump(document, sort_keys=False)


def shop_scenario() -> Scenario:
    """A day and a half of a shop, with a flash sale announced two hours ahead."""
    world = demo_world()
    campaigns = (world.campaign,) if world.campaign else ()
    service = campaigns[0].services[0] if campaigns else "web-shop"
    samples = [
        TrafficSample(service, float(at), rate_per_s=round(float(rate), 3))
        for at, rate in zip(world.times_s, world.rate_per_s, strict=True)
    ]
    return Scenario(
        service=service,
        timezone=TIMEZONE,
        times_s=world.times_s,
        demand=world.rate_per_s,
        samples=samples,
        slot=timedelta(seconds=world.step_s),
        campaigns=campaigns,
        sale=world.campaign,
        unit_capacity=120.0,
        minimum=4,
        maximum=80,
    )


def trace_scenario(
    trace: Trace,
    campaigns: Sequence[Campaign],
    service: str,
    value_per: timedelta,
    unit_capacity: float | None,
) -> Scenario:
    """A trace of one's own, as it is; a unit carries a thirtieth of its peak unless told otherwise."""
    samples = samples_of(trace, service, value_per)
    width_s = int(trace.width.total_seconds())
    first, last = to_epoch_s(trace.slots[0].start), to_epoch_s(trace.slots[-1].start)
    times_s = np.arange(first, last + 1, width_s, dtype=np.int64)
    demand = np.full(len(times_s), np.nan)
    for sample in samples:
        demand[(int(sample.timestamp_s) - first) // width_s] = sample.rate_per_s
    peak = float(np.nanmax(demand))
    if peak <= 0:
        raise HeadstartError("the trace holds no demand above zero. Fix: choose another span or file")
    capacity = unit_capacity or float(f"{peak / UNITS_AT_PEAK:.2g}")
    inside = [c for c in campaigns if c.start < from_epoch_s(last) and c.end > from_epoch_s(first)]
    known = [replace(c, announced_at=max(c.announced_at, from_epoch_s(first))) for c in inside]
    return Scenario(
        service=service,
        timezone="UTC",
        times_s=times_s,
        demand=demand,
        samples=samples,
        slot=trace.width,
        campaigns=tuple(known),
        sale=max(known, key=lambda c: _highest(times_s, demand, c), default=None),
        unit_capacity=capacity,
        minimum=max(2, ceil(float(np.nanmedian(demand)) / capacity)),
        maximum=4 * ceil(peak / capacity),
    )


def default_span(trace: Trace, campaigns: Sequence[Campaign]) -> tuple[datetime, datetime]:
    """Which part of a long trace to play: three days, from a day before its first campaign on."""
    first, last = trace.slots[0].start, trace.slots[-1].start + trace.width
    starts = [c.start for c in campaigns if first <= c.start < last]
    begin = max(first, min(starts, default=first) - HISTORY)
    return begin, min(last, begin + SHOWN)


def _highest(times_s: Seconds, demand: Floats, campaign: Campaign) -> float:
    inside = (times_s >= to_epoch_s(campaign.start)) & (times_s < to_epoch_s(campaign.end))
    return float(np.nanmax(demand[inside], initial=0.0))
