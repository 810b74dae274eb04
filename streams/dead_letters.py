"""Dead letters: what could not be read, kept with the reason and the place it came from."""

from __future__ import annotations

from advisor.errors import DecodeError
from streams.records import OriginalRecord, OutgoingRecord

MAX_DETAIL_BYTES = 1024
MAX_VALUE_BYTES = 900 * 1024
"""Longer originals are cut, so that the dead letter itself fits Kafka's default limit of 1 MiB."""
MAX_ORIGIN_HEADER_BYTES = 32 * 1024
"""Room for the original key and headers; what does not fit is left out and counted."""


def dead_letter(record: OriginalRecord, error: DecodeError, *, topic: str) -> OutgoingRecord:
    """What goes to the dead-letter topic `topic` for a record that could not be read.

    The value is the original's, byte for byte (cut at MAX_VALUE_BYTES, which `headstart-truncated-from`
    then tells); the key is the source topic; reason, error, origin and original headers are headers.
    """
    value = record.value
    headers = [
        ("headstart-reason", error.reason.value.encode()),
        ("headstart-error", _cut(error.detail)),
        ("headstart-topic", record.topic.encode()),
        ("headstart-partition", str(record.partition).encode()),
        ("headstart-offset", str(record.offset).encode()),
    ]
    if value is not None and len(value) > MAX_VALUE_BYTES:
        headers.append(("headstart-truncated-from", str(len(value)).encode()))
        value = value[:MAX_VALUE_BYTES]
    headers.extend(_origin(record))
    return OutgoingRecord(topic, record.topic.encode(), value, tuple(headers))


def _origin(record: OriginalRecord) -> list[tuple[str, bytes]]:
    """The original key and headers, as far as there is room for them."""
    wanted = [] if record.key is None else [("headstart-key", record.key)]
    wanted += [(f"original-{name}", content or b"") for name, content in record.headers or ()]
    kept: list[tuple[str, bytes]] = []
    room = MAX_ORIGIN_HEADER_BYTES
    for name, content in wanted:
        size = len(name.encode()) + len(content)
        if size <= room:
            kept.append((name, content))
            room -= size
    if len(kept) < len(wanted):
        kept.append(("headstart-headers-left-out", str(len(wanted) - len(kept)).encode()))
    return kept


def _cut(text: str) -> bytes:
    """UTF-8 of at most MAX_DETAIL_BYTES, never ending inside a character."""
    return text.encode(errors="replace")[:MAX_DETAIL_BYTES].decode(errors="ignore").encode()
