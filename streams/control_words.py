"""What people are told about a command: a sentence for each thing that can become of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from advisor.domain.controls import EVERYTHING, Controls, Envelope, Hold, people
from advisor.domain.reason import Reason
from streams.codec.commands import Approve, Command, CommandKind, Rehearse
from streams.control_entries import ScopeEntry


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command was not taken: by name, and in words."""

    reason: Reason
    text: str


def approved(command: Command, envelope: Envelope) -> str:
    """An approval stands."""
    return f"{command.by} approves {_inside(envelope)}{_why(command)}"


def rejected(command: Command, dropped: int) -> str:
    """A rejection stands; what others had approved before is gone."""
    ended = f"; {dropped} approval(s) before it count no more" if dropped else ""
    return f"{command.by} rejects {command.about}{_why(command)}{ended}"


def held(command: Command, others: Sequence[Hold]) -> str:
    """A hold stands, beside those of others."""
    stop = "nothing is changed there until somebody resumes it; the floors that stand, stand"
    return f"{command.by} holds {command.about}{_why(command)}: {stop}{_as_well(others)}"


def frozen(command: Command, others: Sequence[Hold]) -> str:
    """A freeze stands, beside those of others."""
    stop = "nothing is changed until somebody resumes it; the floors that stand, stand"
    return f"{command.by} freezes {_named(command.about)}{_why(command)}: {stop}{_as_well(others)}"


def resumed(command: Command, lifted: Sequence[ScopeEntry]) -> str:
    """Holds and freezes are over, whosever they were."""
    told = "; ".join(f"{_named(entry.scope)} was {_whose(entry)}" for entry in lifted)
    return f"{command.by} resumes {_named(command.about)}{_why(command)}: {told}"


def rehearsed(command: Command, word: Rehearse) -> str:
    """A rehearsal begins."""
    floors = ", ".join(f"{name} to {floor}" for name, floor in word.floors)
    end = f"watched, and lowered again by {_time(word.until)} at the latest, maxima a hold after that"
    return f"{command.by} rehearses for {command.about}{_why(command)}: raised are {floors}; {end}"


def unknown_campaign(command: Command) -> Refusal:
    """Nobody announced it."""
    return _refusal(
        command,
        Reason.CAMPAIGN_UNKNOWN,
        "no such campaign was announced",
        "see `headstart campaign list --all`",
    )


def cancelled(command: Command, standing: str, revision: int) -> Refusal:
    """It stands no longer."""
    return _refusal(
        command,
        Reason.CAMPAIGN_CANCELLED,
        f"it is {standing} since revision {revision}",
        "announce it again with a higher revision",
    )


def revision_differs(command: Command, meant: int, present: int) -> Refusal:
    """The person saw another revision than the one that stands."""
    return _refusal(
        command,
        Reason.REVISION_MISMATCH,
        f"revision {meant} is meant, the present one is {present}",
        f"look at `headstart plan {command.about}` and decide on revision {present}",
    )


def window_empty(command: Command, word: Approve) -> Refusal:
    """It ends before it begins."""
    return _refusal(
        command,
        Reason.WINDOW_EMPTY,
        f"its end, {_time(word.end)}, is not after its start, {_time(word.start)}",
        "send an end after the start",
    )


def expired(command: Command, since: datetime) -> Refusal:
    """It was over when it came."""
    return _refusal(
        command,
        Reason.EXPIRED,
        f"it was over at {_time(since)}, before it came",
        "approve again with a later expiry",
    )


def unknown_resources(command: Command, unknown: Sequence[str]) -> Refusal:
    """It names what we cannot set."""
    return _refusal(
        command,
        Reason.RESOURCE_UNKNOWN,
        f"the policy has no {', '.join(unknown)}",
        "name resources as the policy does",
    )


