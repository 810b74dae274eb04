"""How much of a campaign's own capacity may be asked for now, and on whose word?

A campaign holds its claim whatever it is permitted: what is withheld is only what it alone adds to a floor.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from advisor.domain.advice import Claim, Outcome, Verdict
from advisor.domain.campaign import Campaign
from advisor.domain.controls import Controls, people
from advisor.domain.limits import ModeCaps
from advisor.domain.money import Cost
from advisor.domain.policy import Mode, Policy, ResourcePolicy
from advisor.domain.reason import Reason
from advisor.planning.approvals import agreement_on
from advisor.planning.claims import mode_allowed_by_source


@dataclass(frozen=True, slots=True)
class Asked:
    """What one campaign asks of one resource: the most units at any time, and what it alone costs at all."""

    campaign: Campaign
    resource: ResourcePolicy
    claim: Claim
    most_units: int
    cost: Cost


@dataclass(frozen=True, slots=True)
class Permission:
    """How far one campaign may lift one resource's floor.

    `share` of its own units may be asked for, 0 to 1, and the floor may stand at most at `most_units`;
    None does not bound. `verdict` says why no more.
    """

    campaign_id: str
    mode: Mode
    share: float
    most_units: int | None
    verdict: Verdict

    @property
    def is_full(self) -> bool:
        """May all be done that the plan has?"""
        return self.verdict.outcome is Outcome.PASS


def mode_of(resource: ResourcePolicy, campaign: Campaign, policy: Policy) -> Mode:
    """How far may we go with a resource on this campaign's word?"""
    return min(resource.mode_by_itself, mode_allowed_by_source(campaign, policy), key=lambda m: m.rank)


def most_by_itself(caps: ModeCaps | None, resource: ResourcePolicy) -> tuple[int, str] | None:
    """The most units that a resource's mode may raise to by itself, and why; None where nothing bounds it."""
    bounds = []
    if caps is not None and caps.max_multiplier is not None:
        most = int(resource.minimum * caps.max_multiplier)
        bounds.append((most, f"{caps.max_multiplier:g} times {resource.minimum}"))
    if caps is not None and caps.max_cost_per_hour is not None and resource.price_per_unit_hour:
        most = resource.minimum + int(caps.max_cost_per_hour / resource.price_per_unit_hour)
        bounds.append((most, f"{caps.max_cost_per_hour:g} an hour"))
    return min(bounds, default=None)


def permission(asked: Asked, controls: Controls, policy: Policy, now: datetime) -> Permission:
    """How far may a campaign lift a floor at `now`?"""
    campaign, mode = asked.campaign, mode_of(asked.resource, asked.campaign, policy)
    name = campaign.campaign_id
    holds = [hold for hold in controls.holds if hold.scope == name]
    if holds:
        detail = f"{name} is on hold by {people(holds)}"
        return _refused(name, mode, "campaign_not_held", Reason.HELD, detail)
    if mode.rank <= Mode.RECOMMEND.rank:
        reason = Reason.MODE_OBSERVE if mode is Mode.OBSERVE else Reason.MODE_RECOMMEND
        return _refused(name, mode, "mode_permits", reason, f"mode is {mode} for {name}")
    if mode is Mode.APPROVE:
        return _approved(asked, controls, policy, now)
    return Permission(name, mode, 1.0, None, _passed("mode_permits"))


def _approved(asked: Asked, controls: Controls, policy: Policy, now: datetime) -> Permission:
    """How far people agreed: all of it, a part, or nothing."""
    name, resource = asked.campaign.campaign_id, asked.resource.resource
    agreed = agreement_on(name, controls, policy.approval, now)
    envelope = agreed.envelope
    if envelope is None:
        reason, wanted = agreed.reason, f"{asked.most_units} units"
        return _refused(name, Mode.APPROVE, "approved", reason, f"{wanted} for {name}: {agreed.detail}")
    if not envelope.start <= now < envelope.end:
        detail = f"{name} is approved from {envelope.start:%d %b %H:%M}Z to {envelope.end:%d %b %H:%M}Z"
        return _refused(name, Mode.APPROVE, "approved", Reason.OUTSIDE_ENVELOPE, detail)
    most = dict(envelope.most_units).get(resource)
    if most is None:
        detail = f"{envelope.by} approved {name} for other resources only"
        return _refused(name, Mode.APPROVE, "approved", Reason.OUTSIDE_ENVELOPE, detail)
    share = 1.0
    if envelope.max_cost is not None and asked.cost.extra and asked.cost.extra > envelope.max_cost:
        share = envelope.max_cost / asked.cost.extra
    if most >= asked.most_units and share >= 1.0:
        return Permission(name, Mode.APPROVE, 1.0, most, _passed("approved"))
    wanted = f"{asked.most_units} units" + (f", {_money(asked.cost)}" if asked.cost.extra else "")
    cost = "" if envelope.max_cost is None else f", {envelope.currency} {envelope.max_cost:,.2f}"
    beyond = agreed.reason if share < 1.0 and agreed.reason is not Reason.MEETS_PLAN else None
    detail = f"{name} wants {wanted}; agreed are {most} units{cost} ({agreed.detail})"
    verdict = Verdict("approved", Outcome.CLAMP, beyond or Reason.OUTSIDE_ENVELOPE, detail)
    return Permission(name, Mode.APPROVE, share, most, verdict)


def _money(cost: Cost) -> str:
    return f"{cost.currency} {cost.extra or 0.0:,.2f}"


def _refused(name: str, mode: Mode, guardrail: str, reason: Reason, detail: str) -> Permission:
    return Permission(name, mode, 0.0, None, Verdict(guardrail, Outcome.BLOCK, reason, detail))


def _passed(guardrail: str) -> Verdict:
    return Verdict(guardrail, Outcome.PASS, Reason.MEETS_PLAN, "")
