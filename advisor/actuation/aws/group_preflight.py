"""What will keep a group of EC2 instances from growing: its maximum, subnets' addresses, vCPU?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.actuation.aws.found import Found, Looked
from advisor.actuation.aws.quotas import quota
from advisor.actuation.aws.sessions import Sessions
from advisor.domain.capacity import Bounds
from advisor.domain.preflight import PreflightFinding
from advisor.domain.reason import Reason
from advisor.errors import ActuationError

VCPU_QUOTA = "L-1216C47A"
"""vCPU of running on-demand instances of the families A, C, D, H, I, M, R, T and Z."""

_STANDARD = "acdhimrtz"


async def group_obstacles(aws: Sessions, found: Found, group: Mapping[str, Any], need: Bounds) -> Looked:
    """All of it, for the units that are not there yet. What may not be looked at is unknown."""
    more = max(need.minimum - len(group.get("Instances", ())), 0)
    looked = maximum_too_low(found, need, _raise_maximum(found, group, need))
    looked += await _addresses(aws, found, group, more)
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


async def _addresses(aws: Sessions, found: Found, group: Mapping[str, Any], more: int) -> Looked:
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
        len(group.get("Instances", ())) + free,
    )
    return Looked((finding,))


async def _vcpu(aws: Sessions, found: Found, group: Mapping[str, Any], need: int) -> Looked:
    types = sorted({i["InstanceType"] for i in group.get("Instances", ()) if "InstanceType" in i})
    if not types:
        return Looked(unknown=("vCPU quota: the group has no instance whose size could be looked up",))
    if not all(kind[0] in _STANDARD for kind in types):
        return Looked(unknown=(f"vCPU quota: {', '.join(types)} count against a quota of their own",))
    try:
        listed = await aws.pages(
            found.at, "ec2", "describe_instance_types", "InstanceTypes", InstanceTypes=types
        )
        allowed = await quota(aws, found.at, "ec2", VCPU_QUOTA)
    except ActuationError as error:
        return Looked(unknown=(f"vCPU quota: {error.detail}",))
    each = max(kind["VCpuInfo"]["DefaultVCpus"] for kind in listed)
    return allowed.too_small_for(found.at.resource, need, each, "vCPU of on-demand instances")
