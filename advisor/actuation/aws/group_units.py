"""What does an Auto Scaling group count in? Instances, or their weights; on demand, or spot."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def weight_of(instance: Mapping[str, Any]) -> int:
    """How many units is an instance of a group worth? One, where the group counts instances."""
    return int(instance.get("WeightedCapacity", 1))


def on_demand_of(group: Mapping[str, Any], units: int) -> int:
    """How many of so many units does an Auto Scaling group buy on demand? The others are spot.

    Only a mixed instances policy says so. A launch template may ask for spot as well: that is not looked up,
    and counts as on demand.
    """
    mix = group.get("MixedInstancesPolicy", {}).get("InstancesDistribution", {})
    base = min(mix.get("OnDemandBaseCapacity") or 0, units)
    percent: int = mix.get("OnDemandPercentageAboveBaseCapacity", 100)
    return base + math.ceil((units - base) * percent / 100)
