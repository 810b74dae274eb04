"""Is a quota of the account large enough, and by which command is it raised?"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from advisor.actuation.aws.addresses import Address
from advisor.actuation.aws.found import Looked
from advisor.actuation.aws.sessions import Sessions
from advisor.domain.preflight import PreflightFinding
from advisor.domain.reason import Reason


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota of Service Quotas, as it is applied to an account in a region."""

    service: str
    code: str
    region: str
    value: float

    def too_small_for(
        self, resource: str, units: int, each: float, what: str, share: Callable[[int], int] = int
    ) -> Looked:
        """A finding where the quota does not hold so many units, at `each` of `what`; others use it, too.

        `share` says how many of so many units count against it, never fewer of more: all, if nothing else
        is said.
        """
        needed = share(units) * each
        if self.value >= needed:
            return Looked()
        cure = (
            f"aws service-quotas request-service-quota-increase --region {self.region}"
            f" --service-code {self.service} --quota-code {self.code} --desired-value {needed:g}"
        )
        detail = (
            f"the account's quota is {self.value:g} {what}, {needed:g} are needed for this resource alone"
        )
        return Looked(
            (
                PreflightFinding(
                    resource,
                    Reason.QUOTA_TOO_SMALL,
                    detail,
                    cure,
                    self.value,
                    needed,
                    bisect_right(range(units + 1), self.value, key=lambda n: share(n) * each) - 1,
                ),
            )
        )


async def quota(aws: Sessions, at: Address, service: str, code: str) -> Quota:
    """The quota as it is applied here. Raises ActuationError."""
    answer = await aws.call(at, "service-quotas", "get_service_quota", ServiceCode=service, QuotaCode=code)
    return Quota(service, code, at.region, float(answer["Quota"]["Value"]))
