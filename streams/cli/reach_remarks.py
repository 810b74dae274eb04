"""Where does a policy ask for more than Headstart can do, for want of an actuator or a way there?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor.actuation.reach import Lowered, within_reach
from advisor.domain.policy import Mode
from advisor.policy_file import PolicyFile


def beyond_reach(file: PolicyFile) -> Mapping[str, Lowered]:
    """The resources, by id, whose mode a worker would lower, because nothing can set them."""
    _, lowered = within_reach(file.policy, file.connections, dry_run_only=False)
    return {one.resource: one for one in lowered}


def out_of_reach(lowered: Lowered) -> str:
    """What is done with such a resource instead, in a few words."""
    return f"{Mode.RECOMMEND}: {lowered.cure}"


def reach_remarks(lowered: Mapping[str, Lowered]) -> Iterator[str]:
    """A sentence for each mode that cannot be kept, and each way to cure it."""
    kinds: dict[tuple[Mode, str, str], list[str]] = {}
    for one in lowered.values():
        kinds.setdefault((one.asked, one.reason, one.cure), []).append(one.resource)
    for (asked, reason, cure), resources in kinds.items():
        yield (
            f"{', '.join(resources)}: {reason}. Mode {asked} counts as {Mode.RECOMMEND}: Headstart says what "
            f"to do, and people do it. To have it done: {cure}."
        )
