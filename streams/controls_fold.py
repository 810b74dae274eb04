"""What does the controls topic say? A fold over its records, for the decider and everybody who reads it."""

from __future__ import annotations

from advisor.settings import Settings
from streams.codec.controls_log import CommandsMark, changes_of, decode_control
from streams.control_book import ControlBook
from streams.control_entries import Changes
from streams.kafka_clients import read_all
from streams.topics import TopicNames


class ControlsFold:
    """What stands, and how far the commands topic was dealt with: the one with this id.

    `topic_id` None takes whatever the mark is of: for those who read and do not decide.
    """

    def __init__(self, topic_id: str | None = None) -> None:
        self.book = ControlBook()
        self.last_changes: Changes = {}
        self._topic_id = topic_id
        self._marked_id = topic_id
        self._next_offset = 0

    @property
    def next_offset(self) -> int:
        """Every command below was dealt with. A commands topic made anew begins its offsets anew: at 0."""
        return self._next_offset if self._topic_id in (None, self._marked_id) else 0

    def deal_with(self, offset: int) -> None:
        """The command at this offset is dealt with."""
        self._marked_id, self._next_offset = self._topic_id, offset + 1

    def apply(self, key: bytes | None, value: bytes | None) -> None:
        """Take in one record. Raises DecodeError for one that this version did not write."""
        name = (key or b"").decode()
        if value is None:
            self.book.put({name: None})
            return
        record = decode_control(value)
        if isinstance(record, CommandsMark):
            self._apply_mark(record)
        else:
            self.book.put({name: record.entry})

    def _apply_mark(self, mark: CommandsMark) -> None:
        if mark.topic_id == self._marked_id and mark.next_offset < self._next_offset:
            return  # a decider wrote it that did not know yet that another had taken over
        self._marked_id, self._next_offset = mark.topic_id, mark.next_offset
        self.last_changes = changes_of(mark)
        self.book.put(self.last_changes)
        self.book.hear(mark.heard)


def read_controls(settings: Settings) -> ControlsFold:
    """What stands as of now? Raises KafkaUnreachableError, TopicMissingError and DecodeError."""
    fold = ControlsFold()
    for record in read_all(settings, TopicNames.of(settings).controls):
        fold.apply(record.key, record.value)
    return fold
