"""Ids, tags, schedules and causes: what is written on AWS, and how it is read again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from advisor.actuation.aws.activities import cause_of, unfinished
from advisor.actuation.aws.dimensions import DIMENSIONS
from advisor.actuation.aws.marks import marks_for, marks_in, our_keys
from advisor.actuation.aws.schedules import (
    action_name,
    armed_by,
    armed_in_order,
    as_scheduled_action,
    rearmament,
)
from advisor.domain.capacity import Armed, Bounds
from advisor.domain.change import Change
from tests.support.builders import HOUR, MINUTE, NOW

CHANGE = Change("aws://1/r/asg/web", Bounds(2, 40), Bounds(9, 40), Bounds(2, 40), NOW, epoch=7)
UP, DOWN = Armed(NOW + HOUR, 20, 60), Armed(NOW + 3 * HOUR, 2)


def test_marks_read_back_as_they_were_written():
    tags = {"team": "shop", **marks_for(CHANGE, made=True)}

    assert tags["headstart.io/originals"] == "2/40"
    assert tags["headstart.io/epoch"] == "7"
    assert (marks_in(tags).originals, marks_in(tags).made, marks_in(tags).managed) == (
        Bounds(2, 40),
        True,
        True,
    )
    assert set(our_keys(tags)) == set(tags) - {"team"}


def test_marks_of_different_scopes_on_one_resource_do_not_meet():
    reads = marks_for(CHANGE, "warm-reads.")
    both = reads | marks_for(replace(CHANGE, originals=Bounds(5, 9)), "warm-reads.by-id.")

    assert marks_in(both, "warm-reads.").originals == Bounds(2, 40)
    assert marks_in(both, "warm-reads.by-id.").originals == Bounds(5, 9)
    assert marks_in(both).originals is None
    assert set(our_keys(both, "warm-reads.")) == set(reads)


@pytest.mark.parametrize(
    ("tags", "by"),
    [
        ({"aws:cloudformation:stack-name": "shop"}, "CloudFormation stack shop"),
        ({"terraform": "true"}, "Terraform"),
        ({"ManagedBy": "terraform"}, "Terraform"),
        ({"managed-by": "OpenTofu"}, "Terraform"),
        ({"managed-by": "people"}, ""),
        ({}, ""),
    ],
)
def test_a_tool_that_writes_back_what_it_declares_is_known_by_its_tags(tags, by):
    assert marks_in(tags).declared_by == by


def test_an_action_has_the_same_name_wherever_its_time_is_told():
    berlin = replace(UP, at=UP.at.astimezone(timezone(timedelta(hours=1))))

    assert action_name(UP) == action_name(berlin) == "headstart-20261127T070000Z-20-60"
    assert action_name(DOWN) == "headstart-20261127T090000Z-2"


@pytest.mark.parametrize("step", [UP, DOWN])
def test_a_step_reads_back_from_application_auto_scaling_as_it_was_armed(step):
    assert armed_by(as_scheduled_action(step)) == step


def test_an_action_that_somebody_rewrote_is_read_in_its_own_zone_or_as_long_past():
    action = {**as_scheduled_action(UP), "Timezone": "Europe/Berlin"}

    assert armed_by(action) == replace(UP, at=UP.at - HOUR)
    assert armed_by({**action, "Schedule": "cron(0 8 * * ? *)"}).at.year == 1970


def test_only_what_is_missing_is_put_and_only_what_nobody_asks_for_is_deleted():
    found = {action_name(UP): UP, action_name(DOWN): DOWN}
    later = replace(UP, at=UP.at + HOUR)

    todo = rearmament(found, (later, DOWN), NOW)

    assert (todo.to_put, todo.to_delete) == ({action_name(later): later}, (action_name(UP),))
    assert armed_in_order(found) == (UP, DOWN)
    assert rearmament(found, (DOWN, UP), NOW) == rearmament({}, (), NOW)


def test_what_is_about_to_fire_is_neither_put_nor_taken_away():
    soon = Armed(NOW + MINUTE / 2, 20)

    assert rearmament({}, (soon,), NOW).to_put == {}
    assert rearmament({action_name(soon): soon}, (soon,), NOW).to_delete == ()


@pytest.mark.parametrize(
    ("cause", "by"),
    [
        (
            "At 2026-11-27T06:00:01Z a user request update of AutoScalingGroup constraints to min: 9,"
            " max: 40, desired: 9 changing the desired capacity from 2 to 9.",
            "a user request",
        ),
        (
            "At 2026-11-27T07:00:00Z the scheduled action nightly-down was executed. Setting min size.",
            "scheduled action nightly-down",
        ),
        ("scheduled action name black-friday was triggered", "scheduled action black-friday"),
        (
            "At 2026-11-27T07:01:00Z a monitor alarm cpu-high in state ALARM triggered policy cpu50 changing"
            " the desired capacity from 2 to 3.",
            "scaling policy cpu50",
        ),
        ("minimum capacity was set to 9", "a change of the bounds"),
        ("an instance was taken out of service in response to an EC2 health check", ""),
    ],
)
def test_who_changed_it_last_is_read_from_the_platforms_own_words(cause, by):
    assert cause_of([{"Cause": cause}]) == by


def test_what_failed_before_the_last_success_is_over():
    failed = {"StatusCode": "Failed", "StatusMessage": "no capacity"}

    assert unfinished([failed, failed, {"StatusCode": "Successful"}]) == ("Failed: no capacity",)
    assert unfinished([{"StatusCode": "Successful"}, failed]) == ()


@pytest.mark.parametrize(
    ("kind", "name", "object_", "counted"),
    [
        ("ecs", "ecs/shop/web", "service/shop/web", "ecs:service:DesiredCount"),
        ("dynamodb-reads", "dynamodb-reads/carts", "table/carts", "dynamodb:table:ReadCapacityUnits"),
        (
            "dynamodb-writes",
            "dynamodb-writes/carts/by-id",
            "table/carts/index/by-id",
            "dynamodb:index:WriteCapacityUnits",
        ),
        ("aurora-readers", "aurora-readers/orders", "cluster:orders", "rds:cluster:ReadReplicaCount"),
        ("lambda", "lambda/pay/live", "function:pay:live", "lambda:function:ProvisionedConcurrency"),
        (
            "elasticache-shards",
            "elasticache-shards/s",
            "replication-group/s",
            "elasticache:replication-group:NodeGroups",
        ),
        (
            "elasticache-replicas",
            "elasticache-replicas/s",
            "replication-group/s",
            "elasticache:replication-group:Replicas",
        ),
    ],
)
def test_every_dimension_is_named_as_application_auto_scaling_names_it(kind, name, object_, counted):
    dimension = DIMENSIONS[kind]

    named = dimension.target(dimension.address(f"aws://123456789012/eu-central-1/{name}"))

    assert (named["ResourceId"], named["ScalableDimension"]) == (object_, counted)
    assert named["ServiceNamespace"] == counted.split(":")[0]
