"""What the demo sees of the worker: the topics it writes, read from outside like anybody could."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from advisor.domain.advice import Step
from advisor.domain.campaign import Campaign
from advisor.domain.readiness import Readiness
from advisor.domain.reason import Reason
from advisor.domain.timegrid import to_epoch_s
from advisor.settings import Settings
from streams.codec.audit import CAMPAIGN_ASSESSED, RESOURCE_ACTED
from streams.codec.forecasts import ForecastRecord, decode_forecast
from streams.codec.resource_state import DECIDED_KEY, OWN_KEYS, decode_decided, decode_state
from streams.demo.frame import Band, SaleNow
from streams.demo.story import Act
from streams.kafka_clients import follower
from streams.topics import TopicNames

SEEN_BEFOREHAND = timedelta(minutes=15)  # the report shows the forecast as it stood so long before the sale


@dataclass(slots=True)
class Seen:
    """Everything seen so far. `decided_s` is how far the decider has come, in event time."""

    decided_s: int = 0
    acts: list[Act] = field(default_factory=list)
    plan: tuple[Step, ...] = ()
    forecast: ForecastRecord | None = None
    forecast_before_sale: ForecastRecord | None = None
    readiness: Readiness | None = None
    readiness_before_sale: Readiness | None = None
    reasons: tuple[Reason, ...] = ()
    reasons_before_sale: tuple[Reason, ...] = ()
    news: list[str] = field(default_factory=list)


class Observer:
    """Follows the worker's topics by assignment; `poll` takes in what is new."""

    def __init__(self, settings: Settings, names: TopicNames, sale: Campaign | None, level: float) -> None:
        self._names = names
        self._sale = sale
        self._level = level
        self._follower = follower(settings, [names.audit, names.forecasts, names.resources])
        self._consumer: Any = None
        self.seen = Seen()

    def __enter__(self) -> Observer:
        self._consumer = self._follower.__enter__()
        return self

    def __exit__(self, *exception: Any) -> None:
        self._follower.__exit__(*exception)

    def poll(self, timeout_s: float) -> None:
        """Take in what is new, waiting up to so long for something."""
        for partition, records in self._consumer.poll(timeout_ms=int(timeout_s * 1000)).items():
            for record in records:
                if record.value is None:
                    continue
                if partition.topic == self._names.audit:
                    self._audited(json.loads(record.value))
                elif partition.topic == self._names.forecasts:
                    self._forecast(decode_forecast(record.value))
                elif record.key == DECIDED_KEY:
                    self.seen.decided_s = max(self.seen.decided_s, decode_decided(record.value))
                elif record.key not in OWN_KEYS:
                    self.seen.plan = decode_state(record.value).plan

    def sale_now(self, *, before: bool = False) -> SaleNow | None:
        """The campaign and the verdict on it: the newest, or the one that stood when it began."""
        if self._sale is None:
            return None
        readiness, reasons = self.seen.readiness, self.seen.reasons
        if before:
            readiness, reasons = self.seen.readiness_before_sale, self.seen.reasons_before_sale
        return SaleNow(self._sale.title, self._sale.start, self._sale.end, readiness, reasons)

    def band(self, *, before: bool = False) -> Band | None:
        """The newest forecast, or the one that stood a quarter of an hour before the sale."""
        record = self.seen.forecast_before_sale if before else self.seen.forecast
        if record is None or not record.total:
            return None
        total = np.array(record.total)
        start_s = to_epoch_s(record.cutoff)
        return Band(
            times_s=start_s + record.step_s * np.arange(len(total), dtype=np.int64),
            median=total[:, record.levels.index(0.5)],
            upper=total[:, record.levels.index(self._level)],
            upper_level=self._level,
        )

    def _forecast(self, record: ForecastRecord) -> None:
        self.seen.forecast = record
        if self._sale is not None and record.cutoff <= self._sale.start - SEEN_BEFOREHAND:
            self.seen.forecast_before_sale = record

    def _audited(self, event: dict[str, Any]) -> None:
        data, at = event["data"], datetime.fromisoformat(event["time"])
        if event["type"] == RESOURCE_ACTED and data["after_floor"] not in (None, data["before_floor"]):
            act = Act(at, data["before_floor"], data["after_floor"], data["reason"])
            self.seen.acts.append(act)
            self.seen.news.append(f"{at:%H:%M}Z floor {act.before} -> {act.after}")
        elif event["type"] == CAMPAIGN_ASSESSED and self._sale and event["subject"] == self._sale.campaign_id:
            self._assessed(self._sale, data, at)

    def _assessed(self, sale: Campaign, data: dict[str, Any], at: datetime) -> None:
        self.seen.reasons = tuple(Reason(reason) for reason in data["reasons"])
        self.seen.readiness = Readiness(data["after"]["readiness"]) if data["after"] else None
        verdict = self.seen.readiness or "over"
        self.seen.news.append(f"{at:%H:%M}Z {sale.title}: {verdict} ({', '.join(self.seen.reasons)})")
        if at <= sale.start:
            self.seen.readiness_before_sale = self.seen.readiness
            self.seen.reasons_before_sale = self.seen.reasons
