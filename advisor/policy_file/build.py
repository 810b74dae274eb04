"""Which policy does a validated file mean? Defaults are resolved, and everything has one order.

Names are sorted, so that two files that mean the same are the same policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from advisor.domain.limits import (
    ApprovalPolicy,
    Budgets,
    FreezeWindow,
    Hours,
    Irreversible,
    LoadTest,
    ModeCaps,
    Pool,
)
from advisor.domain.policy import Mode, Policy, RampPolicy, ResourcePolicy, SourcePolicy
from advisor.policy_file.fixed_model import FixedSection
from advisor.policy_file.limits_model import BudgetSection, FreezeSection, HoursSection, ModeCapsSection
from advisor.policy_file.model import PolicySection
from advisor.policy_file.resource_model import (
    IrreversibleSection,
    LoadTestSection,
    ResourceSection,
    SharedOptions,
    WhomSection,
)
from advisor.policy_file.served import EVERYTHING
from advisor.policy_file.times import Weekday, freeze_window
from advisor.prices.unit_price import UnitPrice

WEEK: tuple[str, ...] = get_args(Weekday)
"""The days as they are written, in the order of their numbers (0 is Monday)."""


def build_policy(section: PolicySection, prices: Mapping[str, UnitPrice]) -> Policy:
    """The policy that a file means, as yet without a version. What contradicts itself was refused before.

    `prices` are of the resources that take theirs from a table.
    """
    return Policy(
        version="",
        resources=_resources(section, prices),
        sources={
            one.source: SourcePolicy(one.source, one.max_mode, one.max_uplift)
            for one in sorted(section.sources, key=lambda one: one.source)
        },
        currency=section.budget.currency,
        budgets=_budgets(section.budget),
        stale_after=section.stale_after,
        horizon=section.horizon,
        plan_ahead=section.plan_ahead,
        step=section.step,
        risk=section.risk,
        absurd_multiplier=section.absurd_multiplier,
        pools={
            name: Pool(name, pool.limit, _by_name(pool.uses), _by_name(pool.provides))
            for name, pool in sorted(section.pools.items())
        },
        caps=_caps({Mode.APPROVE: section.caps.approve, Mode.AUTO: section.caps.auto}),
        freezes=tuple(
            sorted(map(_freeze, section.freezes), key=lambda f: (f.start, f.end, f.why, f.resources))
        ),
        approval=ApprovalPolicy(section.approval.two_people_above, section.approval.valid_for),
    )


def _resources(section: PolicySection, prices: Mapping[str, UnitPrice]) -> dict[str, ResourcePolicy]:
    named = [_named_by(own) for own in section.resources.values()]
    everything = {*section.services, *(service for shares in named for service in shares)} - {EVERYTHING}
    resources = {}
    for name, own in sorted(section.resources.items()):
        shares = _named_by(own)
        serves = dict.fromkeys(everything, 1.0) if EVERYTHING in shares else shares
        if isinstance(own, FixedSection):
            resources[name] = _fixed(name, own, _by_name(serves), section.defaults)
        else:
            resource = _resource(name, own, _by_name(serves), section.defaults)
            if price := prices.get(name):
                resource = replace(resource, price_per_unit_hour=price.price_per_unit_hour)
            resources[name] = resource
    return resources


def _named_by(own: WhomSection) -> dict[str, float]:
    return own.serves or own.demand or {}


def _by_name(amounts: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(amounts.items()))


def _fixed(
    name: str, own: FixedSection, serves: Mapping[str, float], defaults: SharedOptions
) -> ResourcePolicy:
    """What cannot be scaled is one unit that carries the limit, and is only ever watched."""
    return ResourcePolicy(
        resource=name,
        serves=serves,
        unit_capacity=own.limit,
        minimum=1,
        maximum=1,
        headroom=own.headroom,
        quantile=defaults.quantile if own.quantile is None else own.quantile,
        mode=Mode.OBSERVE,
        reactive=False,
    )


def _resource(
    name: str, own: ResourceSection, serves: Mapping[str, float], defaults: SharedOptions
) -> ResourcePolicy:
    """A resource's own word counts, then `defaults`, then the built-in default."""
    return ResourcePolicy(
        resource=name,
        serves=serves,
        unit_capacity=own.unit_capacity,
        minimum=own.min,
        maximum=own.max,
        load_test=_load_test(own.load_test),
        quantum=own.quantum,
        sizes=tuple(own.sizes),
        depends_on=tuple(sorted(own.depends_on)),
        lowerings_per_day=own.lowerings_per_day,
        irreversible=_irreversible(own.irreversible),
        **_shared(own, defaults),
    )


def _shared(own: ResourceSection, defaults: SharedOptions) -> dict[str, Any]:
    """The options that `defaults` may set for all; `ramp` option by option.

    A `running_quantile` among the defaults is not for a resource that nothing else scales.
    """
    shared = {option: getattr(defaults, option) for option in SharedOptions.model_fields}
    shared |= {option: getattr(own, option) for option in own.model_fields_set & shared.keys()}
    if not shared["reactive"]:
        shared["running_quantile"] = None
    ramp = {option: getattr(defaults.ramp, option) for option in ("factor", "every", "hold")}
    if "ramp" in own.model_fields_set:
        ramp |= {option: getattr(own.ramp, option) for option in own.ramp.model_fields_set}
    return {**shared, "ramp": RampPolicy(**ramp)}


def _load_test(section: LoadTestSection | None) -> LoadTest | None:
    if section is None:
        return None
    return LoadTest(section.on, section.rate_per_s, section.units, section.sustained, section.reference or "")


def _irreversible(section: IrreversibleSection | None) -> Irreversible | None:
    return None if section is None else Irreversible(section.committed, section.price_per_unit)


def _budgets(section: BudgetSection) -> Budgets:
    return Budgets(section.per_campaign, section.per_day, _by_name(section.per_team))


def _caps(sections: Mapping[Mode, ModeCapsSection | None]) -> dict[Mode, ModeCaps]:
    return {
        mode: ModeCaps(caps.max_multiplier, caps.max_cost_per_hour, _hours(caps.hours))
        for mode, caps in sections.items()
        if caps is not None
    }


def _hours(section: HoursSection | None) -> Hours | None:
    if section is None:
        return None
    days = frozenset(WEEK.index(day) for day in section.days)
    return Hours(section.start, section.end, days, section.timezone)


def _freeze(section: FreezeSection) -> FreezeWindow:
    start, end = freeze_window(section.start, section.end, section.timezone)
    return FreezeWindow(start, end, section.why, tuple(sorted(section.resources)))
