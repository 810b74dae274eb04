"""What was done on platforms and is not written down yet: receipts, and the states of resources."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from advisor.domain.advice import Receipt
from advisor.domain.policy import Policy
from advisor.domain.resource_state import ResourceState
from advisor.reporting.metrics import Metrics
from streams.publisher import Publisher

MOST = 10_000
"""Receipts kept while Kafka is away: far more than any outage that we act through makes."""


class Owed:
    """Kept until it is stored, in the order in which it was done."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._receipts: deque[Receipt] = deque(maxlen=MOST)
        self._touched: set[str] = set()

    def receipt(self, receipt: Receipt | None, *, is_news: bool = True) -> None:
        """This was done, if anything was. Where it is no news it is only counted."""
        if receipt is None:
            return
        self._metrics.acts.labels(resource=receipt.resource, reason=receipt.reason).inc()
        if is_news:
            self._receipts.append(receipt)

    def state(self, resource: str) -> None:
        """What is known of this resource has changed."""
        self._touched.add(resource)

    def forget_states(self) -> None:
        """The states are those of the log."""
        self._touched.clear()

    async def pay(self, publisher: Publisher, states: Mapping[str, ResourceState], policy: Policy) -> bool:
        """Write all of it down; True if there was anything. What could not be stored stays owed."""
        wrote = bool(self._receipts)
        while self._receipts:
            await publisher.publish_receipt(self._receipts[0], policy)
            self._receipts.popleft()
        while self._touched:
            name = min(self._touched)
            wrote = await publisher.publish_state(states[name]) or wrote
            self._touched.discard(name)
        return wrote
