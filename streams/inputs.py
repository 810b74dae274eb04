"""What a decision rested on, named by content: each content goes to the inputs topic once."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta

from streams.codec.audit import content_hash
from streams.records import OutgoingRecord

REMEMBERED = 50_000  # hashes kept to avoid writing a content again; writing one twice does no harm

WRITTEN_ANEW = timedelta(days=30)
"""A content still in use after so long is written again, or its record would not outlive the audit's."""


class Inputs:
    """Names contents by their hash, and remembers which still have to be written."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._known: OrderedDict[str, None] = OrderedDict()
        self._unwritten: dict[str, bytes] = {}
        self._since: datetime | None = None

    def are_old(self, now: datetime) -> bool:
        """Is it time to begin anew with an empty memory? It counts from when this was asked first."""
        self._since = self._since or now
        return now - self._since >= WRITTEN_ANEW

    def name(self, content: bytes) -> str:
        """The content's hash; the content is written before the next audit record that uses it."""
        name = content_hash(content)
        if name not in self._known:
            self._unwritten[name] = content
        return name

    def take(self) -> list[OutgoingRecord]:
        """Records for every content named since the last call and not written before."""
        records = [OutgoingRecord(self._topic, name.encode(), c) for name, c in self._unwritten.items()]
        self._known.update(dict.fromkeys(self._unwritten))
        self._unwritten.clear()
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return records
