"""Commands: what people say on the commands topic, as CloudEvents, and as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from advisor.domain.reason import Reason
from advisor.domain.timegrid import to_iso
from advisor.errors import DecodeError
from streams.codec.campaign_model import validated
from streams.codec.command_model import (
    ApproveData,
    FreezeData,
    HoldData,
    RehearseData,
    RejectData,
    ResumeData,
    ScopeData,
    instant,
)
from streams.codec.events import (
    IncomingHeaders,
    build_event,
    event_time,
    read_event,
    require_subject,
    write_event,
)
from streams.codec.json_object import shown
from streams.records import Headers

SCHEMA = "command.v1.json"


class CommandKind(StrEnum):
    """What a person may ask for."""

    APPROVE = "approve"
    REJECT = "reject"
    HOLD = "hold"
    RESUME = "resume"
    FREEZE = "freeze"
    REHEARSE = "rehearse"

    @property
    def event_type(self) -> str:
        """The CloudEvents type that carries it."""
        return f"io.headstart.command.{self.value}.v1"


@dataclass(frozen=True, slots=True)
class Approve:
    """Go so far for this revision of a campaign; the fields are those of an Envelope."""

    campaign_id: str
    revision: int
    most_units: tuple[tuple[str, int], ...]
    max_cost: float | None
    currency: str
    start: datetime
    end: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Reject:
    """Do nothing for this revision of a campaign."""

    campaign_id: str
    revision: int


@dataclass(frozen=True, slots=True)
class OnScope:
    """Hold, resume or freeze a resource, a campaign or everything; a freeze may also `disarm`."""

    kind: CommandKind
    scope: str
    disarm: bool = False


@dataclass(frozen=True, slots=True)
class Rehearse:
    """Raise these resources to these floors until then at the latest, watch them, and put them back.

    `watch_s` is for how many seconds they are watched once their units serve.
    """

    campaign_id: str
    floors: tuple[tuple[str, int], ...]
    until: datetime
    watch_s: int = 300


Word = Approve | Reject | OnScope | Rehearse


@dataclass(frozen=True, slots=True)
class Command:
    """One person's word. `id` and `source` are the event's: together they name it for good."""

    id: str
    source: str
    by: str
    at: datetime
    why: str
    word: Word

    @property
    def kind(self) -> CommandKind:
        """What is asked for."""
        match self.word:
            case Approve():
                return CommandKind.APPROVE
            case Reject():
                return CommandKind.REJECT
            case Rehearse():
                return CommandKind.REHEARSE
            case OnScope(kind):
                return kind

    @property
    def about(self) -> str:
        """The campaign or scope it is about: the subject, and the key on every topic."""
        return self.word.scope if isinstance(self.word, OnScope) else self.word.campaign_id


_SCOPED: Mapping[CommandKind, type[ScopeData]] = {
    CommandKind.HOLD: HoldData,
    CommandKind.RESUME: ResumeData,
    CommandKind.FREEZE: FreezeData,
}


def decode_command(value: bytes | None, headers: IncomingHeaders, *, received_at: datetime) -> Command:
    """What does this record of the commands topic ask for?

    `received_at` (aware UTC) counts as its time if the event carries none. Raises DecodeError with the
    reason for the dead-letter topic.
    """
    event = read_event(value, headers, received_at=received_at)
    kinds = {kind.event_type: kind for kind in CommandKind}
    kind = kinds.get(event.get_type())
    if kind is None:
        raise DecodeError(
            Reason.UNKNOWN_EVENT_TYPE,
            f"type {shown(event.get_type())} is not known. Fix: send one of {', '.join(kinds)}",
        )
    data = event.get_data()
    if not isinstance(data, dict):
        raise DecodeError(Reason.NOT_AN_OBJECT, f"data is {shown(data)}. Fix: send a JSON object")
    by, why, word = _read(kind, data)
    command = Command(
        event.get_id(), event.get_source(), by, event_time(event) or received_at.astimezone(UTC), why, word
    )
    require_subject(event, command.about, "the data is about")
    return command


def encode_command(command: Command) -> tuple[bytes, bytes, Headers]:
    """Key, value and headers of the event, in structured mode."""
    event = build_event(
        command.kind.event_type,
        command.source,
        command.about,
        command.id,
        command.at,
        command_data(command),
    )
    value, headers = write_event(event, "structured")
    return command.about.encode(), value, headers


def command_data(command: Command) -> dict[str, Any]:
    """The event data that :func:`decode_command` reads back; what is empty is left out."""
    said: dict[str, Any] = {"by": command.by} | ({"why": command.why} if command.why else {})
    match command.word:
        case Approve() as word:
            cost = {} if word.max_cost is None else {"max_cost": word.max_cost}
            times = {"start": word.start, "end": word.end, "expires_at": word.expires_at}
            return {
                "campaign_id": word.campaign_id,
                "revision": word.revision,
                "resources": dict(word.most_units),
                **cost,
                "currency": word.currency,
                **{name: to_iso(time) for name, time in times.items()},
                **said,
            }
        case Reject(campaign_id, revision):
            return {"campaign_id": campaign_id, "revision": revision, **said}
        case OnScope(_, scope, disarm):
            return {"scope": scope, **({"disarm": True} if disarm else {}), **said}
        case Rehearse(campaign_id, floors, until, watch_s):
            until_then = {"until": to_iso(until), "watch_s": watch_s}
            return {"campaign_id": campaign_id, "floors": dict(floors), **until_then, **said}


def _read(kind: CommandKind, data: dict[str, Any]) -> tuple[str, str, Word]:
    """Who says it, why, and what. Raises DecodeError naming every field at fault."""
    if kind is CommandKind.APPROVE:
        approve = validated(ApproveData, data, SCHEMA)
        return approve.by, approve.why, _approve(approve)
    if kind is CommandKind.REJECT:
        reject = validated(RejectData, data, SCHEMA)
        return reject.by, reject.why, Reject(reject.campaign_id, reject.revision)
    if kind is CommandKind.REHEARSE:
        tried = validated(RehearseData, data, SCHEMA)
        floors = tuple(sorted(tried.floors.items()))
        word = Rehearse(tried.campaign_id, floors, instant(tried.until), tried.watch_s)
        return tried.by, tried.why, word
    read = validated(_SCOPED[kind], data, SCHEMA)
    return read.by, read.why, OnScope(kind, read.scope, isinstance(read, FreezeData) and read.disarm)


def _approve(data: ApproveData) -> Approve:
    return Approve(
        data.campaign_id,
        data.revision,
        tuple(sorted(data.resources.items())),
        data.max_cost,
        data.currency,
        instant(data.start),
        instant(data.end),
        instant(data.expires_at),
    )
