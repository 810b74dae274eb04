"""Fold of one source partition: samples in offset order become finished demand buckets.

The fold is a function of the records alone, never of how they were batched or when they were read,
so that reading them again after a crash gives the same buckets. A bucket closes when the partition's
watermark (highest timestamp seen, less the lateness allowed; or a clock record) has passed its end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum

from advisor.domain.demand import BucketPart, SourcePartition, TrafficSample


class Counted(Enum):
    """What the fold did with a sample."""

    COUNTED = "counted"
    LATE = "late"  # its bucket was already finished
    DUPLICATE = "duplicate"  # same service, series and timestamp as one already counted
    REFOLDED = "refolded"  # read again after a restart; its bucket was finished before


@dataclass(frozen=True, slots=True)
class FoldPosition:
    """Where a fold stands: stored as metadata of the committed offset, restored on the next start.

    `offset` is where reading must begin again: the lowest that any open bucket still needs.
    `position` is one past the last record folded. Buckets ending at or before `closed_until_s` are
    finished: a refold leaves them alone, since it would see only part of their samples.
    """

    offset: int
    position: int
    closed_until_s: int
    watermark_s: float


@dataclass(slots=True)
class _OpenBucket:
    first_offset: int
    last_offset: int
    samples: int = 0
    count: float = 0.0
    interval_s: float = 0.0
    saturated: bool = False
    rates: dict[str, tuple[float, int]] = field(default_factory=dict)
    seen: set[tuple[str, float]] = field(default_factory=set)


class PartitionFold:
    """The demand buckets of one source partition, open and closing."""

    def __init__(
        self,
        source: SourcePartition,
        *,
        width_s: int,
        lateness_s: float,
        resume: FoldPosition | None = None,
    ) -> None:
        self.source = source
        self._width_s = width_s
        self._lateness_s = lateness_s
        self._watermark_s = resume.watermark_s if resume else float("-inf")
        self._closed_until_s = resume.closed_until_s if resume else 0
        self._resumed_at = resume.position if resume else 0
        self._position = resume.offset if resume else 0
        self._open: dict[int, dict[str, _OpenBucket]] = {}
        self._closed: list[BucketPart] = []

    @property
    def closed_until_s(self) -> int:
        """Every bucket that ends at or before this is finished (epoch seconds, on the bucket grid)."""
        return self._closed_until_s

    @property
    def position(self) -> FoldPosition:
        """What to commit once the closed buckets taken so far are durable."""
        needed = min(
            (b.first_offset for services in self._open.values() for b in services.values()),
            default=self._position,
        )
        return FoldPosition(needed, self._position, self._closed_until_s, self._watermark_s)

    def add(self, sample: TrafficSample, offset: int) -> Counted:
        """Fold one sample; offsets must rise. Buckets that this closes wait in :meth:`take_closed`.

        Every bucket takes or refuses its share of the sample by itself, so that what it holds depends
        on no other bucket: a refold, in which some are finished already, fills the rest as before.
        """
        self._position = offset + 1
        shares = [s for s in _shares(sample, self._width_s) if s[0] >= self._closed_until_s]
        if not shares:
            return Counted.REFOLDED if offset < self._resumed_at else Counted.LATE
        counted = [self._count(*share, sample, offset) for share in shares]
        if not any(counted):
            return Counted.DUPLICATE
        self._raise_watermark(sample.timestamp_s - self._lateness_s)
        return Counted.COUNTED

    def skip(self, offset: int) -> None:
        """Pass over a record that holds no sample (a dead letter, a clock record)."""
        self._position = offset + 1

    def advance(self, instant_s: float) -> None:
        """Accept a promise that no sample from before `instant_s` follows on this partition."""
        self._raise_watermark(instant_s)

    def finish_until(self, instant_s: float) -> None:
        """Close the buckets begun that end by `instant_s`, for nothing more is expected of them.

        Less than :meth:`advance`: time in which nothing was seen stays open, so that a producer that was
        held up is not late with all that it sends afterwards.
        """
        ends_s = (start_s + self._width_s for start_s in self._open)
        self._raise_watermark(max((end_s for end_s in ends_s if end_s <= instant_s), default=float("-inf")))

    def take_closed(self) -> list[BucketPart]:
        """The buckets finished since the last call, in order of time and service."""
        closed, self._closed = self._closed, []
        return closed

    def _count(
        self, start_s: int, count: float, interval_s: float, sample: TrafficSample, offset: int
    ) -> bool:
        """Add a sample's share to its bucket; False if the same reading is in it already."""
        services = self._open.setdefault(start_s, {})
        bucket = services.get(sample.service)
        if bucket is None:
            bucket = services[sample.service] = _OpenBucket(offset, offset)
        if sample.series is not None:
            identity = (sample.series, sample.timestamp_s)
            if identity in bucket.seen:
                return False
            bucket.seen.add(identity)
        if sample.rate_per_s is not None:
            total, n = bucket.rates.get(sample.series or "", (0.0, 0))
            bucket.rates[sample.series or ""] = (total + sample.rate_per_s, n + 1)
        bucket.count += count
        bucket.interval_s += interval_s
        bucket.samples += 1
        bucket.last_offset = offset
        bucket.saturated = bucket.saturated or sample.saturated
        return True

    def _raise_watermark(self, instant_s: float) -> None:
        if instant_s <= self._watermark_s:
            return
        self._watermark_s = instant_s
        closed_until_s = int(instant_s // self._width_s) * self._width_s
        if closed_until_s <= self._closed_until_s:
            return
        self._closed_until_s = closed_until_s
        for start_s in sorted(s for s in self._open if s + self._width_s <= closed_until_s):
            services = self._open.pop(start_s)
            self._closed.extend(self._part(start_s, name, services[name]) for name in sorted(services))

    def _part(self, start_s: int, service: str, bucket: _OpenBucket) -> BucketPart:
        return BucketPart(
            service=service,
            source=self.source,
            start_s=start_s,
            width_s=self._width_s,
            through_offset=bucket.last_offset,
            samples=bucket.samples,
            count=bucket.count,
            interval_s=bucket.interval_s,
            rates=tuple((s, total, n) for s, (total, n) in sorted(bucket.rates.items())),
            saturated=bucket.saturated,
        )


def _shares(sample: TrafficSample, width_s: int) -> list[tuple[int, float, float]]:
    """What of a sample's count and interval falls into which bucket, as (start, count, seconds).

    The bucket it begins in takes all, unless its interval is longer than a bucket.
    """
    at_s, interval_s, count = sample.timestamp_s, sample.interval_s or 0.0, sample.count or 0.0
    first_s = int(at_s // width_s) * width_s
    if interval_s <= width_s:
        return [(first_s, count, interval_s)]
    end_s = at_s + interval_s
    shares = []
    for start_s in range(first_s, math.ceil(end_s), width_s):
        covered_s = min(end_s, start_s + width_s) - max(at_s, start_s)
        shares.append((start_s, count * covered_s / interval_s, covered_s))
    return shares
