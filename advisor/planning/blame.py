"""Whose doing was a missed objective? Resources of one service miss it together, though one was too small."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from advisor.domain.demand import Level
from advisor.domain.evidence import CapacityEvidence
from advisor.domain.policy import Policy
from advisor.planning.unit_capacity import NEWS, Load, load_on, units_during


@dataclass(frozen=True, slots=True)
class _Strain:
    """What each unit carried, at least and at most, beside the most that units were ever seen to carry."""

    least: float
    most: float
    seen: float

    @property
    def is_new(self) -> bool:
        """Did units surely carry more than they were ever seen to?"""
        return self.least > self.seen * (1 + NEWS)

    @property
    def is_known(self) -> bool:
        """Did units surely carry no more than they were seen to?"""
        return self.most <= self.seen


def loads_on(
    policy: Policy, levels: Mapping[str, Level], evidence: Mapping[str, CapacityEvidence]
) -> dict[str, Load | None]:
    """What came to every resource in the newest bucket, and may a missed objective have been its doing?

    One that carries no more than it was seen to carry within the objective is not blamed, as long as another
    resource of that service carries more than it ever was seen to: what came meanwhile says nothing of it,
    and it gets None, as where :func:`advisor.planning.unit_capacity.load_on` knows nothing. Where all carry
    what they carried before, something got worse, and all are blamed.
    """
    loads = {name: load_on(resource, levels) for name, resource in policy.resources.items()}
    strains = {name: _strain(evidence.get(name), load) for name, load in loads.items() if load is not None}
    blamed: set[str] = set()
    for service in (service for service, level in levels.items() if level.is_breached):
        serving = [strains.get(resource.resource) for resource in policy.resources_of(service)]
        is_explained = any(strain is not None and strain.is_new for strain in serving)
        for resource in policy.resources_of(service):
            strain = strains.get(resource.resource)
            if not (is_explained and strain is not None and strain.is_known):
                blamed.add(resource.resource)
    return {
        name: None if load is not None and load.is_breached and name not in blamed else load
        for name, load in loads.items()
    }


def _strain(evidence: CapacityEvidence | None, load: Load) -> _Strain | None:
    """None where it is not known how many units there were."""
    units = units_during(evidence.running, load) if evidence is not None else []
    if evidence is None or not units or min(units) <= 0:
        return None
    seen = max((stretch.rate_per_s for stretch in evidence.carried), default=0.0)
    return _Strain(load.rate_per_s / max(units), load.rate_per_s / min(units), seen)
