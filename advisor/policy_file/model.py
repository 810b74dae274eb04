"""What may a policy file say? Every option with its bounds, default and meaning, as pydantic models.

The models check each value by itself; :mod:`advisor.policy_file.checks` checks values against each other.
Defaults are those of :mod:`advisor.domain.policy`. The descriptions reach editors through the schema.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from advisor.domain.policy import Mode, Policy, RampPolicy, ResourcePolicy
from advisor.policy_file.values import (
    Day,
    FreeText,
    ModeName,
    ResourceId,
    Serves,
    ServiceName,
    StepWidth,
    Tier,
    TopicName,
    UpToADay,
    UpToAWeek,
    UpToAYear,
    UpToTwoWeeks,
)

_POLICY = Policy(version="", resources={})
_RESOURCE = ResourcePolicy(resource="", serves={}, unit_capacity=1.0, minimum=0, maximum=0)
_RAMP = RampPolicy()
_MOST_UNITS = 1_000_000


class Section(BaseModel):
    """A mapping that accepts its own options only, and values of exactly the right kind."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class RampSection(Section):
    """How a floor moves. What depends on a resource warms up better in steps."""

    factor: float = Field(
        default=_RAMP.factor, gt=1, le=100, examples=[2.0], description="At most so many times per step."
    )
    every: UpToADay = Field(default=_RAMP.every, examples=["1m"], description="Time between two steps up.")
    hold: UpToADay = Field(
        default=_RAMP.hold,
        examples=["15m"],
        description="Floors change only on a grid of this width, against churn.",
    )


class LoadTestSection(Section):
    """A load test that people ran: what so many units carried, for how long, within the objective."""

    on: Day = Field(examples=["2026-10-12"], description="The day it was run.")
    rate_per_s: float = Field(
        gt=0,
        le=1e12,
        examples=[5640.0],
        description="Requests per second that arrived at all units together.",
    )
    units: int = Field(ge=1, le=_MOST_UNITS, examples=[47], description="Units that were ready throughout.")
    sustained: UpToADay = Field(examples=["15m"], description="For how long the objective was met.")
    reference: FreeText | None = Field(
        default=None, examples=["run 4711"], description="Where the results are."
    )


class SharedOptions(Section):
    """What a resource may say for itself, or `defaults` for all of them."""

    lead_time: UpToAWeek = Field(
        default=_RESOURCE.lead_time,
        examples=["6m"],
        description="From asking for units to serving with them, until measured. Take a slow day's.",
    )
    headroom: float = Field(
        default=_RESOURCE.headroom,
        ge=0,
        le=5,
        examples=[0.2],
        description="Ratio kept free above predicted demand.",
    )
    quantile: float = Field(
        default=_RESOURCE.quantile,
        ge=0.5,
        le=0.999,
        examples=[0.95],
        description="The quantile of demand planned for.",
    )
    running_quantile: float | None = Field(
        default=None,
        ge=0.5,
        le=0.999,
        examples=[0.5],
        description="Planned for from a lead time after a campaign's start on, instead of `quantile` to its "
        "end. Only where something reactive scales above the floor.",
    )
    mode: ModeName = Field(
        default=_RESOURCE.mode,
        examples=["recommend"],
        description="How far Headstart may go: observe to auto.",
    )
    tier: Tier = Field(
        default="pods", examples=["data"], description="Up goes from quota to pods, down the other way."
    )
    reactive: bool = Field(
        default=_RESOURCE.reactive,
        examples=[True],
        description="Something else (an HPA's metrics) scales above the floor.",
    )
    ramp: RampSection = Field(
        default=RampSection(), examples=[{"factor": 2.0}], description="How fast a floor moves."
    )
    price_per_unit_hour: float | None = Field(
        default=None,
        ge=0,
        examples=[0.11],
        description="What one unit costs per hour, in the budget's currency.",
    )


class ResourceSection(SharedOptions):
    """One scalable thing: whom it serves, what a unit carries, and how far its floor may go."""

    serves: Serves = Field(
        examples=["web-shop"], description="Service, list of services, or service -> calls here per request."
    )
    unit_capacity: float = Field(
        gt=0,
        le=1e12,
        examples=[120],
        description="Requests per second that one unit carries within its objective.",
    )
    load_test: LoadTestSection | None = Field(
        default=None,
        examples=[{"on": "2026-10-12"}],
        description="How you know. Until then, or until it was seen, no campaign is READY here.",
    )
    min: int = Field(ge=0, le=_MOST_UNITS, examples=[4], description="The fewest units ever asked for.")
    max: int = Field(ge=1, le=_MOST_UNITS, examples=[60], description="The most units ever asked for.")


class ServiceSection(Section):
    """What people should know of a service. Listing services guards `serves` against typing errors."""

    description: FreeText | None = Field(
        default=None, examples=["the shop's pages"], description="What it is."
    )
    owner: FreeText | None = Field(default=None, examples=["team-shop"], description="Who answers for it.")


class TrafficSection(Section):
    """How the messages of one traffic topic are written."""

    format: Literal["json"] = Field(examples=["json"], description="Native JSON, one sample a message.")


class SourceSection(Section):
    """How far the campaigns of one source are trusted."""

    source: FreeText = Field(
        examples=["/marketing/calendar"], description="The CloudEvents `source` attribute."
    )
    max_mode: ModeName = Field(
        default=Mode.RECOMMEND, examples=["auto"], description="The furthest mode its campaigns can lead to."
    )
    max_uplift: float | None = Field(
        default=None,
        ge=1,
        le=10_000,
        examples=[5.0],
        description="The largest uplift it may claim, times the baseline.",
    )


class BudgetSection(Section):
    """What extra capacity may cost."""

    currency: str = Field(
        default=_POLICY.currency,
        pattern=r"^[A-Z]{3}$",
        examples=["EUR"],
        description="ISO 4217 code of every price here.",
    )
    per_campaign: float | None = Field(
        default=None,
        gt=0,
        examples=[500.0],
        description="The most extra cost for one campaign. Needs prices.",
    )


class PolicySection(Section):
    """A policy file: what Headstart may do to which resource, and on whose word."""

    version: int = Field(ge=1, le=1, examples=[1], description="The format of this file: 1.")
    resources: dict[ResourceId, ResourceSection] = Field(
        min_length=1, description="What can be scaled, by canonical id."
    )
    defaults: SharedOptions = Field(default=SharedOptions(), description="For resources that say nothing.")
    services: dict[ServiceName, ServiceSection | None] = Field(
        default={}, min_length=1, description="If given, `serves` may name only these."
    )
    traffic: dict[TopicName, TrafficSection] = Field(
        default={},
        description="Topics that carry traffic. Default: <prefix>.traffic in native JSON.",
    )
    sources: list[SourceSection] = Field(
        default=[],
        min_length=1,
        description="If given, only these sources' campaigns count. Default: all, at most in mode recommend.",
    )
    budget: BudgetSection = Field(default=BudgetSection(), description="Currency and bounds on extra cost.")
    stale_after: UpToADay = Field(
        default=_POLICY.stale_after,
        examples=["5m"],
        description="Demand older than this lowers nothing, plans nothing new.",
    )
    horizon: UpToTwoWeeks = Field(
        default=_POLICY.horizon, examples=["24h"], description="How far ahead demand is forecast."
    )
    plan_ahead: UpToAYear = Field(
        default=_POLICY.plan_ahead,
        examples=["30d"],
        description="Campaigns starting within this time are planned.",
    )
    step: StepWidth = Field(
        default=_POLICY.step, examples=["5m"], description="Width of a forecast step; divides a day."
    )
