"""What the kinds of campaigns of one world really do, and what their owners say of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from advisor.domain.campaign import Campaign, CampaignStatus, ExpectedUplift
from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds, from_epoch_s, to_epoch_s

SOURCE = "/world/marketing"
NAMES = ("newsletter", "app_push", "flash_sale", "tv_spot", "product_drop", "voucher", "live_show")
QUARTER_S = 900
SOONEST_S, EARLIEST_S = 20 * 60, 14 * 86_400
"""A campaign is announced between twenty minutes and two weeks ahead."""

MOVED, CANCELLED = 0.08, 0.05
SAYS_UPLIFT, SAYS_AUDIENCE = 0.45, 0.25  # the others say nothing


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: its crowd is `uplift` times the baseline at the height, give or take `spread` (log).

    `optimism` is by what its owner's figures are too high, on average. It starts around `hour`, lasts
    around `length_s`; the crowd comes within `rise_s`, a share `early` of it before the start, falls to
    `plateau` of its height with `ebb_s` (or grows to it, where that is above 1) and leaves within `tail_s`.
    """

    name: str
    uplift: float
    spread: float
    optimism: float
    audience: float
    hour: float
    length_s: float
    early: float
    rise_s: float
    plateau: float
    ebb_s: float
    tail_s: float


@dataclass(frozen=True, slots=True)
class Happening:
    """One campaign as it really is: what was announced of it, when, and its true height over the baseline."""

    revisions: tuple[Campaign, ...]
    uplift: float
    kind: Kind

    @property
    def campaign(self) -> Campaign:
        """Its last revision, by which it takes place or not."""
        return self.revisions[-1]

    @property
    def takes_place(self) -> bool:
        """Was it not withdrawn?"""
        return self.campaign.status is CampaignStatus.SCHEDULED

    def known_at(self, now: datetime) -> Campaign | None:
        """The newest revision announced before `now`."""
        return next((c for c in reversed(self.revisions) if c.announced_at < now), None)

    def factor(self, times_s: Seconds) -> Floats:
        """By what it multiplies the baseline at each instant, shape (n,)."""
        return 1.0 + (self.uplift - 1.0) * _crowd(self.kind, self.campaign, times_s)


def draw_kinds(rng: np.random.Generator, mean_rate_per_s: float) -> tuple[Kind, ...]:
    """The kinds of one world: three to five, each with a height and a habit of its own."""
    names = rng.choice(NAMES, size=int(rng.integers(3, 6)), replace=False)
    kinds = []
    for name in names.tolist():
        uplift = 1.0 + float(rng.lognormal(np.log(0.9), 0.6))
        requests_each = float(rng.lognormal(np.log(0.15), 0.6))  # of one person addressed
        kinds.append(
            Kind(
                name=name,
                uplift=uplift,
                spread=float(rng.uniform(0.06, 0.3)),
                optimism=float(rng.lognormal(0.2, 0.25)),
                audience=(uplift - 1.0) * mean_rate_per_s * 3600 / requests_each,
                hour=float(rng.uniform(7.0, 21.0)),
                length_s=3600 * float(rng.uniform(1.0, 5.0)),
                early=float(rng.uniform(0.0, 0.25)),
                rise_s=60 * float(rng.lognormal(np.log(5.0), 0.7)),
                plateau=float(rng.uniform(0.4, 1.15)),
                ebb_s=60 * float(rng.uniform(15.0, 90.0)),
                tail_s=60 * float(rng.uniform(5.0, 40.0)),
            )
        )
    return tuple(kinds)


