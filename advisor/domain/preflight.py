"""What is found days ahead that will keep a plan from being carried out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from advisor.domain.reason import Reason


@dataclass(frozen=True, slots=True)
class PreflightFinding:
    """One obstacle to a plan on one resource: what there is, what is needed, and the command that cures it.

    `there` and `needed` are in the unit that `detail` names (instances, vCPU, addresses, connections ...);
    None where it is no matter of number, as with a permission. `enough_for` is how many units of the resource
    it leaves. `blocks` says that no more can be had until it is cured; otherwise it may turn out well.
    """

    resource: str
    reason: Reason
    detail: str
    cure: str
    there: float | None = None
    needed: float | None = None
    enough_for: int = 0
    blocks: bool = True


@dataclass(frozen=True, slots=True)
class Preflight:
    """The newest preflight of a resource: when, for how many units, and what was found.

    `unknown` says what could not be looked at, and why: that is not taken for an all-clear.
    """

    looked_at: datetime
    units: int
    findings: tuple[PreflightFinding, ...] = field(default=())
    unknown: tuple[str, ...] = field(default=())
