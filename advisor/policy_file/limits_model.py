"""What may a policy say of what bounds its plans: money, pools, modes' caps, freezes and approval?"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from advisor.domain.limits import ApprovalPolicy
from advisor.domain.policy import Policy
from advisor.policy_file.section import Section
from advisor.policy_file.times import ClockTime, Moment, UpToAYear, Weekday, ZoneName
from advisor.policy_file.values import FreeText, Money, PerUnit, ResourceId, ResourceIds, wrong

_POLICY = Policy(version="", resources={})
_APPROVAL = ApprovalPolicy()
_WEEK: list[Weekday] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _days_once(days: list[Weekday]) -> list[Weekday]:
    if len(set(days)) < len(days):
        raise wrong("names a day twice", "name each day once, such as [mon, tue, wed, thu, fri]")
    return days


class BudgetSection(Section):
    """What extra capacity may cost. Any bound needs the price of every resource."""

    currency: str = Field(
        default=_POLICY.currency,
        pattern=r"^[A-Z]{3}$",
        examples=["EUR"],
        description="ISO 4217 code of every price here.",
    )
    per_campaign: Money | None = Field(
        default=None, examples=[500.0], description="The most extra cost for one campaign."
    )
    per_day: Money | None = Field(
        default=None, examples=[1500.0], description="The most extra cost in one UTC day, all campaigns."
    )
    per_team: dict[FreeText, Money] = Field(
        default={},
        examples=[{"growth": 2000.0}],
        description="The most extra cost for the campaigns of a team in one month, by the team's name.",
    )


class PoolSection(Section):
    """Something that several resources draw from: a quota, addresses, database connections."""

    limit: float = Field(
        ge=0, le=1e12, examples=[5000], description="How much there is, whatever else provides it."
    )
    uses: dict[ResourceId, PerUnit] = Field(
        min_length=1,
        examples=[{"k8s://prod/shop/hpa/web-shop": 20}],
        description="How much each unit of a resource takes.",
    )
    provides: dict[ResourceId, PerUnit] = Field(
        default={},
        examples=[{"aws://123456789012/eu-central-1/aurora-readers/shop": 1000}],
        description="How much each unit of a resource adds.",
    )


class HoursSection(Section):
    """Times of day, on some days of the week, in a time zone. Past midnight where `to` is before `from`."""

    start: ClockTime = Field(alias="from", examples=["08:00"], description="From this time of day on.")
    end: ClockTime = Field(alias="to", examples=["20:00"], description="Until before this time of day.")
    days: Annotated[list[Weekday], Field(min_length=1), AfterValidator(_days_once)] = Field(
        default=_WEEK,
        examples=[["mon", "tue", "wed", "thu", "fri"]],
        description="The days it begins on. Default: all.",
    )
    timezone: ZoneName = Field(default="UTC", examples=["Europe/Berlin"], description="IANA time zone.")


class ModeCapsSection(Section):
    """How far a mode may go by itself."""

    max_multiplier: float | None = Field(
        default=None,
        ge=1,
        le=10_000,
        examples=[5.0],
        description="No floor above so many times the resource's `min`.",
    )
    max_cost_per_hour: Money | None = Field(
        default=None, examples=[100.0], description="What a resource may cost an hour above its `min`."
    )
    hours: HoursSection | None = Field(
        default=None,
        examples=[{"from": "08:00", "to": "20:00"}],
        description="When it may act. Default: always.",
    )


class CapsSection(Section):
    """Caps on the modes that act."""

    approve: ModeCapsSection | None = Field(
        default=None, examples=[{"max_multiplier": 20.0}], description="With a person's agreement."
    )
    auto: ModeCapsSection | None = Field(
        default=None, examples=[{"max_multiplier": 5.0}], description="By itself."
    )


class FreezeSection(Section):
    """A time in which nothing is changed: people watch, and floors stay as they are."""

    start: Moment = Field(
        examples=["2026-11-26T00:00"], description="From when on: local to `timezone`, or with an offset."
    )
    end: Moment = Field(examples=["2026-11-30T06:00"], description="Until when.")
    timezone: ZoneName = Field(default="UTC", examples=["Europe/Berlin"], description="IANA time zone.")
    why: FreeText = Field(examples=["peak freeze"], description="What people are told who ask.")
    resources: ResourceIds = Field(
        default=[],
        min_length=1,
        examples=[["k8s://prod/shop/hpa/checkout"]],
        description="Only these are frozen. Default: all.",
    )


class ApprovalSection(Section):
    """How people agree to what is not done without them."""

    two_people_above: float | None = Field(
        default=_APPROVAL.two_people_above,
        ge=0,
        le=1e12,
        examples=[1000.0],
        description="Above this cost two different people have to agree.",
    )
    valid_for: UpToAYear = Field(
        default=_APPROVAL.valid_for,
        examples=["7d"],
        description="How long an approval may be acted on. What stands then goes on standing.",
    )
