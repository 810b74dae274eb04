"""What may a policy file say? Every option with its bounds, default and meaning, as pydantic models.

The models check each value by itself; :mod:`advisor.policy_file.checks` checks values against each other.
Defaults are those of :mod:`advisor.domain.policy`. The descriptions reach editors through the schema.
Resources are in :mod:`advisor.policy_file.resource_model`, limits that cannot be moved in
:mod:`advisor.policy_file.fixed_model`, bounds on plans in :mod:`advisor.policy_file.limits_model`, clusters
and accounts in :mod:`advisor.policy_file.connection_model`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from advisor.domain.policy import Mode, Policy
from advisor.policy_file.connection_model import AccountId, AccountSection, ClusterName, ClusterSection
from advisor.policy_file.fixed_model import Resources
from advisor.policy_file.limits_model import (
    ApprovalSection,
    BudgetSection,
    CapsSection,
    FreezeSection,
    PoolSection,
)
from advisor.policy_file.resource_model import SharedOptions
from advisor.policy_file.section import Section
from advisor.policy_file.times import StepWidth, UpToADay, UpToAYear, UpToTwoWeeks
from advisor.policy_file.values import FreeText, ModeName, PoolName, ServiceName, TopicName

_POLICY = Policy(version="", resources={})


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


class PolicySection(Section):
    """A policy file: what Headstart may do to which resource, and on whose word."""

    version: int = Field(ge=1, le=1, examples=[1], description="The format of this file: 1.")
    resources: Resources = Field(
        min_length=1, description="What can be scaled, and what limits it, by canonical id."
    )
    defaults: SharedOptions = Field(default=SharedOptions(), description="For resources that say nothing.")
    services: dict[ServiceName, ServiceSection | None] = Field(
        default={}, min_length=1, description="If given, `serves` and `demand` may name only these."
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
    clusters: dict[ClusterName, ClusterSection | None] = Field(
        default={},
        description="How clusters are reached, by the name in resource ids. Others are not contacted.",
    )
    accounts: dict[AccountId, AccountSection | None] = Field(
        default={},
        description="How AWS accounts are reached, by their digits. Others are not contacted.",
    )
    budget: BudgetSection = Field(default=BudgetSection(), description="Currency and bounds on extra cost.")
    prices: FreeText | None = Field(
        default=None,
        examples=["prices.csv"],
        description="A CSV file of your own prices, beside this file: item, currency, price_per_hour, as_of, "
        "source. What it does not have is taken from AWS's list prices that come with Headstart.",
    )
    pools: dict[PoolName, PoolSection] = Field(
        default={}, description="What several resources draw from, and what their plans must share."
    )
    caps: CapsSection = Field(default=CapsSection(), description="How far each mode that acts may go.")
    freezes: list[FreezeSection] = Field(
        default=[], min_length=1, description="Times in which nothing is changed."
    )
    approval: ApprovalSection = Field(default=ApprovalSection(), description="How people agree.")
    risk: float = Field(
        default=_POLICY.risk,
        ge=0.0001,
        le=0.5,
        examples=[0.02],
        description="How often a campaign that was READY may turn out short.",
    )
    absurd_multiplier: float = Field(
        default=_POLICY.absurd_multiplier,
        gt=1,
        le=10_000,
        examples=[20.0],
        description="A plan for more than so many times the highest demand ever seen is not believed.",
    )
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
