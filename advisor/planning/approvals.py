"""What have people agreed to for a campaign, and who has to agree still?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from advisor.domain.controls import Controls, Envelope
from advisor.domain.limits import ApprovalPolicy
from advisor.domain.reason import Reason


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far people let us go for one campaign.

    `envelope` is None where nothing is agreed; `reason` then says why. With an envelope it says what
    stands in the way of more: that a second person has to agree, or nothing (MEETS_PLAN).
    """

    envelope: Envelope | None
    reason: Reason
    detail: str


def agreement_on(campaign_id: str, controls: Controls, approval: ApprovalPolicy, now: datetime) -> Agreement:
    """What people agreed on a campaign, of every person the newest word.

    One person's word counts up to the cost from which two are needed; two different people's as far as
    both go. What has expired counts no more, but for saying so.
    """
    given = sorted((e for e in controls.envelopes if e.campaign_id == campaign_id), key=lambda e: e.at)
    refused = [r for r in controls.rejections if r.campaign_id == campaign_id]
    if refused and not given:
        no = max(refused, key=lambda r: r.at)
        why = f": {no.why}" if no.why else ""
        return Agreement(None, Reason.APPROVAL_REJECTED, f"rejected by {no.by}{why}")
    valid = [e for e in given if e.expires_at > now]
    if not valid:
        if given:
            last = given[-1]
            detail = f"what {last.by} approved expired {last.expires_at:%Y-%m-%d %H:%M}Z"
            return Agreement(None, Reason.APPROVAL_EXPIRED, detail)
        return Agreement(None, Reason.NEEDS_APPROVAL, "nobody has approved it yet")
    newest, limit = valid[-1], approval.two_people_above
    if limit is None or (newest.max_cost is not None and newest.max_cost <= limit):
        return Agreement(newest, Reason.MEETS_PLAN, f"approved by {newest.by}")
    others = [e for e in valid if e.by != newest.by]
    if others:
        other = others[-1]
        return Agreement(_both(newest, other), Reason.MEETS_PLAN, f"approved by {other.by} and {newest.by}")
    detail = f"approved by {newest.by}; above {newest.currency} {limit:,.2f} a second person has to agree"
    return Agreement(replace(newest, max_cost=limit), Reason.NEEDS_SECOND_APPROVAL, detail)


def _both(one: Envelope, other: Envelope) -> Envelope:
    """As far as both envelopes go."""
    units = dict(other.most_units)
    costs = [cost for cost in (one.max_cost, other.max_cost) if cost is not None]
    return replace(
        one,
        most_units=tuple((name, min(most, units[name])) for name, most in one.most_units if name in units),
        max_cost=min(costs) if costs else None,
        start=max(one.start, other.start),
        end=min(one.end, other.end),
        expires_at=min(one.expires_at, other.expires_at),
    )
