"""What the decider knows of demand: the latest need of each resource and service, and each service's level.

By the event clock, records wait until the decision time at which they were made: assessors that are
ahead of others do not show the decider a future.
"""

from __future__ import annotations

import heapq

from advisor.domain.advice import Need
from advisor.domain.demand import Level
from streams.codec.needs_log import LevelRecord, NeedRecord, NeedsRecord, TickRecord, level_of, need_of


class NeedsFold:
    """A fold over the needs topic; records repeated change nothing."""

    def __init__(self) -> None:
        self._needs: dict[str, Need] = {}
        self._levels: dict[str, Level] = {}
        self._accepted_s: dict[str, int] = {}
        self._waiting: list[tuple[int, int, NeedRecord | LevelRecord]] = []
        self._arrived = 0
        self._ticks: dict[int, int] = {}
        self._ended: set[int] = set()
        self.first_tick_s = 0
        """Event clock: the first tick ever told (epoch seconds); 0 while there is none."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """The needs in force, in order of resource and service."""
        return tuple(self._needs[key] for key in sorted(self._needs))

    @property
    def levels(self) -> dict[str, Level]:
        """How much of each service is in use."""
        return dict(self._levels)

    def forget(self, key: str) -> None:
        """A tombstone: the policy no longer has this pair of resource and service."""
        self._needs.pop(key, None)
        self._accepted_s.pop(key, None)
        self._waiting = [entry for entry in self._waiting if _key(entry[2]) != key]
        heapq.heapify(self._waiting)

    def apply(self, record: NeedsRecord) -> None:
        """Take in one record."""
        match record:
            case TickRecord():
                self.first_tick_s = min(self.first_tick_s or record.tick_s, record.tick_s)
                for partition in record.partitions:
                    self._ticks[partition] = max(self._ticks.get(partition, 0), record.tick_s)
                if record.end:
                    self._ended.update(record.partitions)
                else:
                    self._ended.difference_update(record.partitions)
            case NeedRecord() | LevelRecord() if record.tick_s is None:
                self._accept(record)
            case _:
                self._arrived += 1
                heapq.heappush(self._waiting, (record.tick_s or 0, self._arrived, record))

    def known_until_s(self, partitions: int) -> int:
        """Event clock: all of so many demand partitions have said what is needed up to here."""
        return min(self._ticks.get(p, 0) for p in range(partitions))

    def ended(self, partitions: int) -> bool:
        """Event clock: nothing more will be said."""
        return self._ended >= set(range(partitions))

    def settle(self, now_s: int) -> None:
        """Event clock: let everything count that was said by this tick."""
        while self._waiting and self._waiting[0][0] <= now_s:
            self._accept(heapq.heappop(self._waiting)[2])

    def _accept(self, record: NeedRecord | LevelRecord) -> None:
        key = _key(record)
        if record.tick_s is not None and record.tick_s < self._accepted_s.get(key, 0):
            return  # said again after something newer had counted
        self._accepted_s[key] = record.tick_s or 0
        if isinstance(record, NeedRecord):
            self._needs[key] = need_of(record)
        else:
            self._levels[record.service] = level_of(record)


def _key(record: NeedRecord | LevelRecord) -> str:
    """The record's key on the topic."""
    if isinstance(record, NeedRecord):
        return f"{record.resource}|{record.service}"
    return f"@level|{record.service}"
