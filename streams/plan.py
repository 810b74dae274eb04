"""One campaign's plan as of now: the pure pipeline over what the topics hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from advisor.actuation.reach import simulated_resources, within_reach
from advisor.domain.advice import CampaignReadiness, ResourceDecision
from advisor.domain.campaign import Campaign
from advisor.domain.capacity import ResourceState
from advisor.domain.timegrid import from_epoch_s
from advisor.errors import HeadstartError
from advisor.forecasting.windows import effect_window
from advisor.pipeline import decide
from advisor.planning.pace import Pace, paces_of
from advisor.policy_file import PolicyFile
from advisor.settings import Settings
from streams.campaign_book import CampaignBook
from streams.campaign_inbox import read_inbox
from streams.codec.needs_log import TickRecord, decode_needs
from streams.codec.resource_state import DECIDED_KEY, decode_state
from streams.controls_fold import read_controls
from streams.kafka_clients import read_all
from streams.needs_fold import NeedsFold
from streams.topics import TopicNames


class NoSuchCampaignError(HeadstartError):
    """The campaign asked for does not stand."""


@dataclass(frozen=True, slots=True)
class CampaignPlan:
    """A campaign, the verdict on it, and what is asked of each resource it moves."""

    campaign: Campaign
    readiness: CampaignReadiness | None
    resources: tuple[ResourceDecision, ...]
    now: datetime


def plan_campaign(
    settings: Settings, policy_file: PolicyFile, campaign_id: str, now: datetime
) -> CampaignPlan:
    """Decide as the decider would, with the needs it has, but write and do nothing.

    In a replayed estate the stream's last tick is now. `readiness` is None for a campaign that is over.
    Raises NoSuchCampaignError, KafkaUnreachableError and TopicMissingError.
    """
    names = TopicNames.of(settings, policy_file)
    fold, tick_s = _read_needs(settings, names)
    decision_time = from_epoch_s(tick_s) if tick_s else now
    book = read_inbox(settings).book
    campaign = _find(book, campaign_id)
    simulated = simulated_resources(policy_file.policy)
    policy, _ = within_reach(policy_file.policy, {"sim": simulated}, dry_run_only=bool(tick_s))
    # However far away the campaign is, its own schedule is what was asked for.
    reach = max(policy.horizon, campaign.end - decision_time + timedelta(days=1))
    states = _read_states(settings, names)
    paces = paces_of(policy, states)
    decision = decide(
        fold.needs,
        fold.levels,
        book.standing(),
        states,
        read_controls(settings).book.controls,
        replace(policy, horizon=reach),
        decision_time,
    )
    readiness = next((r for r in decision.campaigns if r.campaign_id == campaign_id), None)
    touched = tuple(
        _own_steps(made, campaign, paces[made.recommendation.resource])
        for made in decision.resources
        if set(campaign.services) & set(policy.resources[made.recommendation.resource].serves)
    )
    return CampaignPlan(campaign, readiness, touched, decision_time)


def _own_steps(made: ResourceDecision, campaign: Campaign, pace: Pace) -> ResourceDecision:
    """The decision with only those steps that can be this campaign's doing."""
    start, end = effect_window(campaign)
    first, last = pace.earliest_raise(start), pace.latest_revert(end)
    steps = tuple(s for s in made.recommendation.steps if first <= s.act_at <= last)
    return replace(made, recommendation=replace(made.recommendation, steps=steps))


def _find(book: CampaignBook, campaign_id: str) -> Campaign:
    entry = book.get(campaign_id)
    if entry is None:
        raise NoSuchCampaignError(
            f"campaign {campaign_id!r} is not on the inbox. Fix: see `headstart campaign list --all`"
        )
    standing = next((c for c in book.standing() if c.campaign_id == campaign_id), None)
    if standing is None:
        raise NoSuchCampaignError(
            f"campaign {campaign_id!r} is {entry.standing}. Fix: announce it again with a higher revision"
        )
    return standing


def _read_needs(settings: Settings, names: TopicNames) -> tuple[NeedsFold, int]:
    """The needs as of now, and the last tick of a replay; 0 where the wall clock rules."""
    fold, tick_s = NeedsFold(), 0
    for record in read_all(settings, names.needs):
        if record.value is None:
            fold.forget((record.key or b"").decode())
            continue
        needs = decode_needs(record.value)
        fold.apply(needs)
        if isinstance(needs, TickRecord):
            tick_s = max(tick_s, needs.tick_s)
    fold.settle(tick_s)
    return fold, tick_s


def _read_states(settings: Settings, names: TopicNames) -> dict[str, ResourceState]:
    latest: dict[bytes, bytes] = {}
    for record in read_all(settings, names.resources):
        if record.key is not None and record.value is not None and record.key != DECIDED_KEY:
            latest[record.key] = record.value
    return {key.decode(): decode_state(value) for key, value in latest.items()}
