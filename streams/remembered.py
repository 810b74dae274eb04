"""What does the log remember of the estate's resources?"""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping, Sequence
from typing import NamedTuple

from aiokafka import ConsumerRecord

from advisor.domain.evidence import Running
from advisor.domain.resource_state import ResourceState
from streams.codec.resource_state import (
    DECIDED_KEY,
    OWN_KEYS,
    decode_decided,
    decode_running,
    decode_state,
)


class Remembered(NamedTuple):
    """The newest state of each resource; event clock: the last tick decided (epoch seconds, or 0).

    `running` is per resource what was going on at that tick.
    """

    states: Sequence[ResourceState]
    decided_s: int
    running: Mapping[str, Running]


async def remembered(records: AsyncIterable[ConsumerRecord]) -> Remembered:
    """What records of the resources topic say, the newest of each key. Raises DecodeError."""
    latest: dict[bytes, bytes] = {}
    async for record in records:
        if record.key is not None and record.value is not None:
            latest[record.key] = record.value
    decided = latest.get(DECIDED_KEY)
    return Remembered(
        [decode_state(value) for key, value in latest.items() if key not in OWN_KEYS],
        decode_decided(decided) if decided else 0,
        decode_running(decided) if decided else {},
    )