def draw_happening(
    rng: np.random.Generator, number: int, kind: Kind, day_s: int, services: tuple[str, ...]
) -> Happening:
    """One campaign of a kind on the day that begins at `day_s`: as announced, and as it will be."""
    audience = kind.audience * float(rng.lognormal(0.0, 0.4))
    surprise = kind.spread * float(rng.standard_t(5)) / np.sqrt(5 / 3)
    extra = (kind.uplift - 1.0) * (audience / kind.audience) ** 0.8
    start_s = _quarter(day_s + 3600 * (kind.hour + float(rng.normal(0.0, 1.2))))
    length_s = max(1800, _quarter(kind.length_s * float(rng.lognormal(0.0, 0.2))))
    ahead_s = np.exp(rng.uniform(np.log(SOONEST_S), np.log(EARLIEST_S)))
    says_uplift, says_audience = _says(rng, kind, 1.0 + extra, audience)
    first = Campaign(
        campaign_id=f"c{number:03d}",
        revision=1,
        kind=kind.name,
        start=from_epoch_s(start_s),
        end=from_epoch_s(start_s + length_s),
        services=services,
        announced_at=from_epoch_s(int(start_s - ahead_s)),
        source=SOURCE,
        expected_uplift=says_uplift,
        audience=says_audience,
    )
    uplift = 1.0 + extra * float(np.exp(surprise))
    return Happening(_revised(rng, first, ahead_s), uplift, kind)


def _says(
    rng: np.random.Generator, kind: Kind, uplift: float, audience: float
) -> tuple[ExpectedUplift | None, float | None]:
    """What the owner says of it: the uplift as an optimist sees it, its audience, or nothing."""
    said, p50 = rng.random(), 1.0 + (uplift - 1.0) * kind.optimism * float(rng.lognormal(0.0, 0.15))
    p90 = p50 * float(rng.uniform(1.1, 1.5))
    if said < SAYS_UPLIFT:
        return ExpectedUplift(round(p50, 2), round(p90, 2)), None
    return None, round(audience) if said < SAYS_UPLIFT + SAYS_AUDIENCE else None


def _revised(rng: np.random.Generator, first: Campaign, ahead_s: float) -> tuple[Campaign, ...]:
    """With what becomes of the announcement later: most stand, some are moved, some withdrawn."""
    fate, later = rng.random(), timedelta(seconds=int(ahead_s * rng.uniform(0.1, 0.9)))
    by_s = _quarter(float(rng.choice((-1.0, 1.0))) * 60 * rng.uniform(15.0, 600.0))
    told_at = first.announced_at + later
    if fate < CANCELLED:
        return first, _again(first, told_at, status=CampaignStatus.CANCELLED)
    if fate < CANCELLED + MOVED:
        start_s = to_epoch_s(first.start) + by_s
        if start_s > to_epoch_s(told_at) + SOONEST_S:
            length = first.end - first.start
            start = from_epoch_s(start_s)
            return first, _again(first, told_at, start=start, end=start + length)
    return (first,)


def _again(
    first: Campaign,
    told_at: datetime,
    *,
    status: CampaignStatus = CampaignStatus.SCHEDULED,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Campaign:
    return Campaign(
        campaign_id=first.campaign_id,
        revision=2,
        kind=first.kind,
        start=start or first.start,
        end=end or first.end,
        services=first.services,
        announced_at=told_at,
        source=first.source,
        status=status,
        expected_uplift=first.expected_uplift,
        audience=first.audience,
    )


def _crowd(kind: Kind, campaign: Campaign, times_s: Seconds) -> Floats:
    """How much of the crowd is there? Shape (n,): 0 without, 1 at the first height."""
    since = (times_s - to_epoch_s(campaign.start)).astype(np.float64)
    after = (times_s - to_epoch_s(campaign.end)).astype(np.float64)
    before = kind.early * np.clip(1.0 + since / (2 * kind.rise_s), 0.0, 1.0)
    risen = 1.0 - (1.0 - kind.early) * np.exp(-np.maximum(since, 0.0) / kind.rise_s)
    stays = kind.plateau + (1.0 - kind.plateau) * np.exp(-np.maximum(since - kind.rise_s, 0.0) / kind.ebb_s)
    present = np.where(since < 0.0, before, risen * stays)
    return np.asarray(present * np.exp(-np.maximum(after, 0.0) / kind.tail_s), dtype=np.float64)


def _quarter(seconds: float) -> int:
    return round(seconds / QUARTER_S) * QUARTER_S
