"""Records of the internal demand topic: finished buckets, and how far each source partition is finished.

Versioned by a field of their own, so that a worker of another version refuses them by name instead of
misreading them.
"""

from __future__ import annotations

import msgspec

from advisor.domain.demand import BucketPart, SourcePartition
from advisor.domain.reason import Reason
from advisor.errors import DecodeError
from streams.codec.versioned import read_versioned


class BucketRecord(msgspec.Struct, tag="bucket", frozen=True, kw_only=True):
    """A service's demand in one bucket, as one source partition has it: absolute, keyed by service."""

    v: int = 1
    service: str
    topic: str
    topic_id: str
    partition: int
    start_s: int
    width_s: int
    through_offset: int
    samples: int
    count: float
    interval_s: float
    rates: tuple[tuple[str, float, int], ...]
    saturated: bool


class WatermarkRecord(msgspec.Struct, tag="watermark", frozen=True, kw_only=True):
    """Every bucket of a source partition that ends by `closed_until_s` has been sent before this record.

    Sent to every demand partition. `end` closes a replay: nothing follows on this source partition.
    """

    v: int = 1
    topic: str
    topic_id: str
    partition: int
    closed_until_s: int
    end: bool = False

    @property
    def source(self) -> SourcePartition:
        """The source partition it speaks of."""
        return SourcePartition(self.topic, self.topic_id, self.partition)


DemandRecord = BucketRecord | WatermarkRecord

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(DemandRecord)


def encode_bucket(part: BucketPart) -> bytes:
    """The value of a bucket's record."""
    return _encoder.encode(
        BucketRecord(
            service=part.service,
            topic=part.source.topic,
            topic_id=part.source.topic_id,
            partition=part.source.partition,
            start_s=part.start_s,
            width_s=part.width_s,
            through_offset=part.through_offset,
            samples=part.samples,
            count=part.count,
            interval_s=part.interval_s,
            rates=part.rates,
            saturated=part.saturated,
        )
    )


def encode_watermark(source: SourcePartition, closed_until_s: int, *, end: bool) -> bytes:
    """The value of a watermark's record."""
    return _encoder.encode(
        WatermarkRecord(
            topic=source.topic,
            topic_id=source.topic_id,
            partition=source.partition,
            closed_until_s=closed_until_s,
            end=end,
        )
    )


def decode_demand(value: bytes | None) -> DemandRecord:
    """The record. Raises DecodeError for anything that this version did not write."""
    if value is None:
        raise DecodeError(Reason.EMPTY_MESSAGE, "the demand topic holds no deletions")
    record: DemandRecord = read_versioned(_decoder.decode, value, "demand record")
    return record


def bucket_part(record: BucketRecord) -> BucketPart:
    """The domain value of a bucket's record."""
    return BucketPart(
        service=record.service,
        source=SourcePartition(record.topic, record.topic_id, record.partition),
        start_s=record.start_s,
        width_s=record.width_s,
        through_offset=record.through_offset,
        samples=record.samples,
        count=record.count,
        interval_s=record.interval_s,
        rates=record.rates,
        saturated=record.saturated,
    )
