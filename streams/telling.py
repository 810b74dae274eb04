"""What is told of services: each forecast anew, needs and levels only where they say something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from advisor.domain.demand import Level
from advisor.pipeline import Assessment
from streams.codec.forecasts import encode_forecast
from streams.codec.needs_log import encode_level, encode_need
from streams.records import OutgoingRecord
from streams.topics import TopicNames


class Telling:
    """Makes the records of assessments, and knows what the needs topic was told last."""

    def __init__(self, names: TopicNames) -> None:
        self._names = names
        self._told: dict[bytes, bytes] = {}

    def forget(self) -> None:
        """Another worker may say something else: whatever is said next is new."""
        self._told.clear()

    def records(
        self, assessments: Sequence[Assessment], levels: Sequence[Level], tick_s: int | None
    ) -> list[OutgoingRecord]:
        """The records of what is new; by the event clock they bear the tick at which it was."""
        records: list[OutgoingRecord] = []
        for assessment in assessments:
            key, value = encode_forecast(assessment.forecast)
            records.append(OutgoingRecord(self._names.forecasts, key, value))
            for need in assessment.needs:
                records += self._if_new(partial(encode_need, need), tick_s)
        for level in levels:
            records += self._if_new(partial(encode_level, level), tick_s)
        return records

    def _if_new(
        self, encode: Callable[[int | None], tuple[bytes, bytes]], tick_s: int | None
    ) -> Iterator[OutgoingRecord]:
        """The record for the needs topic, unless the same was told before at another tick."""
        key, content = encode(None)
        if self._told.get(key) == content:
            return
        self._told[key] = content
        value = content if tick_s is None else encode(tick_s)[1]
        yield OutgoingRecord(self._names.needs, key, value, partition=0)
