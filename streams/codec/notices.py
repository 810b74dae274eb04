"""Notices: what people and their tools are told, a sentence in an event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from streams.codec.audit import SOURCE, content_hash
from streams.codec.events import cloud_event
from streams.records import OutgoingRecord

NOTICE = "io.headstart.notice.v1"


def notice(
    topic: str, about: str, text: str, at: datetime, kind: str, data: Mapping[str, Any]
) -> OutgoingRecord:
    """A notice about a campaign or a scope. The same one written again has the same id.

    `kind` says what occasioned it, e.g. `command`; `data` is what tools may want beside the text.
    """
    whole = {"kind": kind, "text": text, **data}
    identity = content_hash(
        msgspec.json.encode([NOTICE, about, msgspec.to_builtins(at), whole], order="sorted")
    )
    value, headers = cloud_event(NOTICE, SOURCE, about, identity, at, whole)
    return OutgoingRecord(topic, about.encode(), value, headers)
