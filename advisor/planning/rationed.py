"""What would a resource be without a campaign, beside others that may have only a part of their own?

Two campaigns that both cost too much would otherwise hide in each other's plans: neither would add anything
to what the other asks for, and both would have it although nobody pays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from advisor.domain.timegrid import from_epoch_s
from advisor.planning.alternatives import Alternative, going_on_with
from advisor.planning.cuts import share_of
from advisor.planning.estate import LaidOut
from advisor.planning.floors_without import without_campaigns
from advisor.planning.schedule import agreed_to_stay
from advisor.planning.sizing import Units


def beside(laid: LaidOut, shares: Mapping[str, float], campaign_id: str) -> LaidOut:
    """The same resource, told what a campaign adds to a plan in which others are rationed.

    `shares` are the parts, 0 to 1, that rationed campaigns may have of what they alone add, in the order in
    which they were rationed.
    """
    if not shares:
        return laid
    found = (_beside(laid, a, shares) if a.campaign_id == campaign_id else a for a in laid.alternatives)
    return replace(laid, alternatives=tuple(found))


def _beside(laid: LaidOut, alternative: Alternative, shares: Mapping[str, float]) -> Alternative:
    cluster = laid.clusters[alternative.cluster]
    if not any(c.campaign_id in shares for c in cluster.claims if c.campaign_id != alternative.campaign_id):
        return alternative
    level = _level(laid, alternative, frozenset({alternative.campaign_id}), shares)
    # What stands without it was rationed when it was asked for.
    kept = agreed_to_stay(alternative.before, cluster.times_s, laid.resource.minimum)
    asked = np.minimum(np.maximum(level, kept), alternative.without)
    begin = from_epoch_s(int(cluster.times_s[0]))
    gone = tuple(step for step in alternative.schedule.steps if step.act_at < begin)
    steps = going_on_with(gone, cluster, asked, laid.resource)
    return replace(alternative, schedule=replace(alternative.schedule, steps=steps), without=asked)


def in_turn(
    laid: LaidOut, alternative: Alternative, shares: Mapping[str, float], later: frozenset[str]
) -> tuple[Units, Units] | None:
    """The floors without and with a campaign while those that come `later` are not there; None if none is.

    On the grid of its cluster, shape (n,) each.
    """
    absent = later & {claim.campaign_id for claim in laid.clusters[alternative.cluster].claims}
    if not absent:
        return None
    others = absent | {alternative.campaign_id}
    without = _level(laid, alternative, others, shares)
    # Those who have no money for all of it do not have all of it to share either.
    poor = frozenset(shares) & {claim.campaign_id for claim in laid.clusters[alternative.cluster].claims}
    own = _without(laid, alternative, absent | poor) - _without(laid, alternative, others | poor)
    return without, without + np.maximum(own, 0)


def _level(
    laid: LaidOut, alternative: Alternative, absent: frozenset[str], shares: Mapping[str, float]
) -> Units:
    """The floors (n,) of the cluster without those absent, and with their part of those that are rationed."""
    claiming = {claim.campaign_id for claim in laid.clusters[alternative.cluster].claims} - absent
    rationed = [name for name in shares if name in claiming]
    left_out = absent.union(rationed)
    level = whole = _without(laid, alternative, left_out)
    known = left_out
    for name in rationed:
        if shares[name] <= 0.0:  # nothing of it, but the next is measured beside it
            left_out -= {name}
            continue
        before = whole if known == left_out else _without(laid, alternative, left_out)
        known = left_out = left_out - {name}
        whole = _without(laid, alternative, known)
        level = share_of(np.maximum(whole - before, 0), shares[name], level, laid.resource)
    return level


def _without(laid: LaidOut, alternative: Alternative, names: frozenset[str]) -> Units:
    cluster, state = laid.clusters[alternative.cluster], replace(laid.state, plan=alternative.before)
    return without_campaigns(laid.pace, laid.needs, cluster, names, state)
