"""What is committed beside an ingest offset: how far the fold stood, so that the next owner goes on there."""

from __future__ import annotations

import json
from collections.abc import Collection

import structlog
from aiokafka import OffsetAndMetadata, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from advisor.aggregation.partition_fold import FoldPosition
from advisor.settings import Settings

log = structlog.get_logger(__name__)


async def committed_positions(
    settings: Settings, group: str, partitions: Collection[TopicPartition]
) -> dict[TopicPartition, FoldPosition]:
    """Where the group's folds stood; a partition without a commit is left out.

    Asks the admin client, for the consumer itself does not hand out the metadata. Raises KafkaError.
    """
    if not partitions:
        return {}
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap_servers)
    await admin.start()
    try:
        found = await admin.list_consumer_group_offsets(group, partitions=list(partitions))
    finally:
        await admin.close()
    return {p: _position(at) for p, at in found.items() if at.offset >= 0}


def commit_of(at: FoldPosition) -> OffsetAndMetadata:
    """What to commit for a fold that stands there."""
    watermark = None if at.watermark_s == float("-inf") else at.watermark_s
    metadata = {
        "v": 1,
        "position": at.position,
        "closed_until_s": at.closed_until_s,
        "watermark_s": watermark,
    }
    return OffsetAndMetadata(at.offset, json.dumps(metadata))


def _position(committed: OffsetAndMetadata) -> FoldPosition:
    """The fold's position as committed. Metadata that is not ours counts as a plain offset."""
    try:
        held = json.loads(committed.metadata or "{}")
    except json.JSONDecodeError:
        held = {}
    if not isinstance(held, dict) or held.get("v") != 1:
        log.warning("foreign_commit", offset=committed.offset, metadata=committed.metadata)
        return FoldPosition(committed.offset, committed.offset, 0, float("-inf"))
    watermark = held["watermark_s"]
    return FoldPosition(
        offset=committed.offset,
        position=held["position"],
        closed_until_s=held["closed_until_s"],
        watermark_s=float("-inf") if watermark is None else watermark,
    )
