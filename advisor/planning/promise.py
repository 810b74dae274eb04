"""What of a plan will really be asked for, as far as is known now: without what is kept back of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from advisor.planning.cuts import UNBOUNDED
from advisor.planning.estate import LaidOut
from advisor.planning.permissions import most_by_itself
from advisor.planning.schedule import floors_on
from advisor.planning.situation import Situation


def as_guarded(laid: LaidOut, situation: Situation) -> LaidOut:
    """The plan with no more than guardrails let through: believable, within mode caps, not on stale input.

    What stands is not taken back, and on stale input what was agreed goes on.
    """
    believable = situation.most_believable
    most: int = UNBOUNDED if believable is None else believable
    bounded = most_by_itself(situation.caps, laid.resource)
    if bounded is not None:
        most = min(most, max(bounded[0], situation.observed_floor))
    if most >= laid.resource.maximum and not situation.is_stale:
        return laid
    clusters = []
    for cluster in laid.clusters:
        asked = np.minimum(cluster.asked, most)
        if situation.is_stale:
            agreed = floors_on(cluster.times_s, laid.state.plan, laid.resource.minimum)
            asked = np.minimum(asked, agreed)
        clusters.append(replace(cluster, asked=asked))
    return replace(laid, clusters=tuple(clusters))


def without_withheld(laid: LaidOut, campaigns: Collection[str]) -> LaidOut:
    """The plan without the units of these campaigns, which people have not permitted."""
    if not campaigns:
        return laid
    clusters = list(laid.clusters)
    for campaign_id in campaigns:
        for alternative in laid.alternatives_of(campaign_id):
            cluster = clusters[alternative.cluster]
            asked = np.minimum(cluster.asked, alternative.without)
            clusters[alternative.cluster] = replace(cluster, asked=asked)
    return replace(laid, clusters=tuple(clusters))
