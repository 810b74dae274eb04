"""What every part of one worker has in common: where it is, what time it is, and how to write and count."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.reporting.metrics import Metrics
from advisor.settings import Settings
from streams.clock import Clock
from streams.outbox import Outbox
from streams.topics import TopicNames


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """Built once, by the composition root; holds no state of its own."""

    settings: Settings
    names: TopicNames
    clock: Clock
    outbox: Outbox
    metrics: Metrics
