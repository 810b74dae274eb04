"""How far is demand complete? The slowest source partition decides."""

from __future__ import annotations

from collections.abc import Iterable

from advisor.domain.demand import SourcePartition


class Watermarks:
    """Per source partition, the instant up to which all its buckets are finished (epoch seconds)."""

    def __init__(self) -> None:
        self._closed_until_s: dict[SourcePartition, int] = {}

    def apply(self, source: SourcePartition, closed_until_s: int) -> bool:
        """Take in a watermark; True if it is further on. An older one changes nothing."""
        if closed_until_s <= self._closed_until_s.get(source, 0):
            return False
        self._closed_until_s[source] = closed_until_s
        return True

    def complete_until_s(self, expected: Iterable[SourcePartition]) -> int:
        """Every expected source has finished its buckets up to here; 0 if one was never heard of."""
        return min((self._closed_until_s.get(source, 0) for source in expected), default=0)

    def items(self) -> Iterable[tuple[SourcePartition, int]]:
        """All watermarks, for a snapshot."""
        return self._closed_until_s.items()
