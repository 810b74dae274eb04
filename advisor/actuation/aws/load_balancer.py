"""Load balancers: `alb/NAME` and `nlb/NAME`. A unit is a capacity unit (LCU) that is reserved.

A reservation is a floor and has no maximum. Raising it takes minutes to hours, and waits for the request
before it; it is lowered twice a day at most.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from advisor.actuation.aws.addresses import Address, with_names
from advisor.actuation.aws.found import Found, Looked
from advisor.actuation.aws.marks import tags_of
from advisor.actuation.aws.quotas import Quota
from advisor.actuation.aws.schedules import Rearmament
from advisor.actuation.aws.sessions import Answer, Sessions
from advisor.domain.capacity import Bounds
from advisor.domain.change import Change, Done
from advisor.domain.policy import ResourcePolicy
from advisor.domain.preflight import PreflightFinding
from advisor.domain.reason import Reason
from advisor.errors import ActuationError

_TYPES = {"alb": "application", "nlb": "network"}
_CONTROLLER = ("elbv2.k8s.aws/cluster", "ingress.k8s.aws/stack", "service.k8s.aws/stack")
"""Tags by which the AWS Load Balancer Controller knows the load balancers that it keeps as declared."""

_CURES = {
    "alb": "alb.ingress.kubernetes.io/minimum-load-balancer-capacity",
    "nlb": "service.beta.kubernetes.io/aws-load-balancer-minimum-load-balancer-capacity",
}
"""The annotations that the controller takes a reservation from."""


class LoadBalancer:
    """The reserved capacity of a load balancer. `resources` tells the maximum, which AWS does not know."""

    writes: Sequence[str] = (
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:ModifyCapacityReservation",
        "elasticloadbalancing:RemoveTags",
    )

    def __init__(self, sessions: Sessions, kind: str, resources: Mapping[str, ResourcePolicy]) -> None:
        self._aws = sessions
        self._kind = kind
        self._resources = resources

    async def find(self, resource: str, now: datetime) -> Found:
        """The load balancer, its tags, and its reservation zone by zone."""
        at = with_names(resource, 1, 1, f"{self._kind}/NAME")
        balancer = await self._balancer(at)
        arn = balancer["LoadBalancerArn"]
        tagged = await self._call(at, "describe_tags", ResourceArns=[arn])
        tags = tags_of(tagged["TagDescriptions"][0]["Tags"])
        reserved = await self._call(at, "describe_capacity_reservation", LoadBalancerArn=arn)
        units = reserved.get("MinimumLoadBalancerCapacity", {}).get("CapacityUnits", 0)
        zones = reserved.get("CapacityReservationState", ())
        policy = self._resources.get(resource)
        return Found(
            at,
            Bounds(units, max(policy.maximum if policy else 0, units)),
            units,
            _effective(units, zones),
            f"{arn}@{balancer['CreatedTime'].isoformat()}",
            tags,
            {"arn": arn, "reservation": reserved},
            waiting_for=tuple(_waits(zone) for zone in zones if not _provisioned(zone)),
            owner=self._owner(tags),
            has_maximum=False,
        )

    async def mark(self, found: Found, tags: Mapping[str, str]) -> None:
        """Tag the load balancer."""
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        await self._call(found.at, "add_tags", ResourceArns=[found.described["arn"]], Tags=listed)

    async def set_bounds(self, found: Found, change: Change) -> Done:
        """Reserve so many units; none at all is no reservation."""
        units = change.target.minimum
        asked: dict[str, Any] = (
            {"MinimumLoadBalancerCapacity": {"CapacityUnits": units}}
            if units
            else {"ResetCapacityReservation": True}
        )
        await self._call(
            found.at, "modify_capacity_reservation", LoadBalancerArn=found.described["arn"], **asked
        )
        return Done()

    async def arm(self, found: Found, todo: Rearmament) -> str:
        """Reservations hold no schedule."""
        raise AssertionError(f"{found.at.resource} was found with a schedule, which it cannot hold")

    async def let_go(self, found: Found, change: Change) -> Done:
        """As setting it."""
        return await self.set_bounds(found, change)

    async def unmark(self, found: Found, keys: Sequence[str]) -> None:
        """Take tags off the load balancer."""
        await self._call(found.at, "remove_tags", ResourceArns=[found.described["arn"]], TagKeys=list(keys))

    async def obstacles(self, found: Found, need: Bounds) -> Looked:
        """The quota of reserved units, 0 until it is raised, and whether it can be lowered today."""
        looked = self._lowerings(found, need)
        try:
            quotas = await self._aws.pages(
                found.at,
                "service-quotas",
                "list_service_quotas",
                "Quotas",
                ServiceCode="elasticloadbalancing",
            )
        except ActuationError as error:
            return looked + Looked(unknown=(f"quota of reserved capacity units: {error.detail}",))
        word = re.compile(rf"{_TYPES[self._kind]} load balancer capacity units", re.IGNORECASE)
        named = [q for q in quotas if word.search(q["QuotaName"])]
        if not named:
            return looked + Looked(unknown=("quota of reserved capacity units: none is listed by that name",))
        allowed = Quota(
            "elasticloadbalancing", named[0]["QuotaCode"], found.at.region, float(named[0]["Value"])
        )
        return looked + allowed.too_small_for(found.at.resource, need.minimum, 1.0, "reserved capacity units")

    def _lowerings(self, found: Found, need: Bounds) -> Looked:
        left = found.described["reservation"].get("DecreaseRequestsRemaining")
        if left is None or left > 0:
            return Looked()
        finding = PreflightFinding(
            found.at.resource,
            Reason.QUOTA_TOO_SMALL,
            "no lowering of the reservation is left today: what is raised stays until tomorrow",
            f"aws elbv2 describe-capacity-reservation --region {found.at.region}"
            f" --load-balancer-arn {found.described['arn']}",
            left,
            1,
            need.minimum,
            blocks=False,
        )
        return Looked((finding,))

    async def _balancer(self, at: Address) -> dict[str, Any]:
        listed = await self._call(at, "describe_load_balancers", Names=[at.name])
        for balancer in listed["LoadBalancers"]:
            if balancer["Type"] == _TYPES[self._kind]:
                return dict(balancer)
        detail = f"{at.name} in {at.region} is no {_TYPES[self._kind]} load balancer"
        raise ActuationError(at.resource, detail, retryable=False, reason=Reason.RESOURCE_GONE)

    def _owner(self, tags: Mapping[str, str]) -> str:
        """The controller sets the reservation back to what its annotation says, or to none."""
        stack = next((tags[key] for key in _CONTROLLER[1:] if tags.get(key)), tags.get(_CONTROLLER[0]))
        return f"AWS Load Balancer Controller, for {stack}: annotate {_CURES[self._kind]}" if stack else ""

    async def _call(self, at: Address, operation: str, **parameters: Any) -> Answer:
        return await self._aws.call(at, "elbv2", operation, **parameters)


def _provisioned(zone: Mapping[str, Any]) -> bool:
    return bool(zone["State"]["Code"] == "provisioned")


def _effective(units: int, zones: Sequence[Mapping[str, Any]]) -> int:
    """Units that are there: all of them once every zone has its share, until then what the zones have."""
    if all(_provisioned(zone) for zone in zones):
        return units if zones else 0
    there = int(sum(zone.get("EffectiveCapacityUnits", 0.0) for zone in zones))
    return min(there, units - 1)


def _waits(zone: Mapping[str, Any]) -> str:
    state = zone["State"]
    return " ".join(filter(None, (f"{zone['AvailabilityZone']}: {state['Code']}", state.get("Reason"))))
