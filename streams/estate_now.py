"""What the topics hold as of now: everything that the decider would decide on, read by somebody who asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from advisor.actuation.reach import within_reach
from advisor.domain.resource_state import ResourceState
from advisor.domain.timegrid import from_epoch_s
from advisor.policy_file import PolicyFile
from advisor.settings import Settings
from streams.campaign_book import CampaignBook
from streams.campaign_inbox import read_inbox
from streams.codec.needs_log import TickRecord, decode_needs
from streams.codec.resource_state import OWN_KEYS, decode_state
from streams.controls_fold import read_controls
from streams.decision_inputs import DecisionInputs
from streams.kafka_clients import read_all
from streams.needs_fold import NeedsFold
from streams.topics import TopicNames

OnProgress = Callable[[str, int, int], None]
"""Of what a title says, so many records are read of so many."""


def unheard(_title: str, _done: int, _total: int) -> None:
    """A listener to progress that does nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class EstateNow:
    """What the decider would see, and every campaign ever announced."""

    seen: DecisionInputs
    book: CampaignBook


def read_estate(
    settings: Settings, policy_file: PolicyFile, now: datetime, on_progress: OnProgress = unheard
) -> EstateNow:
    """Read the needs, the campaigns, the resources and people's words, and change nothing.

    In a replayed estate the stream's last tick is now. Raises KafkaUnreachableError, TopicMissingError and
    DecodeError.
    """
    names = TopicNames.of(settings, policy_file)
    fold, tick_s = _read_needs(settings, names, on_progress)
    book = read_inbox(settings).book
    policy, _ = within_reach(policy_file.policy, policy_file.connections, dry_run_only=bool(tick_s))
    seen = DecisionInputs(
        fold.needs,
        fold.levels,
        book.standing(),
        read_states(settings),
        read_controls(settings).book.controls,
        policy,
        from_epoch_s(tick_s) if tick_s else now,
    )
    return EstateNow(seen, book)


def _read_needs(settings: Settings, names: TopicNames, on_progress: OnProgress) -> tuple[NeedsFold, int]:
    """The needs as of now, and the last tick of a replay; 0 where the wall clock rules."""
    fold, tick_s = NeedsFold(), 0

    def tell(done: int, total: int) -> None:
        on_progress("what services need", done, total)

    for record in read_all(settings, names.needs, on_progress=tell):
        if record.value is None:
            fold.forget((record.key or b"").decode())
            continue
        needs = decode_needs(record.value)
        fold.apply(needs)
        if isinstance(needs, TickRecord):
            tick_s = max(tick_s, needs.tick_s)
    fold.settle(tick_s)
    return fold, tick_s


def read_states(settings: Settings) -> dict[str, ResourceState]:
    """What was last written of every resource, by resource id."""
    names = TopicNames.of(settings)
    latest: dict[bytes, bytes] = {}
    for record in read_all(settings, names.resources):
        if record.key is not None and record.value is not None and record.key not in OWN_KEYS:
            latest[record.key] = record.value
    return {key.decode(): decode_state(value) for key, value in latest.items()}
