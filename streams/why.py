"""Why is a resource's floor what it is? The chain behind it, from the audit and the inputs topics alone.

The floor at a time is that of the newest decision by then. The decision that *made* it is the first of
those in a row that had the same step: what was forecast and known then is why the floor is what it is; what
the newest one adds is what guardrails say of it now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from advisor.domain.advice import Claim, Outcome, Step, Verdict
from advisor.domain.campaign import Campaign
from advisor.domain.capacity import Observation
from advisor.domain.controls import EVERYTHING
from advisor.domain.timegrid import to_iso
from advisor.errors import HeadstartError
from streams.audit_log import AuditEvent, AuditRecord
from streams.codec.manifest import Fetch, InputsLostError, read_inputs
from streams.decision_inputs import DecisionInputs
from streams.peak import Peak, peak_behind
from streams.resource_trail import ResourceTrail


class NothingDecidedError(HeadstartError):
    """The audit topic holds no decision on the resource, or none by the time asked for."""


@dataclass(frozen=True, slots=True)
class ClaimedBy:
    """A campaign with a claim, its window on the resource, and what was said of its readiness by then.

    `campaign` is None where the inputs are lost; `findings` are those that concern this resource.
    """

    claim: Claim
    campaign: Campaign | None
    readiness: str | None
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """All that stands behind a floor.

    `made` is the decision whose step is in force (`step`; None at the ordinary minimum), `newest` the last
    one by `at`. `found` is the resource as `newest` knew it. `objections` are the guardrails of `newest` that
    clamped or blocked. `stood` says which holds, freezes, envelopes and rejections of people concerned the
    resource in `newest`; `commands` are the records of what people sent. `lost` says why inputs could not be
    read; then what rests on them is missing.
    """

    resource: str
    at: datetime
    floor: int | None
    ceiling: int | None
    step: Step | None
    next_step: Step | None
    made: AuditEvent
    newest: AuditEvent
    claims: tuple[ClaimedBy, ...]
    reasons: tuple[str, ...]
    objections: tuple[Verdict, ...]
    acts: tuple[AuditEvent, ...]
    commands: tuple[AuditEvent, ...] = ()
    found: Observation | None = None
    peak: Peak | None = None
    forecasts: tuple[AuditEvent, ...] = ()
    stood: tuple[dict[str, Any], ...] = ()
    lost: str | None = None

    @property
    def scopes(self) -> frozenset[str]:
        """What a person's word must be about to concern this floor: it, its campaigns, or everything."""
        return frozenset({self.resource, EVERYTHING, *(one.claim.campaign_id for one in self.claims)})


def explain(
    records: Iterable[AuditRecord], fetch: Fetch, resource: str, at: datetime | None, now: datetime
) -> Chain:
    """Why is the floor of a resource what it is `at` a time, by default `now`?

    Where the newest decision was not written when it was made, the estate lives by a replayed stream's
    clock, and its last decision is now. Raises NothingDecidedError.
    """
    trail = ResourceTrail(resource, at)
    for record in records:
        trail.take(record)
    decided = sorted(trail.decided, key=lambda r: r.event.time)
    if not decided:
        raise NothingDecidedError(_nothing(resource, at, trail.first))
    newest = decided[-1]
    moment = at or (now if newest.was_live else newest.event.time)
    step = next((s for s in reversed(_steps(newest.event)) if s.act_at <= moment), None)
    made = _maker([r.event for r in decided], step)
    chain = Chain(
        resource=resource,
        at=moment,
        floor=step.floor if step else None,
        ceiling=step.ceiling if step else None,
        step=step,
        next_step=next((s for s in _steps(newest.event) if s.act_at > moment), None),
        made=made,
        newest=newest.event,
        claims=tuple(_claimed(claim, trail) for claim in msgspec.convert(made.data["claims"], list[Claim])),
        reasons=tuple(newest.event.data["recommendation"]["reasons"]),
        objections=_objections(newest.event),
        acts=tuple(a for a in sorted(trail.acts, key=lambda e: e.time) if a.time >= made.time),
    )
    chain = replace(chain, commands=tuple(c for c in trail.commands if _concerns(c, chain.scopes)))
    try:
        return _with_inputs(chain, trail, fetch)
    except InputsLostError as error:
        return replace(chain, lost=str(error))


