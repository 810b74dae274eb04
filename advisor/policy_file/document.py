"""What would a file say that spells a policy out in full, defaults included? As plain data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from advisor.domain.limits import FreezeWindow, Hours, Irreversible, LoadTest, ModeCaps, Pool
from advisor.domain.policy import Policy, ResourcePolicy
from advisor.policy_file.build import WEEK
from advisor.policy_file.times import write_duration


def policy_document(policy: Policy, traffic: Mapping[str, str]) -> dict[str, Any]:
    """The content of a policy file that means exactly this policy; its version is the hash of it."""
    document: dict[str, Any] = {
        "version": 1,
        "resources": {name: _resource(r) for name, r in policy.resources.items()},
        "budget": {
            "currency": policy.currency,
            "per_campaign": policy.budgets.per_campaign,
            "per_day": policy.budgets.per_day,
            "per_team": dict(policy.budgets.per_team),
        },
        "pools": {name: _pool(pool) for name, pool in policy.pools.items()},
        "caps": {mode.value: _caps(caps) for mode, caps in policy.caps.items()},
        "approval": {
            "two_people_above": policy.approval.two_people_above,
            "valid_for": write_duration(policy.approval.valid_for),
        },
        "traffic": {topic: {"format": written} for topic, written in traffic.items()},
        "risk": policy.risk,
        "absurd_multiplier": policy.absurd_multiplier,
        "stale_after": write_duration(policy.stale_after),
        "horizon": write_duration(policy.horizon),
        "plan_ahead": write_duration(policy.plan_ahead),
        "step": write_duration(policy.step),
    }
    # an empty list of these would mean that none count, so where there are none nothing is said
    if policy.sources:
        document["sources"] = [
            {"source": s.source, "max_mode": s.max_mode.value, "max_uplift": s.max_uplift}
            for s in policy.sources.values()
        ]
    if policy.freezes:
        document["freezes"] = [_freeze(freeze) for freeze in policy.freezes]
    return document


def _resource(resource: ResourcePolicy) -> dict[str, Any]:
    if resource.is_fixed:
        return {
            "serves": dict(resource.serves),
            "limit": resource.unit_capacity,
            "headroom": resource.headroom,
            "quantile": resource.quantile,
        }
    return {
        "serves": dict(resource.serves),
        "unit_capacity": resource.unit_capacity,
        "load_test": _load_test(resource.load_test),
        "min": resource.minimum,
        "max": resource.maximum,
        "quantum": resource.quantum,
        "sizes": list(resource.sizes),
        "tier": resource.tier,
        "depends_on": list(resource.depends_on),
        "lead_time": write_duration(resource.lead_time),
        "headroom": resource.headroom,
        "quantile": resource.quantile,
        "running_quantile": resource.running_quantile,
        "mode": resource.mode.value,
        "reactive": resource.reactive,
        "ramp": {
            "factor": resource.ramp.factor,
            "every": write_duration(resource.ramp.every),
            "hold": write_duration(resource.ramp.hold),
        },
        "max_step": resource.max_step,
        "cooldown": write_duration(resource.cooldown),
        "lowerings_per_day": resource.lowerings_per_day,
        "reassert": resource.reassert,
        "image_pulls_per_min": resource.image_pulls_per_min,
        "price_per_unit_hour": resource.price_per_unit_hour,
        "irreversible": _irreversible(resource.irreversible),
    }


def _load_test(test: LoadTest | None) -> dict[str, Any] | None:
    if test is None:
        return None
    return {
        "on": test.on.isoformat(),
        "rate_per_s": test.rate_per_s,
        "units": test.units,
        "sustained": write_duration(test.sustained),
        "reference": test.reference or None,
    }


def _irreversible(spent: Irreversible | None) -> dict[str, Any] | None:
    if spent is None:
        return None
    return {"committed": _optional(spent.committed), "price_per_unit": spent.price_per_unit}


def _optional(duration: timedelta | None) -> str | None:
    return None if duration is None else write_duration(duration)


def _pool(pool: Pool) -> dict[str, Any]:
    return {"limit": pool.limit, "uses": dict(pool.uses), "provides": dict(pool.provides)}


def _caps(caps: ModeCaps) -> dict[str, Any]:
    return {
        "max_multiplier": caps.max_multiplier,
        "max_cost_per_hour": caps.max_cost_per_hour,
        "hours": _hours(caps.hours),
    }


def _hours(hours: Hours | None) -> dict[str, Any] | None:
    if hours is None:
        return None
    return {
        "from": f"{hours.start:%H:%M}",
        "to": f"{hours.end:%H:%M}",
        "days": [WEEK[day] for day in sorted(hours.days)],
        "timezone": hours.timezone,
    }


def _freeze(freeze: FreezeWindow) -> dict[str, Any]:
    document: dict[str, Any] = {"start": _utc(freeze.start), "end": _utc(freeze.end), "why": freeze.why}
    if freeze.resources:  # none means all
        document["resources"] = list(freeze.resources)
    return document


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"
