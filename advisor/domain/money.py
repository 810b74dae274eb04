"""Money: what a plan costs, what it would cost to plan for more, and what was spent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rung:
    """What a campaign's capacity costs if it is planned for this quantile of demand."""

    level: float
    extra: float


@dataclass(frozen=True, slots=True)
class Cost:
    """Extra money of a plan over doing nothing; None where the policy names no price.

    `spent` of it is gone already, `committed` cannot be taken back once the plan is carried out. `ladder`
    tells what other quantiles would cost, lowest first: the price of being sure.
    """

    currency: str
    extra: float | None
    spent: float = 0.0
    committed: float = 0.0
    ladder: tuple[Rung, ...] = ()


@dataclass(frozen=True, slots=True)
class Ration:
    """A campaign may spend `limit`, which pays for this share (0 to 1) of the units that it alone adds.

    `beside` is the same of what it adds to the campaigns before it: those after it pay for the rest.
    """

    campaign_id: str
    limit: float
    share: float
    beside: float = 1.0


@dataclass(frozen=True, slots=True)
class Spent:
    """What a campaign alone had added until it last let go of units, on the UTC day `last_day` (ISO)."""

    campaign_id: str
    amount: float
    last_day: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """What floors above the minimum have cost on one resource since they are back at it.

    `days` are UTC days as ISO dates with what was spent on them, `campaigns` what each campaign alone had
    added. What still stands is not in it yet.
    """

    days: tuple[tuple[str, float], ...] = ()
    campaigns: tuple[Spent, ...] = ()

    def spent_by(self, campaign_id: str) -> float:
        """What did a campaign alone add, as far as it has let go of it? In the policy's currency."""
        return sum(spent.amount for spent in self.campaigns if spent.campaign_id == campaign_id)
