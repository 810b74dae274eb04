"""Demand of one service over time, added up over the source partitions that hold its samples.

Recent buckets keep every source's part, so that a part can still be replaced by a fuller one. Older
ones settle into a regular float32 grid, which is what a forecast reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from advisor.domain.demand import BucketPart, Reading, ServiceView, SourcePartition
from advisor.domain.timegrid import from_epoch_s, to_epoch_s

SETTLE_AFTER_S = 6 * 3600  # parts can still be replaced this long; after it a cell is final
RETAIN_S = 28 * 86_400
IN_USE_S = 600  # "in use now" is the highest bucket of the last ten minutes


def bucket_rate_per_s(parts: Iterable[BucketPart]) -> float:
    """How many requests per second do these parts of one bucket amount to?

    Counts are additive over sources; they are spread over the bucket, or over the time that was
    sampled where less of it was (a lost sample is a gap, not a zero). Rate readings are averaged
    per series and added up over series, wherever the readings of a series came to lie.
    """
    count = interval_s = 0.0
    width_s = 0
    series: dict[str, tuple[float, int]] = {}
    # A fixed order of addition, so that the same parts give the same float in whatever order they came.
    for part in sorted(parts, key=lambda p: (p.source.topic, p.source.topic_id, p.source.partition)):
        count += part.count
        interval_s += part.interval_s
        width_s = part.width_s
        for name, total, n in part.rates:
            seen_total, seen_n = series.get(name, (0.0, 0))
            series[name] = (seen_total + total, seen_n + n)
    counted = count / min(width_s, interval_s) if interval_s > 0 else 0.0
    return counted + sum(total / n for total, n in series.values())


@dataclass(frozen=True, slots=True)
class HistoryState:
    """A service's history as plain values, for a snapshot. Arrays are raw little-endian bytes."""

    service: str
    step_s: int
    settled_start_s: int
    settled_float32: bytes
    saturated_uint8: bytes
    newest_end_s: int
    recent: tuple[BucketPart, ...]


