"""Makes a recorded decision again from what it was made on, and says whether the same comes out.

The audit record names its inputs; from them the pure pipeline decides again, the same record is written
again, and the two are compared byte by byte. Only what is not of the decision is taken from the record: what
was said of a campaign before, and which build wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from streams.audit_log import AuditEvent, AuditRecord
from streams.audit_trail import why_not_counted
from streams.build import this_build
from streams.campaign_book import BookEntry
from streams.codec.audit import (
    CAMPAIGN_ASSESSED,
    RESOURCE_ACTED,
    RESOURCE_DECIDED,
    Origin,
    audit_decision,
    audit_not_counted,
    audit_readiness,
)
from streams.codec.explanations import FORECAST_EXPLAINED
from streams.codec.manifest import Fetch, InputsLostError, read_content, read_inputs
from streams.decision_inputs import DecisionInputs
from streams.records import OutgoingRecord


class Sameness(StrEnum):
    """What came of making a decision again."""

    SAME = "same"
    DIFFERS = "differs"
    CANNOT = "cannot"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in the record's data, as recorded and as it comes out again; None where there is nothing."""

    where: str
    recorded: Any
    again: Any


@dataclass(frozen=True, slots=True)
class Replayed:
    """The answer: whether the decision comes out again, in one sentence why or why not, and what differs."""

    id: str
    type: str
    subject: str
    time: datetime
    sameness: Sameness
    why: str
    differences: tuple[Difference, ...] = ()
    recorded_by: Mapping[str, str] | None = None
    replayed_by: Mapping[str, str] | None = None


def replay_decision(record: AuditRecord, fetch: Fetch) -> Replayed:
    """Does this decision come out again, to the byte? `fetch` gives the contents of the inputs topic."""
    event = record.event
    if event.type not in (RESOURCE_DECIDED, CAMPAIGN_ASSESSED):
        return _answer(event, Sameness.CANNOT, what_it_is(event))
    if "decision" not in event.data.get("inputs", {}):
        return _answer(
            event,
            Sameness.CANNOT,
            "it was written by a version that recorded the inputs of one resource only, and decisions are "
            "made for all at once. Fix: replay a decision made since",
        )
    try:
        again = _made_again(event, fetch)
    except InputsLostError as error:
        return _answer(event, Sameness.CANNOT, f"{error}. {_builds(event)}")
    if again is None:
        why = f"no decision is made on {event.subject} any more. {_builds(event)}"
        return _answer(event, Sameness.DIFFERS, why, differences(event.data, None))
    if again.value == record.value:
        return _answer(event, Sameness.SAME, f"the same {len(record.value)} bytes. {_builds(event)}")
    found = differences(event.data, msgspec.json.decode(again.value or b"", type=AuditEvent).data)
    why = f"differs in {len(found)} places" if found else "says the same in other bytes"
    return _answer(event, Sameness.DIFFERS, f"{why}. {_builds(event)}", found)


def what_it_is(event: AuditEvent) -> str:
    """Which kind of record is this that is no decision, and which decision does it come from?"""
    data = event.data
    match event.type:
        case t if t == RESOURCE_ACTED:
            decision = data.get("decision")
            whence = (
                f"it carried out the plan of decision {decision}: replay that"
                if decision
                else "its record does not say which decision it carried out"
            )
            return f"it is the receipt of an act on {event.subject} ({data.get('reason')}); {whence}"
        case t if t == FORECAST_EXPLAINED:
            return (
                f"it is the explanation of the forecast of {event.subject}, made from demand and not by a "
                f"decision. Fix: `headstart why RESOURCE` names the decisions that rest on it"
            )
        case _:
            return f"it is a {event.type} by {data.get('actor', 'nobody named')}, not a decision"


def differences(recorded: Any, again: Any, where: str = "") -> tuple[Difference, ...]:
    """Where do two JSON values differ? Paths such as `recommendation.steps[2].floor`, in order."""
    return tuple(_differences(recorded, again, where))


def _differences(recorded: Any, again: Any, where: str) -> Iterator[Difference]:
    if isinstance(recorded, dict) and isinstance(again, dict):
        for key in dict.fromkeys((*recorded, *again)):
            inner = f"{where}.{key}" if where else key
            yield from _differences(recorded.get(key), again.get(key), inner)
    elif _rows(recorded) and _rows(again):
        for i in range(max(len(recorded), len(again))):
            one, other = (rows[i] if i < len(rows) else None for rows in (recorded, again))
            yield from _differences(one, other, f"{where}[{i}]")
    elif recorded != again:
        yield Difference(where, recorded, again)


def _rows(value: Any) -> bool:
    """Lists of objects are compared one by one; lists of words, such as Reasons, read better whole."""
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _made_again(event: AuditEvent, fetch: Fetch) -> OutgoingRecord | None:
    """The record as it is written now; None where the decision has nothing to say of the subject."""
    seen = read_inputs(event.data["inputs"]["decision"], fetch)
    made_by = event.data.get("model_version", ""), event.data.get("build", {})
    origin = Origin(event.data["inputs"], seen.policy.version, *made_by)
    decision = seen.decide()
    if event.type == RESOURCE_DECIDED:
        resources = (r for r in decision.resources if r.recommendation.resource == event.subject)
        return next((audit_decision("", made, origin) for made in resources), None)
    readiness = next((r for r in decision.campaigns if r.campaign_id == event.subject), None)
    if readiness is not None:
        return audit_readiness("", readiness, event.data.get("before"), seen.now, origin)
    return _not_counted_again(event, seen, origin, fetch)


def _not_counted_again(
    event: AuditEvent, seen: DecisionInputs, origin: Origin, fetch: Fetch
) -> OutgoingRecord | None:
    name = event.data["inputs"].get("entry")
    if name is None:
        return None
    entry = read_content(name, "entry", msgspec.json.Decoder(BookEntry).decode, fetch([name]))
    reason, detail = why_not_counted(entry, seen.policy)
    return audit_not_counted("", event.subject, reason, detail, seen.now, origin)


def _builds(event: AuditEvent) -> str:
    """Was it recorded by this very build? If not, by which."""
    recorded, here = event.data.get("build", {}), this_build()
    if recorded == here:
        return "Made by this build"
    model = event.data.get("model_version")
    return f"Made by another build: model {model}, {_spelt(recorded)}; this one is {_spelt(here)}"


def _spelt(build: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in build.items()) or "a version that did not say"


def _answer(event: AuditEvent, sameness: Sameness, why: str, found: tuple[Difference, ...] = ()) -> Replayed:
    return Replayed(
        event.id,
        event.type,
        event.subject,
        event.time,
        sameness,
        why,
        found,
        event.data.get("build"),
        this_build(),
    )
