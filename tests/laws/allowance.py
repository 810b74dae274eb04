"""Who may have what on a resource at a minute, read off people's words and the policy's anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from advisor.domain.campaign import Campaign
from advisor.domain.controls import Controls, Envelope
from advisor.domain.policy import Mode
from tests.laws.run import Tick


@dataclass(frozen=True)
class Allowance:
    """Campaigns that may have all, the most units that people agreed to, and whether any is bounded."""

    free: frozenset[str]
    agreed: dict[str, int]
    bounds: bool


def allowance(tick: Tick, name: str, ours: Sequence[Campaign]) -> Allowance:
    """What each campaign may have of a resource now."""
    of = tick.policy.resources[name]
    free, agreed, bounds = set(), dict[str, int](), False
    for one in ours:
        source = tick.policy.sources[one.source].max_mode
        mode = min(of.mode, source, key=lambda m: m.rank)
        if mode is Mode.AUTO and of.irreversible:
            mode = Mode.APPROVE
        held = any(h.scope == one.campaign_id for h in tick.controls.holds)
        if mode is Mode.AUTO and not held:
            free.add(one.campaign_id)
            continue
        bounds = True
        if mode is Mode.APPROVE and not held:
            envelope = newest(one.campaign_id, tick.controls, tick.now)
            if envelope and envelope.start <= tick.now < envelope.end:
                most = dict(envelope.most_units).get(name)
                if most is not None:
                    agreed[one.campaign_id] = most
    return Allowance(frozenset(free), agreed, bounds)


def newest(campaign_id: str, controls: Controls, now: datetime) -> Envelope | None:
    """The last valid word that allows something for a campaign."""
    valid = [e for e in controls.envelopes if e.campaign_id == campaign_id and e.expires_at > now]
    return max(valid, key=lambda e: e.at, default=None)
