"""Where does a policy ask for more than Headstart can do, for want of an actuator?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor.actuation.reach import Lowered, actuators_of, within_reach
from advisor.domain.policy import Mode, Policy
from advisor.resource_id import scheme_of


def beyond_reach(policy: Policy) -> Mapping[str, Lowered]:
    """The resources, by id, whose mode a worker would lower, because nothing can set them."""
    _, lowered = within_reach(policy, actuators_of(policy), dry_run_only=False)
    return {one.resource: one for one in lowered}


def out_of_reach(lowered: Lowered) -> str:
    """What is done with such a resource instead, in a few words."""
    return f"{Mode.RECOMMEND}: no actuator for {scheme_of(lowered.resource)}:// yet"


def reach_remarks(lowered: Mapping[str, Lowered]) -> Iterator[str]:
    """A sentence for each kind of resource and mode that cannot be kept."""
    kinds: dict[tuple[str, Mode, str], list[str]] = {}
    for one in lowered.values():
        kinds.setdefault((scheme_of(one.resource), one.asked, one.reason), []).append(one.resource)
    for (scheme, asked, reason), resources in kinds.items():
        yield (
            f"{', '.join(resources)}: {reason}. Mode {asked} counts as {Mode.RECOMMEND}, for there is no "
            f"actuator for {scheme}:// yet: Headstart says what to do, and people do it."
        )
