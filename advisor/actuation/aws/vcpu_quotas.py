"""Against which quota do an instance's vCPU count? By its family, and by how it is paid for.

The families are those of the Amazon EC2 User Guide, "On-Demand Instance quotas" and "Spot Instance quotas";
the codes are what Service Quotas lists for the service `ec2`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FAMILY = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class VcpuQuota:
    """A quota of vCPU that several families of instances share; `spot` is None where it is not told apart."""

    families: str
    on_demand: str
    spot: str | None


_STANDARD = VcpuQuota("A, C, D, H, I, M, R, T and Z", "L-1216C47A", "L-34B43A08")
_GRAPHICS = VcpuQuota("G and VT", "L-DB2E81BA", "L-3819A6DF")

_BY_FAMILY = {
    **dict.fromkeys(("a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"), _STANDARD),
    **dict.fromkeys(("g", "gr", "vt"), _GRAPHICS),
    "dl": VcpuQuota("DL", "L-6E869C2A", "L-85EED4F7"),
    "f": VcpuQuota("F", "L-74FC7D96", "L-88CF9481"),
    "hpc": VcpuQuota("HPC", "L-F7808C92", None),
    "inf": VcpuQuota("Inf", "L-1945791B", "L-B5D1601B"),
    "p": VcpuQuota("P", "L-417A185B", None),  # of spot requests there are several, by generation
    "trn": VcpuQuota("Trn", "L-2C3B7624", "L-6B0D517C"),
    "u": VcpuQuota("High Memory", "L-43DA4232", None),
    "x": VcpuQuota("X", "L-7295265B", "L-E3A00192"),
}


def vcpu_quota(instance_type: str) -> VcpuQuota | None:
    """The quota of an instance type such as `m5.large`; None for a family that is not known here."""
    family = _FAMILY.match(instance_type)
    return _BY_FAMILY.get(family[0]) if family else None
