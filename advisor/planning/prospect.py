"""What is known of one campaign on one resource, and how much of it that resource needs when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from advisor.domain.advice import Claim
from advisor.domain.campaign import Campaign
from advisor.domain.evidence import Proof
from advisor.domain.policy import Policy
from advisor.domain.timegrid import to_epoch_s
from advisor.planning.cluster import ClusterFloors
from advisor.planning.cuts import Cut
from advisor.planning.estate import LaidOut
from advisor.planning.permissions import Permission
from advisor.planning.presence import Standing


@dataclass(frozen=True, eq=False)
class Prospect:
    """What is known of one campaign on one resource, for the verdict.

    `standing` is its plan as needs and claims alone would have it, `left` what pools and budgets leave of
    that, `promised` what of it nothing keeps back. `cluster` is None where the forecast has nothing of the
    campaign: it has not heard of it yet, or takes it for a season (`is_season`). `permissions` are those of
    all campaigns that share its raise or come while it runs, for what keeps it from one of them keeps it from
    all; `cuts` are those of its plan. More than `believable_units` are not planned for (None: no demand was
    ever seen).
    """

    standing: Standing
    left: LaidOut
    promised: Standing
    cluster: ClusterFloors | None
    permissions: tuple[Permission, ...]
    cuts: tuple[Cut, ...]
    proof: Proof
    is_lead_time_measured: bool
    policy: Policy
    is_stale: bool
    is_uncalibrated: bool
    is_unseen: bool
    is_season: bool = False
    believable_units: int | None = None

    @property
    def resource_id(self) -> str:
        """The resource it is about."""
        return self.standing.resource.resource


def peak_units(campaign: Campaign, cluster: ClusterFloors) -> int:
    """The most units that must be there for the campaign at any time."""
    return int(cluster.ready[_in_claim(claim_of(campaign, cluster), cluster)].max(initial=0))


def opening_units(campaign: Campaign, prospect: Prospect, cluster: ClusterFloors, now: datetime) -> int:
    """The most units that must be there in the first lead time from the start, or from now if that is over.

    What comes later can be asked for when the crowd is there: with it, no surprise in its lead time is left.
    """
    since = max(campaign.start, now)
    until = since + prospect.standing.pace.lead
    inside = (cluster.times_s >= to_epoch_s(since)) & (cluster.times_s < to_epoch_s(until))
    return int(cluster.ready[inside].max(initial=0))


def claim_of(campaign: Campaign, cluster: ClusterFloors) -> Claim:
    """The campaign's claim in a cluster that holds it."""
    return next(c for c in cluster.claims if c.campaign_id == campaign.campaign_id)


def from_start(campaign: Campaign, cluster: ClusterFloors) -> NDArray[np.bool_]:
    """The instants of the cluster's grid from the campaign's start to the end of its claim, shape (n,)."""
    inside = _in_claim(claim_of(campaign, cluster), cluster)
    return np.asarray(inside & (cluster.times_s >= to_epoch_s(campaign.start)))


def _in_claim(claim: Claim, cluster: ClusterFloors) -> NDArray[np.bool_]:
    start_s, end_s = to_epoch_s(claim.start), to_epoch_s(claim.end)
    return np.asarray((cluster.times_s >= start_s) & (cluster.times_s < end_s))
