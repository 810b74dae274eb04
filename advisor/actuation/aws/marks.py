"""What do we write on a resource itself, so that it cannot be lost: its bounds from before our first change.

Tags of AWS: `headstart.io/originals` = `2/40`, `headstart.io/epoch` = the decider that wrote it. A resource
that shares its tags with others of ours (the warm pool of a group, an index of a table) has a word of its own
in between, its scope: `headstart.io/warm-pool.originals`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from advisor.domain.capacity import Bounds
from advisor.domain.change import Change

PREFIX = "headstart.io/"
MANAGED = f"{PREFIX}managed"
"""Where this is `false`, the resource is not ours to change; people write it, we never do."""

_BOUNDS = re.compile(r"([0-9]{1,9})/([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands on a resource. `made` says that we made the object that carries them, to be taken away.

    `epoch` is of the decider that changed it last; None where no decider's number is on it.
    """

    originals: Bounds | None
    managed: bool
    made: bool
    declared_by: str
    epoch: int | None = None


def marks_in(tags: Mapping[str, str], scope: str = "") -> Marks:
    """Read a resource's tags. Originals that are not written as we write them count as none."""
    found = _BOUNDS.fullmatch(tags.get(f"{PREFIX}{scope}originals", ""))
    epoch = tags.get(f"{PREFIX}{scope}epoch", "")
    return Marks(
        originals=Bounds(int(found[1]), int(found[2])) if found else None,
        managed=tags.get(MANAGED, "").lower() != "false",
        made=f"{PREFIX}{scope}made" in tags,
        declared_by=_declared_by(tags),
        epoch=int(epoch) if epoch.isdecimal() else None,
    )


def marks_for(change: Change, scope: str = "", *, made: bool = False) -> dict[str, str]:
    """The tags that a change puts on its resource."""
    originals = change.originals
    tags = {
        f"{PREFIX}{scope}originals": f"{originals.minimum}/{originals.maximum}",
        f"{PREFIX}{scope}epoch": str(change.epoch),
    }
    return tags | ({f"{PREFIX}{scope}made": "true"} if made else {})


def our_keys(tags: Iterable[str], scope: str = "") -> list[str]:
    """The keys among these that we wrote for this scope."""
    ours = (f"{PREFIX}{scope}{word}" for word in ("originals", "epoch", "made"))
    present = set(tags)
    return [key for key in ours if key in present]


def tags_of(listed: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Tags as most services list them, `[{"Key": ..., "Value": ...}]`, as a mapping."""
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in listed}


def _declared_by(tags: Mapping[str, str]) -> str:
    """Which tool that writes things back as declared has its tags here? Empty: none that tells."""
    if stack := tags.get("aws:cloudformation:stack-name"):
        return f"CloudFormation stack {stack}"
    words = {key.lower(): value for key, value in tags.items()}
    by = words.get("managed-by", words.get("managedby", words.get("managed_by", "")))
    if "terraform" in words or by.lower() in ("terraform", "opentofu"):
        return "Terraform"
    return ""
