"""Whose doing was a missed objective? Resources of one service miss it together, though one was too small."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from advisor.domain.demand import Level
from advisor.domain.evidence import CapacityEvidence
from advisor.domain.policy import Policy
from advisor.planning.unit_capacity import NEWS, PROVED_SHARE, Load, load_on, units_during


def loads_on(
    policy: Policy, levels: Mapping[str, Level], evidence: Mapping[str, CapacityEvidence]
) -> dict[str, Load | None]:
    """What came to every resource in the newest bucket, and may a missed objective have been its doing?

    One that carries no more than it was seen to carry within the objective is not blamed, as long as another
    resource of that service is known to fail at what it carries now, or is close to the most that it was
    seen to carry, or above it, and strained more by a quarter. What came meanwhile says nothing of the
    former: it gets None, as where :func:`advisor.planning.unit_capacity.load_on` knows nothing. Where nothing
    is strained something got worse, and all are blamed.
    """
    loads = {name: load_on(resource, levels) for name, resource in policy.resources.items()}
    strains = {name: _strain(evidence.get(name), load) for name, load in loads.items() if load is not None}
    blamed: set[str] = set()
    for service in (service for service, level in levels.items() if level.is_breached):
        names = [resource.resource for resource in policy.resources_of(service)]
        worst = max((strains.get(name) or 0.0 for name in names), default=0.0)
        blamed.update(name for name in names if not _is_cleared(strains.get(name), worst))
    return {
        name: None if load is not None and load.is_breached and name not in blamed else load
        for name, load in loads.items()
    }


def _is_cleared(strain: float | None, worst: float) -> bool:
    return strain is not None and worst >= PROVED_SHARE and strain <= min(1.0, PROVED_SHARE * worst)


def _strain(evidence: CapacityEvidence | None, load: Load) -> float | None:
    """What each unit may have carried beside the most that units were ever seen to carry.

    1 is as much as ever; infinite where none was seen to carry anything, or where it is known to fail at
    that. By the fewest units of the time, for those that were still to come may be what it was. None where
    it is not known how many there were.
    """
    units = units_during(evidence.running, load) if evidence is not None else []
    if evidence is None or not units or min(units) <= 0:
        return None
    per_unit, failed = load.rate_per_s / min(units), evidence.failed
    seen = max((stretch.rate_per_s for stretch in evidence.carried), default=0.0)
    is_known = failed is not None and seen <= failed.rate_per_s and per_unit >= failed.rate_per_s * (1 - NEWS)
    return inf if is_known or seen <= 0 else per_unit / seen
