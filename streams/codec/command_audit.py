"""The audit records of commands: who asked for what, what became of it, what it changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from streams.codec.audit import SOURCE, content_hash
from streams.codec.commands import Command, command_data
from streams.codec.events import cloud_event
from streams.codec.notices import notice
from streams.control_book import Answer
from streams.control_entries import Changes
from streams.records import OutgoingRecord

_PREFIX = "io.headstart.command."
COMMAND_ACCEPTED = f"{_PREFIX}accepted.v1"
COMMAND_REFUSED = f"{_PREFIX}refused.v1"


class AuditedCommand(msgspec.Struct, frozen=True, kw_only=True):
    """What a command's audit record says of its end; the rest of it is for people."""

    command_id: str
    command_source: str
    text: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deed:
    """One command, its place on the commands topic, when it counts from, and what became of it."""

    command: Command
    offset: int
    at: datetime
    answer: Answer


def audit_command(topic: str, deed: Deed, policy_version: str) -> OutgoingRecord:
    """A command was accepted or refused. The same one written again has the same id."""
    command, answer = deed.command, deed.answer
    type = f"{_PREFIX}{answer.heard}.v1"
    data: dict[str, Any] = {
        "kind": command.kind,
        "command_id": command.id,
        "command_source": command.source,
        "command": command_data(command),
        "said_at": command.at,
        "offset": deed.offset,
        "text": answer.text,
        "before": _builtins(answer.before),
        "after": _builtins(answer.after),
        "reasons": [answer.reason] if answer.reason else [],
        "actor": command.by,
        "inputs": {},
        "policy_version": policy_version,
    }
    plain: dict[str, Any] = msgspec.to_builtins(data)
    identity = content_hash(
        msgspec.json.encode([type, command.about, msgspec.to_builtins(deed.at), plain], order="sorted")
    )
    value, headers = cloud_event(type, SOURCE, command.about, identity, deed.at, plain)
    return OutgoingRecord(topic, command.about.encode(), value, headers)


def notice_of_command(topic: str, deed: Deed) -> OutgoingRecord:
    """What people are told of a command."""
    command, answer = deed.command, deed.answer
    data = {
        "command": command.kind.value,
        "command_id": command.id,
        "outcome": answer.heard.value,
        "by": command.by,
        "reasons": [answer.reason.value] if answer.reason else [],
    }
    return notice(topic, command.about, answer.text, deed.at, "command", data)


def _builtins(changes: Changes) -> Any:
    return {key: msgspec.to_builtins(entry) for key, entry in changes.items()}
