"""Capacity reservations of load balancers: zone by zone, one request at a time, two lowerings a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Response

from tests.aws.wire import Call, Forward, RefusedError, answered
from tests.aws.world import Fleet, World

ZONES = ("eu-central-1a", "eu-central-1b")


def describe(world: World, call: Call, forward: Forward) -> Response:
    """The reservation of a load balancer, and what each zone has of it."""
    return answered(call, _reservation(world, call.given["LoadBalancerArn"]))


def modify(world: World, call: Call, forward: Forward) -> Response:
    """Reserve more or less, unless the request before is still under way or too many were lowerings."""
    arn = call.given["LoadBalancerArn"]
    fleet = _fleet(world, arn)
    units = 0 if call.given.get("ResetCapacityReservation") else _asked(call)
    if fleet.due:
        raise RefusedError("PriorRequestNotComplete", "The prior request is not complete", 429)
    if units > world.quotas.get("lcu", 1000):
        raise RefusedError("CapacityUnitsLimitExceeded", "You have exceeded your capacity units limit")
    if units < fleet.wanted:
        left = world.table("lowerings").get(arn, 2)
        if not left:
            raise RefusedError("CapacityDecreaseRequestLimitExceeded", "You have used up today's decreases")
        world.table("lowerings")[arn] = left - 1
    fleet.aim(units, world.now, world.lead_time if units > fleet.wanted else timedelta(0))
    return answered(call, _reservation(world, arn))


def quotas(world: World, call: Call, forward: Forward) -> Response:
    """The quotas of load balancing, by their names."""
    named = "Reserved Application Load Balancer Capacity Units (LCUs)"
    listed = [{"QuotaCode": "L-1", "QuotaName": "Application Load Balancers per Region", "Value": 50.0}]
    if "lcu" in world.quotas:
        listed.append({"QuotaCode": "L-2", "QuotaName": named, "Value": world.quotas["lcu"]})
    return answered(call, {"Quotas": listed})


def _asked(call: Call) -> int:
    return int(call.given["MinimumLoadBalancerCapacity"]["CapacityUnits"])


def _fleet(world: World, arn: str) -> Fleet:
    return world.fleets.setdefault(f"lcu|{arn}", Fleet(0, 0))


def _reservation(world: World, arn: str) -> dict[str, Any]:
    fleet = _fleet(world, arn)
    code = "failed" if world.no_capacity else "pending" if fleet.due else "provisioned"
    state = {"Code": code} | ({"Reason": "no capacity in the zone"} if world.no_capacity else {})
    zones = [
        {"AvailabilityZone": zone, "State": state, "EffectiveCapacityUnits": fleet.ready / len(ZONES)}
        for zone in ZONES
    ]
    told: dict[str, Any] = {"DecreaseRequestsRemaining": world.table("lowerings").get(arn, 2)}
    if fleet.wanted:
        told |= {"MinimumLoadBalancerCapacity": {"CapacityUnits": fleet.wanted}}
        told |= {"CapacityReservationState": zones}
    return told


HANDLERS = {
    ("elbv2", "DescribeCapacityReservation"): describe,
    ("elbv2", "ModifyCapacityReservation"): modify,
    ("service-quotas", "ListServiceQuotas"): quotas,
}
