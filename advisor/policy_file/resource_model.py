"""What may a policy say of one resource? Every option with its bounds, default and meaning."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from advisor.domain.policy import RampPolicy, ResourcePolicy
from advisor.policy_file.price_model import Price
from advisor.policy_file.section import Section
from advisor.policy_file.served import Demand, Serves
from advisor.policy_file.times import Day, NothingToADay, UpToADay, UpToAWeek, UpToThreeYears
from advisor.policy_file.values import (
    MOST_UNITS,
    FreeText,
    ModeName,
    PerUnit,
    ResourceIds,
    Sizes,
    Tier,
)

_RESOURCE = ResourcePolicy(resource="", serves={}, unit_capacity=1.0, minimum=0, maximum=0)
_RAMP = RampPolicy()


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
    rate_per_s: PerUnit = Field(
        examples=[5640.0], description="Requests per second that arrived at all units together."
    )
    units: int = Field(ge=1, le=MOST_UNITS, examples=[47], description="Units that were ready throughout.")
    sustained: UpToADay = Field(
        examples=["15m"], description="For how long the objective was met: 10m at least prove something."
    )
    reference: FreeText | None = Field(
        default=None, examples=["run 4711"], description="Where the results are."
    )


class IrreversibleSection(Section):
    """Units that are not given back when they are needed no more. Says one of the two."""

    committed: UpToThreeYears | None = Field(
        default=None,
        examples=["30d"],
        description="They are paid for and stay so long at least, as a committed reservation does.",
    )
    price_per_unit: float | None = Field(
        default=None,
        ge=0,
        le=1e12,
        examples=[1.2],
        description="They stay for good, each at this price paid once, as DynamoDB's warm throughput does.",
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
    max_step: int | None = Field(
        default=_RESOURCE.max_step,
        ge=1,
        le=MOST_UNITS,
        examples=[20],
        description="The most units that one act adds. Default: as many as `ramp` allows.",
    )
    cooldown: NothingToADay = Field(
        default=_RESOURCE.cooldown,
        examples=["10m"],
        description="For so long after an act nothing is lowered; raises do not wait.",
    )
    reassert: int = Field(
        default=_RESOURCE.reassert,
        ge=0,
        le=20,
        examples=[5],
        description="How often in a row a floor that others take back is set again before a person is asked.",
    )
    image_pulls_per_min: PerUnit | None = Field(
        default=None,
        examples=[20.0],
        description="How many images a minute its registry lets be pulled, if that is bounded.",
    )
    price_per_unit_hour: float | None = Field(
        default=None,
        ge=0,
        examples=[0.11],
        description="What one unit costs per hour, in the budget's currency.",
    )


class WhomSection(Section):
    """Whose demand arrives: `serves` or `demand`, one of the two."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["serves"]}, {"required": ["demand"]}]}
    )

    serves: Serves | None = Field(
        default=None,
        examples=["web-shop"],
        description="Service, list of services, service -> calls here per request, or * for all services.",
    )
    demand: Demand | None = Field(
        default=None,
        examples=["0.08 * web-shop + 0.3 * checkout"],
        description="Another way to write `serves`: calls here per request, as a sum over services.",
    )


class ResourceSection(SharedOptions, WhomSection):
    """One scalable thing: whom it serves, what a unit carries, and how far its floor may go."""

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
    min: int = Field(ge=0, le=MOST_UNITS, examples=[4], description="The fewest units ever asked for.")
    max: int = Field(ge=1, le=MOST_UNITS, examples=[60], description="The most units ever asked for.")
    quantum: int = Field(
        default=_RESOURCE.quantum,
        ge=1,
        le=MOST_UNITS,
        examples=[3],
        description="Floors are multiples of this, as one node per zone is; min and max too.",
    )
    sizes: Sizes = Field(
        default=[],
        examples=[[2, 3, 6]],
        description="The only floors possible, if not any number will do; min and max are among them.",
    )
    depends_on: ResourceIds = Field(
        default=[],
        examples=[["aws://123456789012/eu-central-1/asg/shop-nodes"]],
        description="Resources that must be ready before this one is asked for.",
    )
    price: Price = Field(
        default=None,
        examples=["aws/eu-central-1/ec2/m7g.large"],
        description="What a unit is paid for by, as the price table names it, instead of "
        "`price_per_unit_hour`.",
    )
    lowerings_per_day: int | None = Field(
        default=None,
        ge=1,
        le=1440,
        examples=[2],
        description="How often a day the platform lets it be lowered. Default: as often as one likes.",
    )
    irreversible: IrreversibleSection | None = Field(
        default=None,
        examples=[{"committed": "30d"}],
        description="Units that are not given back. A person always approves them.",
    )
