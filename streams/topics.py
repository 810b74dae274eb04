"""Every topic Headstart uses, as data: its name, its place in the flow, how it is laid out.

Topics of ours are created as the table says and checked against it (:mod:`streams.topic_setup`). Topics
of theirs (campaigns, traffic) belong to whoever writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from advisor.policy_file import PolicyFile
from advisor.settings import Settings

EMBEDDED_PARTITIONS = 4

_FOREVER = timedelta.max


@dataclass(frozen=True, slots=True)
class Topic:
    """A row of the table.

    `suffix` follows the prefix. `spread` topics have `kafka.partitions` partitions, the others one, because
    their order is their meaning. `retention` None leaves it to the broker.
    """

    suffix: str
    way: Literal["in", "internal", "out"]
    key: str
    cleanup: Literal["delete", "compact", "compact,delete"]
    spread: bool = False
    retention: timedelta | None = None
    theirs: bool = False


TOPICS: Mapping[str, Topic] = {
    # kept for ever if we create it: an inbox that compacted could drop a higher revision for a late lower one
    "campaigns": Topic("campaigns", "in", "campaign id", "delete", retention=_FOREVER, theirs=True),
    "campaign_state": Topic("campaign-state", "out", "campaign id", "compact"),
    "traffic": Topic("traffic", "in", "any", "delete", True, timedelta(days=7), theirs=True),
    "demand": Topic("demand", "internal", "service", "delete", True, timedelta(days=35)),
    # the same partition number holds the same services as in demand, so that one owner reads both
    "models": Topic("models", "internal", "service", "compact", True),
    # one decider for the whole estate: whoever owns partition 0, so there is no other partition
    "needs": Topic("needs", "internal", "resource|service", "compact"),
    "forecasts": Topic("forecasts", "out", "service", "compact", True),
    "resources": Topic("resources", "out", "resource id", "compact"),
    "recommendations": Topic(
        "recommendations", "out", "resource id", "compact,delete", False, timedelta(days=90)
    ),
    "commands": Topic("commands", "in", "campaign or resource id", "delete", False, timedelta(days=90)),
    "controls": Topic("controls", "out", "scope", "compact"),
    "audit": Topic("audit", "out", "resource, campaign or service", "delete", False, timedelta(days=400)),
    # outlives every audit record that names it: what is still in use is written anew after a month
    "inputs": Topic("inputs", "out", "content hash", "compact,delete", True, timedelta(days=440)),
    "notices": Topic("notices", "out", "campaign id", "delete", False, timedelta(days=90)),
    "dead_letters": Topic("dead-letters", "out", "source topic", "delete", True, timedelta(days=30)),
}


@dataclass(frozen=True, slots=True)
class TopicNames:
    """What each topic is called in this estate. Only traffic may come from several."""

    campaigns: str
    campaign_state: str
    traffic: tuple[str, ...]
    demand: str
    models: str
    needs: str
    forecasts: str
    resources: str
    recommendations: str
    commands: str
    controls: str
    audit: str
    inputs: str
    notices: str
    dead_letters: str

    @classmethod
    def of(cls, settings: Settings, policy_file: PolicyFile | None = None) -> TopicNames:
        """The names that these settings and this policy give; without a policy the default traffic topic."""
        prefix = settings.kafka.topic_prefix
        names: dict[str, Any] = {field: f"{prefix}.{topic.suffix}" for field, topic in TOPICS.items()}
        traffic = tuple(policy_file.traffic) if policy_file else ()
        names["traffic"] = traffic or (names["traffic"],)
        names["campaigns"] = settings.kafka.campaigns_topic or names["campaigns"]
        return cls(**names)

    def all(self) -> tuple[tuple[str, str], ...]:
        """Every (row of the table, name), traffic topics each by themselves."""
        rows: list[tuple[str, str]] = []
        for field in TOPICS:
            named = getattr(self, field)
            rows += [(field, name) for name in (named if isinstance(named, tuple) else (named,))]
        return tuple(rows)


def partitions_of(settings: Settings, field: str) -> int:
    """How many partitions does a topic of this row get when we create it?"""
    if settings.kafka.embedded:
        return EMBEDDED_PARTITIONS
    return settings.kafka.partitions if TOPICS[field].spread else 1


def configs_of(field: str) -> dict[str, str]:
    """The Kafka configuration of a topic of this row, as Kafka spells it."""
    topic = TOPICS[field]
    configs: dict[str, str] = {"cleanup.policy": topic.cleanup}
    if topic.retention is not None:
        forever = topic.retention == _FOREVER
        configs["retention.ms"] = "-1" if forever else str(int(topic.retention.total_seconds() * 1000))
    if not topic.theirs:  # a backfill writes old event times; retention must count from when it was written
        configs["message.timestamp.type"] = "LogAppendTime"
    return configs
