"""What will keep a group of EC2 instances from growing: its maximum, subnets' addresses, vCPU?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from advisor.actuation.aws.found import Found, Looked
from advisor.actuation.aws.group_units import on_demand_of, weight_of
from advisor.actuation.aws.quotas import quota
from advisor.actuation.aws.sessions import Sessions
from advisor.actuation.aws.vcpu_quotas import vcpu_quota
from advisor.domain.capacity import Bounds
from advisor.domain.preflight import PreflightFinding
from advisor.domain.reason import Reason
from advisor.errors import ActuationError


async def group_obstacles(aws: Sessions, found: Found, group: Mapping[str, Any], need: Bounds) -> Looked:
    """All of it, for the units that are not there yet. What may not be looked at is unknown."""
    looked = maximum_too_low(found, need, _raise_maximum(found, group, need))
    looked += await _addresses(aws, found, group, need.minimum)
    return looked + await _vcpu(aws, found, group, need.minimum)


def maximum_too_low(found: Found, need: Bounds, cure: str) -> Looked:
    """A finding where the platform's maximum is below the need; it blocks where ours may not be raised."""
    there = found.bounds.maximum
    if not found.has_maximum or there >= need.minimum:
        return Looked()
    detail = f"the maximum is {there} units, {need.minimum} are needed"
    blocks = need.maximum < need.minimum
    finding = PreflightFinding(
        found.at.resource, Reason.MAXIMUM_TOO_LOW, detail, cure, there, need.minimum, there, blocks
    )
    return Looked((finding,))


def _raise_maximum(found: Found, group: Mapping[str, Any], need: Bounds) -> str:
    name = group.get("AutoScalingGroupName", found.at.name)
    return (
        f"aws autoscaling update-auto-scaling-group --region {found.at.region}"
        f" --auto-scaling-group-name {name} --max-size {need.minimum}"
    )


async def _addresses(aws: Sessions, found: Found, group: Mapping[str, Any], need: int) -> Looked:
    weights = [weight_of(instance) for instance in group.get("Instances", ())]
    lightest = min(weights, default=1)
    more = math.ceil(max(need - sum(weights), 0) / lightest)
    subnets = [name.strip() for name in group.get("VPCZoneIdentifier", "").split(",") if name.strip()]
    if not subnets or not more:
        return Looked()
    try:
        listed = await aws.pages(found.at, "ec2", "describe_subnets", "Subnets", SubnetIds=subnets)
    except ActuationError as error:
        return Looked(unknown=(f"free addresses: {error.detail}",))
    free = sum(subnet["AvailableIpAddressCount"] for subnet in listed)
    if free >= more:
        return Looked()
    finding = PreflightFinding(
        found.at.resource,
        Reason.ADDRESSES_TOO_FEW,
        f"{free} addresses are free in {', '.join(subnets)}, {more} more instances are needed",
        f"aws autoscaling update-auto-scaling-group --region {found.at.region} --auto-scaling-group-name"
        f" {group['AutoScalingGroupName']} --vpc-zone-identifier {','.join(subnets)},SUBNET",
        free,
        more,
        sum(weights) + free * lightest,
    )
    return Looked((finding,))


async def _vcpu(aws: Sessions, found: Found, group: Mapping[str, Any], need: int) -> Looked:
    instances = [i for i in group.get("Instances", ()) if "InstanceType" in i]
    types = sorted({instance["InstanceType"] for instance in instances})
    if not types:
        return Looked(unknown=("vCPU quota: the group has no instance whose size could be looked up",))
    quotas = {vcpu_quota(name) for name in types}
    (counted,) = quotas if len(quotas) == 1 else (None,)
    if counted is None:
        return Looked(unknown=(f"vCPU quota: {', '.join(types)} do not all count against one that is known",))
    try:
        listed = await aws.pages(
            found.at, "ec2", "describe_instance_types", "InstanceTypes", InstanceTypes=types
        )
    except ActuationError as error:
        return Looked(unknown=(f"vCPU quota: {error.detail}",))
    cores = {kind["InstanceType"]: kind["VCpuInfo"]["DefaultVCpus"] for kind in listed}
    each = max(cores[i["InstanceType"]] / weight_of(i) for i in instances)
    on_demand = partial(on_demand_of, group)
    bought = f"vCPU of on-demand instances ({counted.families})"
    looked = await _in_market(aws, found, counted.on_demand, bought, need, each, on_demand)
    asked_for = f"vCPU of spot requests ({counted.families})"
    return looked + await _in_market(
        aws, found, counted.spot, asked_for, need, each, lambda n: n - on_demand(n)
    )


async def _in_market(
    aws: Sessions,
    found: Found,
    code: str | None,
    what: str,
    need: int,
    each: float,
    share: Callable[[int], int],
) -> Looked:
    """Does one quota hold its share of the units? What cannot be asked here hides no finding elsewhere."""
    if not share(need):
        return Looked()
    if code is None:
        return Looked(unknown=(f"vCPU quota: there are several of {what}",))
    try:
        allowed = await quota(aws, found.at, "ec2", code)
    except ActuationError as error:
        return Looked(unknown=(f"vCPU quota: {error.detail}",))
    return allowed.too_small_for(found.at.resource, need, each, what, share)