def _with_inputs(chain: Chain, trail: ResourceTrail, fetch: Fetch) -> Chain:
    """The chain with all that only the inputs of its two decisions can tell. Raises InputsLostError."""
    then, last = (_inputs(event, chain.resource, fetch) for event in (chain.made, chain.newest))
    rules, state = last.policy.resources[chain.resource], last.resources.get(chain.resource)
    known = {c.campaign_id: c for c in then.campaigns}
    services = then.policy.resources[chain.resource].serves
    claims = [claimed.claim for claimed in chain.claims]
    return replace(
        chain,
        floor=rules.minimum if chain.floor is None else chain.floor,
        ceiling=rules.maximum if chain.ceiling is None else chain.ceiling,
        claims=tuple(replace(one, campaign=known.get(one.claim.campaign_id)) for one in chain.claims),
        found=state.observation if state else None,
        peak=peak_behind(then, chain.resource, claims, chain.step, _steps(chain.made)),
        forecasts=tuple(trail.explained[s] for s in services if s in trail.explained),
        stood=tuple(_stood(last, chain.scopes)),
    )


def _objections(event: AuditEvent) -> tuple[Verdict, ...]:
    verdicts = msgspec.convert(event.data["verdicts"], list[Verdict])
    return tuple(v for v in verdicts if v.outcome is not Outcome.PASS)


def _maker(decided: Sequence[AuditEvent], step: Step | None) -> AuditEvent:
    """The first of the last decisions in a row that have a step; without one, that have none in force."""
    made = decided[-1]
    for event in reversed(decided):
        steps = _steps(event)
        same = step in steps if step else not any(s.act_at <= event.time for s in steps)
        if not same:
            break
        made = event
    return made


def _inputs(event: AuditEvent, resource: str, fetch: Fetch) -> DecisionInputs:
    """What a decision was made on, as far as one resource is concerned. Raises InputsLostError."""
    manifest = event.data["inputs"].get("decision")
    if manifest is None:
        raise InputsLostError(f"decision {event.id} is of a version that did not record all of its inputs")

    def keep(kind: str, key: str) -> bool:
        return kind == "campaigns" or key == resource or key.startswith(f"{resource}|")

    return read_inputs(manifest, fetch, keep)


def _claimed(claim: Claim, trail: ResourceTrail) -> ClaimedBy:
    assessed = trail.assessed.get(claim.campaign_id)
    after = (assessed.data.get("after") if assessed else None) or {}
    findings = [f["detail"] for f in after.get("findings", ()) if f["resource"] == trail.resource]
    return ClaimedBy(claim, None, after.get("readiness"), tuple(findings))


def _stood(seen: DecisionInputs, scopes: Collection[str]) -> Iterable[dict[str, Any]]:
    """What people decided that stood and concerns any of these, each with its kind."""
    for kind, of_kind in msgspec.to_builtins(seen.controls).items():
        for one in of_kind:
            if one.get("scope", one.get("campaign_id")) in scopes:
                yield {"kind": kind, **one}


def _concerns(command: AuditEvent, scopes: Collection[str]) -> bool:
    return command.subject in scopes or any(v in scopes for v in command.data.values() if isinstance(v, str))


def _steps(event: AuditEvent) -> tuple[Step, ...]:
    return msgspec.convert(event.data["recommendation"]["steps"], tuple[Step, ...])


def _nothing(resource: str, at: datetime | None, first: datetime | None) -> str:
    if first is not None:
        return f"{resource}: nothing was decided by {at}. Fix: ask for {to_iso(first)} or later"
    return (
        f"{resource}: the audit topic holds no decision on it. Fix: give a resource's id as the policy has "
        "it; for a campaign there is `headstart plan CAMPAIGN`"
    )