class ServiceHistory:
    """What is retained of one service's demand: 28 days on a grid of `step_s`."""

    def __init__(self, service: str, step_s: int) -> None:
        self.service = service
        self._step_s = step_s
        self._recent: dict[int, dict[SourcePartition, BucketPart]] = {}
        self._settled_start_s = 0
        self._settled: NDArray[np.float32] = np.empty(0, np.float32)
        self._saturated: NDArray[np.uint8] = np.empty(0, np.uint8)
        self._newest_end_s = 0

    @property
    def newest_end_s(self) -> int:
        """End of the newest bucket that holds data; 0 while there is none."""
        return self._newest_end_s

    @property
    def earliest_s(self) -> int | None:
        """Start of the oldest bucket retained; None while there is none."""
        starts = [self._settled_start_s] if len(self._settled) else []
        return min([*starts, *self._recent], default=None)

    def apply(self, part: BucketPart) -> bool:
        """Take in a part; True if it changed anything. Repeats and older versions change nothing."""
        if part.start_s + part.width_s <= self._newest_end_s - RETAIN_S or self._is_settled(part.start_s):
            return False
        sources = self._recent.setdefault(part.start_s, {})
        known = sources.get(part.source)
        if known is not None and known.through_offset >= part.through_offset:
            return False
        sources[part.source] = part
        if part.start_s + part.width_s > self._newest_end_s:
            self._newest_end_s = part.start_s + part.width_s
            self._settle()
        return True

    def view(self, data_until: datetime) -> ServiceView:
        """The service's demand as known at `data_until`: only whole cells before it are in `values`."""
        until_s = to_epoch_s(data_until)
        cutoff_s = until_s // self._step_s * self._step_s
        cells = self._recent_cells(cutoff_s)
        start_s = self._first_cell(cells, cutoff_s)
        n = max(0, (cutoff_s - start_s) // self._step_s)
        values = np.full(n, np.nan, np.float32)
        saturated = np.zeros(n, bool)
        if len(self._settled):
            at = (self._settled_start_s - start_s) // self._step_s
            take = max(0, min(len(self._settled), n - at))
            values[at : at + take] = self._settled[:take]
            saturated[at : at + take] = self._saturated[:take].astype(bool)
        for cell_s, (value, is_saturated) in cells.items():
            values[(cell_s - start_s) // self._step_s] = value
            saturated[(cell_s - start_s) // self._step_s] = is_saturated
        return ServiceView(
            service=self.service,
            start_s=start_s,
            step_s=self._step_s,
            values=values.astype(np.float64),
            saturated=saturated,
            data_until=data_until,
            recent_rate_per_s=self._in_use(until_s),
            newest=self._newest(until_s),
        )

    def state(self) -> HistoryState:
        """Everything needed to restore this history exactly."""
        return HistoryState(
            service=self.service,
            step_s=self._step_s,
            settled_start_s=self._settled_start_s,
            settled_float32=self._settled.astype("<f4").tobytes(),
            saturated_uint8=self._saturated.tobytes(),
            newest_end_s=self._newest_end_s,
            recent=tuple(p for start in sorted(self._recent) for p in self._recent[start].values()),
        )

    @classmethod
    def restore(cls, state: HistoryState) -> ServiceHistory:
        """The history a snapshot was taken of."""
        history = cls(state.service, state.step_s)
        history._settled_start_s = state.settled_start_s
        history._settled = np.frombuffer(state.settled_float32, "<f4").astype(np.float32)
        history._saturated = np.frombuffer(state.saturated_uint8, np.uint8).copy()
        history._newest_end_s = state.newest_end_s
        for part in state.recent:
            history._recent.setdefault(part.start_s, {})[part.source] = part
        return history

    def _is_settled(self, start_s: int) -> bool:
        index = (start_s // self._step_s * self._step_s - self._settled_start_s) // self._step_s
        return 0 <= index < len(self._settled) and not np.isnan(self._settled[index])

    def _recent_cells(self, cutoff_s: int) -> dict[int, tuple[np.float32, bool]]:
        by_cell: dict[int, list[dict[SourcePartition, BucketPart]]] = {}
        for start_s in sorted(self._recent):
            if start_s < cutoff_s:
                by_cell.setdefault(start_s // self._step_s * self._step_s, []).append(self._recent[start_s])
        return {cell_s: _cell(buckets) for cell_s, buckets in by_cell.items()}

    def _first_cell(self, cells: dict[int, tuple[np.float32, bool]], cutoff_s: int) -> int:
        starts = [min(cells)] if cells else []
        if len(self._settled):
            starts.append(self._settled_start_s)
        return min([*starts, cutoff_s])

    def _in_use(self, until_s: int) -> float:
        since_s = until_s - IN_USE_S
        rates = [
            bucket_rate_per_s(sources.values())
            for start_s, sources in self._recent.items()
            if since_s <= start_s and start_s + _width_s(sources) <= until_s
        ]
        # A replay may have read far ahead of the instant asked for: then only the settled cells remain.
        first = max(0, -((self._settled_start_s - since_s) // self._step_s))
        last = max(first, (until_s - self._settled_start_s) // self._step_s)
        settled = self._settled[first:last]
        return max([*rates, *(float(rate) for rate in settled[~np.isnan(settled)])], default=0.0)

    def _newest(self, until_s: int) -> Reading | None:
        """The last bucket that ended by then and is not settled yet; None where ten minutes hold none."""
        since_s = until_s - IN_USE_S
        ended = [
            (start_s + _width_s(sources), start_s)
            for start_s, sources in self._recent.items()
            if since_s <= start_s and start_s + _width_s(sources) <= until_s
        ]
        if not ended:
            return None
        end_s, start_s = max(ended)
        parts = self._recent[start_s].values()
        saturated = any(part.saturated for part in parts)
        return Reading(from_epoch_s(start_s), from_epoch_s(end_s), bucket_rate_per_s(parts), saturated)

    def _settle(self) -> None:
        """Move cells that can no longer change into the grid, and drop what is past retention."""
        final_s = (self._newest_end_s - SETTLE_AFTER_S) // self._step_s * self._step_s
        if not self._recent or min(self._recent) >= final_s:
            return
        cells = self._recent_cells(final_s)
        self._recent = {s: parts for s, parts in self._recent.items() if s >= final_s}
        keep_from_s = max(self._newest_end_s - RETAIN_S, 0) // self._step_s * self._step_s
        start_s = max(self._first_cell(cells, final_s), keep_from_s)
        settled = np.full((final_s - start_s) // self._step_s, np.nan, np.float32)
        saturated = np.zeros(len(settled), np.uint8)
        old_at = (self._settled_start_s - start_s) // self._step_s
        skip = max(0, -old_at)
        kept = self._settled[skip:]
        settled[old_at + skip : old_at + skip + len(kept)] = kept
        saturated[old_at + skip : old_at + skip + len(kept)] = self._saturated[skip:]
        for cell_s, (value, is_saturated) in cells.items():
            if cell_s >= start_s:
                settled[(cell_s - start_s) // self._step_s] = value
                saturated[(cell_s - start_s) // self._step_s] = is_saturated
        self._settled_start_s, self._settled, self._saturated = start_s, settled, saturated


def _width_s(sources: Mapping[SourcePartition, BucketPart]) -> int:
    return max(part.width_s for part in sources.values())


def _cell(buckets: list[dict[SourcePartition, BucketPart]]) -> tuple[np.float32, bool]:
    rates = [bucket_rate_per_s(sources.values()) for sources in buckets]
    saturated = any(part.saturated for sources in buckets for part in sources.values())
    return np.float32(sum(rates) / len(rates)), saturated
