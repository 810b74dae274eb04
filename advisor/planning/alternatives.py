"""What would a resource's schedule be, and have been, if one campaign did not exist?

A campaign's own units and its cost are the difference to that. The schedule without it is kept from
decision to decision like the schedule itself, because a forecast forgets what is past: so a campaign
costs the same before, during and after its window as long as the facts stay the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from advisor.domain.advice import Claim, Need, ScheduleWithout, Step
from advisor.domain.campaign import Campaign
from advisor.domain.policy import ResourcePolicy
from advisor.domain.resource_state import ResourceState
from advisor.domain.timegrid import ceil_to, from_epoch_s
from advisor.planning.cluster import ClusterFloors
from advisor.planning.cost import unit_hours
from advisor.planning.floors import steps_past
from advisor.planning.floors_without import without_campaigns
from advisor.planning.pace import Pace
from advisor.planning.schedule import GRID, steps_of
from advisor.planning.sizing import Units


@dataclass(frozen=True, eq=False)
class Alternative:
    """One resource without one campaign: its schedule, and the floors (n,) that it has from now on.

    Those are on the grid of the resource's cluster number `cluster`. The campaign has added
    `spent_unit_hours` so far; `before` is the agreed schedule without it.
    """

    schedule: ScheduleWithout
    cluster: int
    without: Units
    spent_unit_hours: float
    before: tuple[Step, ...]

    @property
    def campaign_id(self) -> str:
        """The campaign that does not exist in it."""
        return self.schedule.campaign_id


def alternatives(
    pace: Pace,
    needs: Sequence[Need],
    clusters: Sequence[ClusterFloors],
    campaigns: Mapping[str, Campaign],
    state: ResourceState,
    now: datetime,
) -> Iterator[Alternative]:
    """The resource without each of its claiming campaigns in turn, over the campaign's own cluster.

    What is added counts from when the floor last left its minimum: what a campaign has cost so far is
    part of what it costs. Until its cluster runs a campaign has had a part in nothing: the schedule without
    it begins with all that others have had, for they may still come to touch it.
    """
    resource, first = pace.resource, ceil_to(now, GRID)
    past = steps_past(resource, state.plan, now)
    so_far = past
    for number, cluster in enumerate(clusters):
        running = from_epoch_s(int(cluster.times_s[0])) == first
        for claim in cluster.claims:
            name = claim.campaign_id
            before = _agreed_without(pace, claim, campaigns[name], state) if running else ()
            asked = without_campaigns(pace, needs, cluster, frozenset({name}), replace(state, plan=before))
            gone, spent = so_far, 0.0
            if running:
                gone = _since(before, past[0].act_at if past else first, first, resource.minimum)
                spent = unit_hours(past, first, resource.minimum) - unit_hours(gone, first, resource.minimum)
            schedule = ScheduleWithout(name, going_on_with(gone, cluster, asked, resource))
            yield Alternative(schedule, number, asked, max(0.0, spent), before)
        so_far = going_on_with(so_far, cluster, cluster.asked, resource)


def going_on_with(
    gone: tuple[Step, ...], cluster: ClusterFloors, asked: Units, resource: ResourcePolicy
) -> tuple[Step, ...]:
    """The steps of before, and then those to the floors `asked` (n,) for on a cluster's grid."""
    level = gone[-1].floor if gone else resource.minimum
    return (*gone, *steps_of(cluster.times_s, asked, resource.maximum, level))


def _agreed_without(pace: Pace, claim: Claim, campaign: Campaign, state: ResourceState) -> tuple[Step, ...]:
    """The agreed schedule without a campaign; for one not met before, what it can have had no part in."""
    for known in state.without:
        if known.campaign_id == claim.campaign_id:
            return known.steps
    part_since = max(campaign.announced_at, pace.earliest_raise(claim.start))
    return tuple(step for step in state.plan if step.act_at < part_since)


def _since(steps: Sequence[Step], begin: datetime, end: datetime, minimum: int) -> tuple[Step, ...]:
    """A schedule's steps in [begin, end), with what it had in force at `begin` as a step of that time."""
    stood = [replace(s, act_at=begin) for s in steps if s.act_at <= begin][-1:]
    later = [s for s in steps if begin < s.act_at < end]
    return tuple(s for s in (*stood, *later) if later or s.floor > minimum)
