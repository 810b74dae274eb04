"""Creating topics as the table in :mod:`streams.topics` says, and checking those that are there against it.

Topics of theirs (campaigns, traffic) are created only if absent, and never altered or judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kafka.admin import ConfigResource
from kafka.errors import for_code

from advisor.errors import HeadstartError, Problem
from advisor.policy_file import PolicyFile
from advisor.settings import Settings
from streams.kafka_clients import TopicMissingError, admin, producer
from streams.topics import TOPICS, TopicNames, configs_of, partitions_of

UNKNOWN_TOPIC_ID = "unknown"
"""Stands for the id of a topic on brokers too old to give topics ids (before 2.8)."""

_UNKNOWN_TOPIC, _ALREADY_EXISTS = 3, 36


@dataclass(frozen=True, slots=True)
class TopicsReport:
    """What `create_topics` did: names created now, names already there, and what is wrong with those."""

    created: tuple[str, ...]
    present: tuple[str, ...]
    problems: tuple[Problem, ...]


def create_topics(settings: Settings, policy_file: PolicyFile | None = None) -> TopicsReport:
    """Which topics had to be created? Creates the absent ones, alters none, and checks all.

    On the demo's embedded broker topics come into being by being asked for. Raises KafkaUnreachableError
    within 10 s, and HeadstartError for a topic that Kafka refuses to create.
    """
    rows = TopicNames.of(settings, policy_file).all()
    if settings.kafka.embedded:
        return TopicsReport(_touch(settings, [name for _, name in rows]), (), ())
    with admin(settings) as client:
        found = _described(client, [name for _, name in rows])
        absent = {name: _creation(settings, field) for field, name in rows if _is_absent(found[name])}
        created = _create(client, absent) if absent else ()
        present = tuple(name for _, name in rows if name not in created)
        return TopicsReport(created, present, tuple(_problems(client, settings, rows)))


def check_topics(settings: Settings, policy_file: PolicyFile | None = None) -> list[Problem]:
    """What is wrong with the topics? An empty list means nothing is. Raises KafkaUnreachableError."""
    rows = TopicNames.of(settings, policy_file).all()
    with admin(settings) as client:
        if settings.kafka.embedded:
            return []  # it creates topics as it is asked for them, all alike: connecting was the check
        return list(_problems(client, settings, rows))


def topic_ids(settings: Settings, names: Sequence[str]) -> dict[str, str]:
    """Which id has each of these topics? A recreated topic has another; absent topics are left out.

    UNKNOWN_TOPIC_ID where the broker gives no ids. Raises KafkaUnreachableError.
    """
    with admin(settings) as client:
        found = _described(client, names)
    present = {name: topic for name, topic in found.items() if not _is_absent(topic)}
    return {name: str(topic.get("topic_id") or UNKNOWN_TOPIC_ID) for name, topic in present.items()}


def require_topics(settings: Settings, names: Sequence[str]) -> None:
    """Are these topics there to write to? Raises TopicMissingError naming every absent one."""
    if settings.kafka.embedded:
        return  # asking for a topic creates it
    present = topic_ids(settings, names)
    if absent := [name for name in names if name not in present]:
        raise TopicMissingError(f"no topic {', '.join(absent)}. Fix: run `headstart topics --create`")


def _creation(settings: Settings, field: str) -> dict[str, Any]:
    return {
        "num_partitions": partitions_of(settings, field),
        "replication_factor": settings.kafka.replication_factor or -1,
        "configs": configs_of(field),
    }


def _create(client: Any, absent: Mapping[str, Any]) -> tuple[str, ...]:
    """Creates topics and waits until they have leaders. Somebody else being faster is no error."""
    answers = client.create_topics(dict(absent), raise_errors=False)["topics"]
    refused = [a for a in answers if a["error_code"] not in (0, _ALREADY_EXISTS)]
    if refused:
        reasons = "; ".join(
            f"{a['name']}: {a['error_message'] or for_code(a['error_code'])}" for a in refused
        )
        raise HeadstartError(
            f"Kafka refuses to create topics: {reasons}. "
            "Fix: grant the permission, or set HEADSTART_KAFKA__REPLICATION_FACTOR to what fits the cluster"
        )
    client.wait_for_topics(list(absent))
    return tuple(a["name"] for a in answers if a["error_code"] == 0)


def _touch(settings: Settings, names: Sequence[str]) -> tuple[str, ...]:
    with producer(settings) as client:
        for name in names:
            client.partitions_for(name)
    return tuple(names)


def _described(client: Any, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    return {topic["name"]: topic for topic in client.describe_topics(list(names))}


def _is_absent(topic: Mapping[str, Any]) -> bool:
    return bool(topic["error_code"] == _UNKNOWN_TOPIC)


def _problems(client: Any, settings: Settings, rows: Sequence[tuple[str, str]]) -> list[Problem]:
    """Everything that differs from the table, in the table's order."""
    found = _described(client, [name for _, name in rows])
    judged = [name for field, name in rows if not TOPICS[field].theirs and found[name]["error_code"] == 0]
    wanted = ["cleanup.policy", "retention.ms", "message.timestamp.type"]
    configs: Mapping[str, Any] = {}
    if judged:
        asked = [ConfigResource("TOPIC", name, wanted) for name in judged]
        configs = client.describe_configs(asked, config_filter="all")["topic"]
    problems: list[Problem] = []
    for field, name in rows:
        topic = found[name]
        if _is_absent(topic):
            problems.append(
                Problem(name, "no such topic", "is missing", "run `headstart topics --create`, or create it")
            )
        elif topic["error_code"] != 0:
            error = for_code(topic["error_code"]).__name__
            problems.append(
                Problem(name, error, "cannot be described", "grant the permission to describe it")
            )
        elif not TOPICS[field].theirs:
            values = {key: config["value"] for key, config in configs[name].items()}
            problems += _differences(settings, field, name, len(topic["partitions"]), values)
    return problems


def _differences(
    settings: Settings, field: str, name: str, partitions: int, values: Mapping[str, str]
) -> list[Problem]:
    """How one existing topic of ours differs from its row. More retention than asked for is fine."""
    problems: list[Problem] = []
    wanted_partitions = partitions_of(settings, field)
    if partitions != wanted_partitions:
        fix = f"create it anew with {wanted_partitions} partitions"
        if TOPICS[field].spread:
            fix += f", or set HEADSTART_KAFKA__PARTITIONS={partitions} if all of them have as many"
        problems.append(Problem(name, partitions, f"must have {wanted_partitions} partitions", fix))
    for key, wanted in configs_of(field).items():
        found = values.get(key, "")
        if not _suffices(key, found, wanted):
            problems.append(
                Problem(name, f"{key}={found}", f"{key} must be {wanted}", f"alter it to {key}={wanted}")
            )
    return problems


def _suffices(key: str, found: str, wanted: str) -> bool:
    if key == "retention.ms":
        return found == "-1" or int(found or 0) >= int(wanted)
    return set(found.replace(" ", "").split(",")) == set(wanted.split(","))
