"""Warm throughput of DynamoDB: `dynamodb-warm-reads/TABLE[/INDEX]` and `dynamodb-warm-writes/...`.

A unit is one read or write a second that a table, or one of its indexes, is ready for. It is paid for when it
is raised and is never given back: AWS cannot lower it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from advisor.actuation.aws.addresses import with_names
from advisor.actuation.aws.effects import described_table, part_of_table
from advisor.actuation.aws.found import Found, Looked
from advisor.actuation.aws.marks import tags_of
from advisor.actuation.aws.schedules import Rearmament
from advisor.actuation.aws.sessions import Sessions
from advisor.domain.capacity import Bounds
from advisor.domain.change import Change, Done
from advisor.domain.policy import ResourcePolicy

_UNITS = {"dynamodb-warm-reads": "ReadUnitsPerSecond", "dynamodb-warm-writes": "WriteUnitsPerSecond"}


class WarmThroughput:
    """Reads or writes of one table or index, which has no maximum: the policy's stands in."""

    writes: Sequence[str] = ("dynamodb:TagResource", "dynamodb:UpdateTable", "dynamodb:UntagResource")

    def __init__(self, sessions: Sessions, kind: str, resources: Mapping[str, ResourcePolicy]) -> None:
        self._aws = sessions
        self._kind = kind
        self._resources = resources

    async def find(self, resource: str, now: datetime) -> Found:
        """The table or index; its tags are the table's, with its own word in between."""
        at = with_names(resource, 1, 2, f"{self._kind}/TABLE[/INDEX]")
        table = await described_table(self._aws, at)
        part, status = part_of_table(at, table)
        listed = await self._aws.pages(
            at, "dynamodb", "list_tags_of_resource", "Tags", ResourceArn=table["TableArn"]
        )
        warm = part.get("WarmThroughput", {})
        units = int(warm.get(_UNITS[self._kind], 0))
        policy = self._resources.get(resource)
        state = warm.get("Status", status)
        return Found(
            at,
            Bounds(units, max(policy.maximum if policy else 0, units)),
            units,
            units,
            f"{table['TableArn']}@{table['CreationDateTime'].isoformat()}",
            tags_of(listed),
            table,
            scope=f"{self._kind.removeprefix('dynamodb-')}{f'.{at.within}' if at.within else ''}.",
            waiting_for=() if state == "ACTIVE" else (f"warm throughput is {state}",),
            settled=state == "ACTIVE",
            has_maximum=False,
        )

    async def mark(self, found: Found, tags: Mapping[str, str]) -> None:
        """Tag the table, for an index has no tags."""
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        arn = found.described["TableArn"]
        await self._aws.call(found.at, "dynamodb", "tag_resource", ResourceArn=arn, Tags=listed)

    async def set_bounds(self, found: Found, change: Change) -> Done:
        """Raise it; a lowering changes nothing, and says so."""
        units = change.target.minimum
        if units < found.bounds.minimum:
            return self._stays(found)
        warm = {"WarmThroughput": {_UNITS[self._kind]: units}}
        asked: dict[str, Any] = warm
        if found.at.within is not None:
            update = {"Update": {"IndexName": found.at.within, **warm}}
            asked = {"GlobalSecondaryIndexUpdates": [update]}
        await self._aws.call(found.at, "dynamodb", "update_table", TableName=found.at.name, **asked)
        return Done()

    async def arm(self, found: Found, todo: Rearmament) -> str:
        """Warm throughput holds no schedule."""
        raise AssertionError(f"{found.at.resource} was found with a schedule, which it cannot hold")

    async def let_go(self, found: Found, change: Change) -> Done:
        """Nothing of it is ever given back; that is whole, for there is nothing left to ask for."""
        return self._stays(found)

    async def unmark(self, found: Found, keys: Sequence[str]) -> None:
        """Take tags off the table."""
        arn = found.described["TableArn"]
        await self._aws.call(found.at, "dynamodb", "untag_resource", ResourceArn=arn, TagKeys=list(keys))

    async def obstacles(self, found: Found, need: Bounds) -> Looked:
        """A raise above this takes a request to AWS; how much, the API does not tell."""
        return Looked(unknown=("how much warm throughput AWS grants the table: the API does not tell",))

    def _stays(self, found: Found) -> Done:
        return Done(detail=f"warm throughput cannot be lowered: it stays {found.bounds.minimum}")
