"""The policy as the decision sees it: what may be done to which resource, and on whose word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from advisor.domain.limits import (
    ApprovalPolicy,
    Budgets,
    FreezeWindow,
    Irreversible,
    LoadTest,
    ModeCaps,
    Pool,
)

TIERS = ("quota", "reservation", "balancer", "data", "cache", "nodes", "pods")
"""What capacity is made of, in the order in which it goes up; it comes down the other way."""


class Mode(StrEnum):
    """How far Headstart may go with a resource, from watching to acting."""

    OBSERVE = "observe"
    RECOMMEND = "recommend"
    APPROVE = "approve"
    AUTO = "auto"

    @property
    def rank(self) -> int:
        """0 for the most timid; a source's cap and a resource's mode combine by the lower rank."""
        return list(Mode).index(self)

    @property
    def acts(self) -> bool:
        """Is anything set in this mode, by itself or once a person agreed?"""
        return self.rank > Mode.RECOMMEND.rank


@dataclass(frozen=True, slots=True)
class RampPolicy:
    """How a floor moves: by at most `factor` every `every`, and only on the grid of `hold`."""

    factor: float = 2.0
    every: timedelta = timedelta(minutes=1)
    hold: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class ResourcePolicy:
    """What is allowed and known of one resource.

    `serves` gives, per service, the share of its demand that reaches this resource. `unit_capacity`
    is the demand in requests per second that one unit carries within its objective. `minimum` and
    `maximum` bound every floor that is ever asked for; a floor is one of `sizes` or, where there are none,
    a multiple of `quantum`. `depends_on` names resources that must be ready before this one is asked for.
    `reactive` says that something else (an HPA's metrics, say) scales the resource above its floor.
    `running_quantile` is planned for from a lead time after a campaign's start on, when its crowd is there;
    None plans for `quantile` to its end. `max_step` bounds the units that one act adds, `cooldown` is how
    long after an act nothing is lowered, `lowerings_per_day` how often the platform lets it be lowered.
    `reassert` is how often in a row what others take back is set again before a person is asked,
    `image_pulls_per_min` how many images a minute its registry lets be pulled, if that is bounded.
    """

    resource: str
    serves: Mapping[str, float] = field(hash=False)
    unit_capacity: float
    minimum: int
    maximum: int
    tier: str = "pods"
    lead_time: timedelta = timedelta(minutes=10)
    headroom: float = 0.2
    quantile: float = 0.95
    running_quantile: float | None = None
    mode: Mode = Mode.RECOMMEND
    reactive: bool = True
    ramp: RampPolicy = RampPolicy()
    price_per_unit_hour: float | None = None
    load_test: LoadTest | None = None
    quantum: int = 1
    sizes: tuple[int, ...] = ()
    depends_on: tuple[str, ...] = ()
    max_step: int | None = None
    cooldown: timedelta = timedelta(0)
    lowerings_per_day: int | None = None
    irreversible: Irreversible | None = None
    reassert: int = 5
    image_pulls_per_min: float | None = None

    @property
    def is_fixed(self) -> bool:
        """Can it not be scaled at all? Then its one unit's capacity is a limit to plan against."""
        return self.resource.startswith("fixed://")

    @property
    def mode_by_itself(self) -> Mode:
        """How far may we go with it at most? What cannot be given back is never bought without a person."""
        return Mode.APPROVE if self.mode is Mode.AUTO and self.irreversible else self.mode

    @property
    def keeps_for_good(self) -> bool:
        """Are its units never given back once they were asked for?"""
        return self.irreversible is not None and self.irreversible.committed is None

    @property
    def lets_go(self) -> bool:
        """Is less planned for once a campaign's crowd is there? Only where something reactive scales too."""
        return self.reactive and self.running_quantile is not None

    @property
    def quantile_while_running(self) -> float:
        """The quantile planned for once a campaign's crowd is there: at most `quantile`."""
        if self.running_quantile is None or not self.reactive:
            return self.quantile
        return min(self.running_quantile, self.quantile)


@dataclass(frozen=True, slots=True)
class SourcePolicy:
    """How far a source of campaigns is trusted. `max_uplift` caps the factor it may claim."""

    source: str
    max_mode: Mode = Mode.RECOMMEND
    max_uplift: float | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything people decided beforehand. `version` is a content hash, written into every audit.

    `risk` is how often a campaign that was READY may turn out short. A plan for more than
    `absurd_multiplier` times the highest demand ever seen is not believed.
    """

    version: str
    resources: Mapping[str, ResourcePolicy]
    sources: Mapping[str, SourcePolicy] = field(default_factory=dict)
    currency: str = "EUR"
    budgets: Budgets = field(default_factory=Budgets)
    stale_after: timedelta = timedelta(minutes=5)
    horizon: timedelta = timedelta(hours=24)
    plan_ahead: timedelta = timedelta(days=30)
    step: timedelta = timedelta(minutes=5)
    risk: float = 0.02
    absurd_multiplier: float = 20.0
    pools: Mapping[str, Pool] = field(default_factory=dict)
    caps: Mapping[Mode, ModeCaps] = field(default_factory=dict)
    freezes: tuple[FreezeWindow, ...] = ()
    approval: ApprovalPolicy = field(default_factory=ApprovalPolicy)

    def resources_of(self, service: str) -> tuple[ResourcePolicy, ...]:
        """The resources a service's demand reaches, in the policy's order."""
        return tuple(r for r in self.resources.values() if service in r.serves)

    @property
    def services(self) -> tuple[str, ...]:
        """Every service that some resource serves, in first-mentioned order."""
        return tuple(dict.fromkeys(s for r in self.resources.values() for s in r.serves))

    @property
    def levels(self) -> tuple[float, ...]:
        """Quantile levels to forecast: the usual four, the risk's, and whatever a resource plans for."""
        planned = {q for r in self.resources.values() for q in (r.quantile, r.quantile_while_running)}
        return tuple(sorted({0.5, 0.9, 0.95, 0.99, self.demand_level} | planned))

    @property
    def demand_level(self) -> float:
        """The quantile of demand to be ready for; the rest of the risk is for units that come late."""
        return 1.0 - self.risk / 2
