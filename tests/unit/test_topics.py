"""The topic table: names, layouts and what Kafka is asked for."""

from __future__ import annotations

from advisor.policy_file import parse_policy
from advisor.settings import load_settings
from streams.inputs import WRITTEN_ANEW
from streams.topics import TOPICS, TopicNames, configs_of, partitions_of

POLICY = """
version: 1
traffic: {shop.metrics: {format: json}, edge.metrics: {format: json}}
resources:
  k8s://prod/shop/hpa/web:
    serves: web
    unit_capacity: 100
    min: 1
    max: 9
"""


def test_names_follow_the_prefix() -> None:
    names = TopicNames.of(load_settings({"HEADSTART_KAFKA__TOPIC_PREFIX": "blue"}))
    assert names.campaign_state == "blue.campaign-state"
    assert names.dead_letters == "blue.dead-letters"
    assert names.traffic == ("blue.traffic",)
    assert names.campaigns == "blue.campaigns"


def test_topics_that_others_write_keep_their_own_names() -> None:
    settings = load_settings({"HEADSTART_KAFKA__CAMPAIGNS_TOPIC": "marketing.events"})
    names = TopicNames.of(settings, parse_policy(POLICY, "policy"))
    assert names.campaigns == "marketing.events"
    assert set(names.traffic) == {"shop.metrics", "edge.metrics"}
    assert len(names.all()) == len(TOPICS) + 1


def test_models_lie_beside_the_demand_they_were_learned_from() -> None:
    settings = load_settings({"HEADSTART_KAFKA__PARTITIONS": "7"})
    assert partitions_of(settings, "models") == partitions_of(settings, "demand") == 7


def test_one_decider_means_one_partition_of_needs() -> None:
    assert partitions_of(load_settings({}), "needs") == 1


def test_every_topic_of_ours_counts_retention_from_when_it_was_written() -> None:
    for field, topic in TOPICS.items():
        assert (configs_of(field).get("message.timestamp.type") == "LogAppendTime") is not topic.theirs


def test_inputs_outlive_every_audit_record_that_names_them() -> None:
    """One is written when it is first used, and again after a month in use at the latest."""
    audit, inputs = TOPICS["audit"].retention, TOPICS["inputs"].retention
    assert audit is not None
    assert inputs is not None
    assert inputs > audit + WRITTEN_ANEW


def test_demand_outlives_the_history_that_forecasts_need() -> None:
    assert configs_of("demand")["retention.ms"] == str(35 * 86_400_000)
    assert configs_of("audit")["retention.ms"] == str(400 * 86_400_000)
    assert configs_of("campaigns")["retention.ms"] == "-1"
    assert "retention.ms" not in configs_of("models")
