"""`headstart topics` against a real broker."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from kafka.admin import ConfigResource

from advisor.errors import HeadstartError
from streams.kafka_clients import TopicMissingError, admin, producer, read_all
from streams.topic_setup import check_topics, create_topics, topic_ids
from streams.topics import TopicNames
from tests.support.commands import run, settings_for

NOBODY = "127.0.0.1:1"


def test_absent_topics_are_named_created_and_then_all_is_well(kafka_broker: str, topic_prefix: str) -> None:
    before = run(kafka_broker, topic_prefix, "topics")
    assert before.exit_code == 3
    assert f"{topic_prefix}.demand is missing" in before.stderr
    created = run(kafka_broker, topic_prefix, "topics", "--create", "--json")
    assert created.exit_code == 0, created.output
    answer = json.loads(created.stdout)
    assert sorted(answer["created"]) == sorted(answer["topics"])
    after = run(kafka_broker, topic_prefix, "topics", "--json")
    assert after.exit_code == 0
    assert json.loads(after.stdout)["problems"] == []
    listed = run(kafka_broker, topic_prefix, "topics", COLUMNS="80")
    assert listed.exit_code == 0
    assert all(name in listed.stdout for name in answer["topics"])  # none broken over two lines


def test_topics_are_laid_out_as_the_table_says(kafka_broker: str, topic_prefix: str) -> None:
    settings = settings_for(kafka_broker, topic_prefix)
    create_topics(settings)
    names = TopicNames.of(settings)
    with admin(settings) as client:
        found = {t["name"]: len(t["partitions"]) for t in client.describe_topics([n for _, n in names.all()])}
        asked = [ConfigResource("TOPIC", names.recommendations, ["cleanup.policy", "message.timestamp.type"])]
        configs = client.describe_configs(asked, config_filter="all")["topic"][names.recommendations]
    assert found[names.demand] == found[names.models] == 3
    assert found[names.needs] == found[names.controls] == 1
    assert set(configs["cleanup.policy"]["value"].split(",")) == {"compact", "delete"}
    assert configs["message.timestamp.type"]["value"] == "LogAppendTime"


def test_a_topic_of_ours_that_is_laid_out_otherwise_is_a_problem(
    kafka_broker: str, topic_prefix: str
) -> None:
    settings = settings_for(kafka_broker, topic_prefix)
    names = TopicNames.of(settings)
    with admin(settings) as client:
        client.create_topics({names.demand: {"num_partitions": 2, "configs": {"retention.ms": "1000"}}})
    report = create_topics(settings)
    assert names.demand not in report.created
    wrong = {(p.path, p.message) for p in report.problems}
    assert wrong == {
        (names.demand, "must have 3 partitions"),
        (names.demand, "retention.ms must be 3024000000"),
        (names.demand, "message.timestamp.type must be LogAppendTime"),
    }
    result = run(kafka_broker, topic_prefix, "topics")
    assert result.exit_code == 3
    assert "create it anew with 3 partitions" in result.stderr


def test_topics_that_others_write_are_neither_altered_nor_judged(
    kafka_broker: str, topic_prefix: str
) -> None:
    settings = settings_for(kafka_broker, topic_prefix)
    names = TopicNames.of(settings)
    theirs = {"num_partitions": 5, "configs": {"cleanup.policy": "compact"}}
    with admin(settings) as client:
        client.create_topics({names.campaigns: theirs, names.traffic[0]: theirs}, wait_for_metadata=True)
    assert create_topics(settings).problems == ()
    with admin(settings) as client:
        found = {t["name"]: len(t["partitions"]) for t in client.describe_topics([names.campaigns])}
    assert found == {names.campaigns: 5}


def test_a_recreated_topic_has_another_id(kafka_broker: str, topic_prefix: str) -> None:
    settings = settings_for(kafka_broker, topic_prefix)
    name = TopicNames.of(settings).demand
    with admin(settings) as client:
        client.create_topics({name: {"num_partitions": 1}}, wait_for_metadata=True)
        first = topic_ids(settings, [name, "absent"])
        client.delete_topics([name])
        client.create_topics({name: {"num_partitions": 1}}, wait_for_metadata=True)
    second = topic_ids(settings, [name])
    assert first.keys() == second.keys() == {name}
    assert first != second


def test_a_topic_is_read_from_its_beginning_to_its_end_in_order(kafka_broker: str, topic_prefix: str) -> None:
    settings = settings_for(kafka_broker, topic_prefix)
    create_topics(settings)
    name = TopicNames.of(settings).demand
    assert list(read_all(settings, name)) == []
    with producer(settings) as client:
        for number in range(300):
            client.send(name, key=b"%d" % (number % 7), value=b"%d" % number)
    read = list(read_all(settings, name))
    assert sorted(int(r.value or b"") for r in read) == list(range(300))
    for partition in range(3):
        offsets = [r.offset for r in read if r.partition == partition]
        assert offsets == sorted(offsets)
    with pytest.raises(TopicMissingError, match="headstart topics --create"):
        list(read_all(settings, "absent"))


def test_a_replication_factor_that_the_cluster_cannot_hold_is_explained(
    kafka_broker: str, topic_prefix: str
) -> None:
    result = run(kafka_broker, topic_prefix, "topics", "--create", HEADSTART_KAFKA__REPLICATION_FACTOR="3")
    assert result.exit_code == 1
    assert "HEADSTART_KAFKA__REPLICATION_FACTOR" in result.stderr


def test_without_kafka_there_is_one_clear_sentence_within_ten_seconds(topic_prefix: str) -> None:
    began = time.monotonic()
    result = run(NOBODY, topic_prefix, "topics")
    assert time.monotonic() - began < 10
    assert result.exit_code == 3
    assert result.stderr.count("\n") == 1
    assert "HEADSTART_KAFKA__BOOTSTRAP_SERVERS" in result.stderr
    with pytest.raises(HeadstartError, match="does not answer"):
        check_topics(settings_for(NOBODY, topic_prefix))


def test_a_bad_policy_is_exit_code_two(topic_prefix: str, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("version: 1\n", encoding="utf-8")
    result = run(NOBODY, topic_prefix, "topics", "--policy", str(policy))
    assert result.exit_code == 2
    assert "policy.yaml" in result.stderr
