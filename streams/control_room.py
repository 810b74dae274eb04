"""What do people need to give commands? Send one, and wait until the decider has said what became of it."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from advisor.domain.controls import Controls
from advisor.settings import Settings
from streams.codec.command_audit import COMMAND_ACCEPTED, COMMAND_REFUSED, AuditedCommand
from streams.codec.commands import Command, Word, decode_command, encode_command
from streams.controls_fold import read_controls
from streams.kafka_clients import follower, producer
from streams.topic_setup import require_topics
from streams.topics import TopicNames

SOURCE = "/headstart/cli"
ANSWER_WITHIN_S = 10.0
_LOOK_EVERY_MS = 100


@dataclass(frozen=True, slots=True)
class Reply:
    """What the decider said of a command, in words, and what stands since."""

    accepted: bool
    text: str
    reasons: tuple[str, ...]
    controls: Controls


class _AuditEvent(msgspec.Struct):
    type: str
    data: msgspec.Raw


_events = msgspec.json.Decoder(_AuditEvent)
_audited = msgspec.json.Decoder(AuditedCommand)


def new_command(word: Word, by: str, why: str) -> Command:
    """A person's word as of now, with an id of its own. Raises DecodeError if nobody could read it."""
    command = Command(str(uuid.uuid4()), SOURCE, by, datetime.now(UTC), why, word)
    _, value, headers = encode_command(command)
    return decode_command(value, headers, received_at=command.at)


def send_command(settings: Settings, command: Command) -> int:
    """Write one command and say at which offset it lies, once Kafka has it for good.

    Raises KafkaUnreachableError and TopicMissingError.
    """
    key, value, headers = encode_command(command)
    topic = TopicNames.of(settings).commands
    require_topics(settings, [topic])
    with producer(settings) as client:
        sent = client.send(topic, key=key, value=value, headers=list(headers), partition=0).get(timeout=60)
    offset: int = sent.offset
    return offset


def ask(settings: Settings, command: Command, wait_s: float = ANSWER_WITHIN_S) -> Reply | None:
    """Send a command and wait for what becomes of it; None if nobody has dealt with it within `wait_s`.

    Raises what :func:`send_command` does.
    """
    names = TopicNames.of(settings)
    require_topics(settings, [names.audit, names.controls])
    with follower(settings, [names.audit], from_end=True) as answers:
        offset = send_command(settings, command)
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline:
            for records in answers.poll(timeout_ms=_LOOK_EVERY_MS).values():
                for record in records:
                    found = _answer_in(record.value, command)
                    if found is not None:
                        return _reply(settings, *found, offset, deadline)
    return None


def _answer_in(value: bytes | None, command: Command) -> tuple[bool, AuditedCommand] | None:
    """Was this command accepted, and what was said? None for an audit record of anything else."""
    event = _events.decode(value) if value else None
    if event is None or event.type not in (COMMAND_ACCEPTED, COMMAND_REFUSED):
        return None
    audited = _audited.decode(event.data)
    if (audited.command_source, audited.command_id) != (command.source, command.id):
        return None
    return event.type == COMMAND_ACCEPTED, audited


def _reply(
    settings: Settings, accepted: bool, audited: AuditedCommand, offset: int, deadline: float
) -> Reply | None:
    """The answer with what stands since: it is written just after the answer."""
    while True:
        fold = read_controls(settings)
        if fold.next_offset > offset:
            return Reply(accepted, audited.text, audited.reasons, fold.book.controls)
        if time.monotonic() > deadline:
            return None
        time.sleep(_LOOK_EVERY_MS / 1000)
