"""The state of one partition of the demand topic: a fold over its log, rebuilt from snapshots and the log."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import structlog

from advisor.aggregation.service_history import ServiceHistory
from advisor.aggregation.watermarks import Watermarks
from advisor.domain.demand import SourcePartition
from advisor.errors import DecodeError
from advisor.forecasting.learned import NOTHING, Learned
from streams.codec.demand_log import BucketRecord, WatermarkRecord, bucket_part, decode_demand
from streams.codec.explanations import NOTHING_SAID, Substance, decode_said
from streams.codec.learned_state import learned_state, restore_learned
from streams.codec.snapshots import MARKER_KEY, PartitionMarker, ServiceSnapshot, encode_snapshot
from streams.records import OutgoingRecord

log = structlog.get_logger(__name__)


class DemandPartition:
    """Histories of the services of one demand partition, and how far its sources are complete."""

    def __init__(self, partition: int, step_s: int) -> None:
        self.partition = partition
        self.histories: dict[str, ServiceHistory] = {}
        self.next_offset = 0
        self.unreadable = 0
        self._step_s = step_s
        self._seen_through: dict[str, int] = {}
        self._watermarks = Watermarks()
        self._ended: set[SourcePartition] = set()
        self._changed: set[str] = set()
        self._learned: dict[str, Learned] = {}
        self._explained: dict[str, Substance] = {}

    def restore_marker(self, marker: PartitionMarker) -> None:
        """Begin where every service's snapshot reaches at least."""
        self.next_offset = marker.next_offset
        for watermark in marker.watermarks:
            self._apply_watermark(watermark)

    def restore_service(self, snapshot: ServiceSnapshot) -> None:
        """Take over a service's history; records it has seen already will be passed over."""
        history = ServiceHistory.restore(snapshot.history)
        self.histories[history.service] = history
        if snapshot.learned is not None:
            self._learned[history.service] = restore_learned(snapshot.learned)
        self._seen_through[history.service] = snapshot.next_offset
        self._changed.add(history.service)

    def restore_explained(self, value: bytes) -> None:
        """Take over what was last said of a service; what cannot be read is said again, and stops nothing."""
        try:
            last = decode_said(value)
        except DecodeError as error:
            log.warning("explanation_unreadable", partition=self.partition, error=str(error))
            return
        self.keep_explained(last.service, last.said)

    def apply(self, offset: int, value: bytes | None) -> None:
        """Fold one record; one folded before changes nothing."""
        if offset < self.next_offset:
            return
        self.next_offset = offset + 1
        try:
            record = decode_demand(value)
        except DecodeError as error:
            # Our own topic: nothing readable is lost by going on, but somebody should look.
            self.unreadable += 1
            log.error(  # noqa: TRY400 - the error says it all, a traceback of our decoder nothing more
                "demand_record_unreadable", partition=self.partition, offset=offset, error=str(error)
            )
            return
        if isinstance(record, WatermarkRecord):
            self._apply_watermark(record)
        elif offset >= self._seen_through.get(record.service, 0):
            self._apply_bucket(record)

    def complete_until_s(self, sources: Sequence[SourcePartition]) -> int:
        """Demand of this partition's services is complete up to here (epoch seconds)."""
        return self._watermarks.complete_until_s(sources)

    def ended(self, sources: Collection[SourcePartition]) -> bool:
        """Event clock: has every source partition said that nothing follows?"""
        return bool(sources) and set(sources) <= self._ended

    @property
    def earliest_s(self) -> int | None:
        """The first instant any service here has data for; None while there is none."""
        starts = [history.earliest_s for history in self.histories.values()]
        return min((s for s in starts if s is not None), default=None)

    def snapshot(self, topic: str) -> tuple[OutgoingRecord, ...]:
        """Records for the models topic: every service changed since the last call, then the marker."""
        changed, self._changed = sorted(self._changed), set()
        services = (
            OutgoingRecord(
                topic,
                name.encode(),
                encode_snapshot(self._snapshot_of(name)),
                partition=self.partition,
            )
            for name in changed
        )
        marker = PartitionMarker(
            next_offset=self.next_offset,
            watermarks=[
                WatermarkRecord(
                    topic=source.topic,
                    topic_id=source.topic_id,
                    partition=source.partition,
                    closed_until_s=closed_until_s,
                    end=source in self._ended,
                )
                for source, closed_until_s in self._watermarks.items()
            ],
        )
        return (
            *services,
            OutgoingRecord(topic, MARKER_KEY, encode_snapshot(marker), partition=self.partition),
        )

    def learned(self, service: str) -> Learned:
        """What was learned of a service so far."""
        return self._learned.get(service, NOTHING)

    def keep_learned(self, service: str, learned: Learned) -> None:
        """Remember what was learned, for the next forecast and the next snapshot."""
        if learned is not self._learned.get(service):
            self._learned[service] = learned
            self._changed.add(service)

    def explained(self, service: str) -> Substance:
        """What was last said of what this service's forecast is made of."""
        return self._explained.get(service, NOTHING_SAID)

    def keep_explained(self, service: str, said: Substance) -> None:
        """Remember what was said, so that it is not said again."""
        self._explained[service] = said

    def _snapshot_of(self, name: str) -> ServiceSnapshot:
        learned = self._learned.get(name)
        return ServiceSnapshot(
            next_offset=self.next_offset,
            history=self.histories[name].state(),
            learned=learned_state(learned) if learned is not None else None,
        )

    def _apply_bucket(self, record: BucketRecord) -> None:
        history = self.histories.get(record.service)
        if history is None:
            history = self.histories[record.service] = ServiceHistory(record.service, self._step_s)
        if history.apply(bucket_part(record)):
            self._changed.add(record.service)

    def _apply_watermark(self, record: WatermarkRecord) -> None:
        advanced = self._watermarks.apply(record.source, record.closed_until_s)
        if record.end:
            self._ended.add(record.source)
        elif advanced:  # a repeat after a restart takes nothing back; new traffic does
            self._ended.discard(record.source)
