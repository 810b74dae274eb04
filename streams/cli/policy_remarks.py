"""What is allowed in a policy, but may not be what its author expects?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor.domain.policy import Mode, Policy, ResourcePolicy
from advisor.domain.reason import Reason


def remarks(policy: Policy) -> Iterator[str]:
    """One sentence for each thing that is unusual, naming the resource or pool."""
    scalable = [r for r in policy.resources.values() if not r.is_fixed]
    for resource in scalable:
        yield from _unproven(resource)
        yield from _higher_while_running(resource)
        yield from _always_asked(resource)
    yield from _crowded_pools(policy)
    yield from _held_back(policy)


def _unproven(resource: ResourcePolicy) -> Iterator[str]:
    if resource.load_test is None:
        yield (
            f"{resource.resource}: {Reason.UNIT_CAPACITY_UNPROVEN}. No campaign is better than AT_RISK "
            "here until `load_test` says what a unit was seen to carry."
        )


def _higher_while_running(resource: ResourcePolicy) -> Iterator[str]:
    running = resource.running_quantile
    if resource.lets_go and running is not None and running > resource.quantile:
        yield (
            f"{resource.resource}: running_quantile {running:g} is above quantile {resource.quantile:g} and "
            "counts as it, so nothing is let go of while a campaign runs."
        )


def _always_asked(resource: ResourcePolicy) -> Iterator[str]:
    if resource.mode is Mode.AUTO and resource.irreversible is not None:
        yield (
            f"{resource.resource}: its units are not given back, so a person approves them in every case, "
            "though its mode is auto."
        )


def _crowded_pools(policy: Policy) -> Iterator[str]:
    def most(amounts: Mapping[str, float]) -> float:
        return sum(amount * policy.resources[name].maximum for name, amount in amounts.items())

    for pool in policy.pools.values():
        taken, there = most(pool.uses), pool.limit + most(pool.provides)
        if taken > there:
            yield (
                f"pool {pool.name}: its users at their max take {taken:,g}, and there are at most "
                f"{there:,g}. Campaigns that need more together are not READY."
            )


def _held_back(policy: Policy) -> Iterator[str]:
    furthest = max((source.max_mode.rank for source in policy.sources.values()), default=Mode.RECOMMEND.rank)
    held_back = [r.resource for r in policy.resources.values() if r.mode.rank > furthest]
    if held_back:
        why = (
            "no source's `max_mode` goes so far"
            if policy.sources
            else "without `sources:` all are recommended only"
        )
        yield f"{', '.join(held_back)}: campaigns cannot lead as far as the mode allows, for {why}."