def currency_differs(command: Command, sent: str, ours: str) -> Refusal:
    """Money is not compared across currencies."""
    return _refusal(
        command,
        Reason.CURRENCY_MISMATCH,
        f"it is in {sent}, the policy counts in {ours}",
        f"send the cost in {ours}",
    )


def unknown_scope(command: Command, scope: str) -> Refusal:
    """There is nothing of this name to stop."""
    if scope == EVERYTHING:
        return _refusal(
            command, Reason.SCOPE_UNKNOWN, "everything can be frozen only", "`headstart freeze --everything`"
        )
    if command.kind is CommandKind.FREEZE:
        return _refusal(
            command,
            Reason.SCOPE_UNKNOWN,
            "it is no resource of the policy",
            "write its id as the policy does, or `headstart freeze --everything`",
        )
    return _refusal(
        command,
        Reason.SCOPE_UNKNOWN,
        "it is neither a resource of the policy nor an announced campaign",
        "write its id as the policy or `headstart campaign list` does",
    )


def campaign_frozen(command: Command) -> Refusal:
    """A freeze is of resources; what stops a campaign is a hold."""
    return _refusal(
        command,
        Reason.SCOPE_UNKNOWN,
        "it is a campaign, and only a resource of the policy or everything can be frozen",
        f"`headstart hold {command.about}`",
    )


def nothing_to_resume(command: Command, scope: str, everything_frozen: bool) -> Refusal:
    """Nobody stopped it."""
    if everything_frozen and scope != EVERYTHING:
        return _refusal(
            command,
            Reason.NOT_HELD,
            "it is not held by itself: everything is frozen",
            "`headstart resume --everything`",
        )
    return _refusal(command, Reason.NOT_HELD, "nothing is held or frozen there", "there is nothing to do")


def standing_lines(controls: Controls) -> list[str]:
    """What stands, a line each; none if nothing does."""
    stops = [("frozen", stop) for stop in controls.freezes] + [("held", stop) for stop in controls.holds]
    lines = [
        f"{word}: {_named(stop.scope)}, by {stop.by} since {_time(stop.at)}" + _reason(stop.why)
        for word, stop in stops
    ]
    lines += [
        f"rehearsed: {r.resource} to {r.floor} until {_time(r.until)}, by {r.by}" + _reason(r.why)
        for r in controls.rehearsals
    ]
    lines += [f"approved: {_inside(e)}, by {e.by}" for e in controls.envelopes]
    lines += [
        f"rejected: {r.campaign_id}, revision {r.revision}, by {r.by}" + _reason(r.why)
        for r in controls.rejections
    ]
    return lines


def _refusal(command: Command, reason: Reason, found: str, fix: str) -> Refusal:
    what = f"{command.kind} of {_named(command.about)} by {command.by}"
    return Refusal(reason, f"{what} is refused, {reason}: {found}. Fix: {fix}")


def _inside(envelope: Envelope) -> str:
    units = ", ".join(f"at most {most} of {resource}" for resource, most in envelope.most_units)
    cost = (
        "" if envelope.max_cost is None else f", at most {envelope.currency} {envelope.max_cost:,.2f} extra"
    )
    window = f"from {_time(envelope.start)} to {_time(envelope.end)}"
    until = f"valid until {_time(envelope.expires_at)}"
    return f"{envelope.campaign_id}, revision {envelope.revision}: {units}{cost}, {window}, {until}"


def _as_well(others: Sequence[Hold]) -> str:
    """Who had said the same before."""
    return f". So had before: {people(others)}" if others else ""


def _whose(entry: ScopeEntry) -> str:
    """Which holds and freezes were there?"""
    stops = (("frozen by", entry.freezes), ("held by", entry.holds))
    return ", ".join(f"{word} {people(of_kind)}" for word, of_kind in stops if of_kind)


def _why(command: Command) -> str:
    return _reason(command.why)


def _reason(why: str) -> str:
    return f" ({why})" if why else ""


def _named(scope: str) -> str:
    return "everything" if scope == EVERYTHING else scope


def _time(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}Z"
