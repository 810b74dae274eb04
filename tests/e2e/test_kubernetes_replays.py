"""A worker that knows no position any more reads all topics again from zero, and acts on nothing that was."""

from __future__ import annotations

import json
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams.codec.campaign_state import INBOX_KEY, decode_mark, encode_mark
from streams.kafka_clients import producer
from tests.kube.fault_proxy import FaultProxy, Write
from tests.kube.history import History
from tests.kube.shops import (
    ORIGINALS,
    Shops,
    assert_epochs_rise,
    assert_never_raised_without_originals,
    let_decide,
    receipts_of,
)
from tests.kube.world import World
from tests.support.deadline import eventually
from tests.support.estate import Estate
from tests.support.sale import announced, steps_of, traffic, withdrawn
from tests.support.workers import WorkerProcess

WEB = "web"
GIVEN_BACK_S = 200.0
"""Until every call of the decider before has ended, with what comes before and after that."""


def forget_positions(estate: Estate) -> None:
    """Delete what the estate's consumer groups have committed, and set the inbox back to its beginning.

    What was decided and done stays: the log is the state.
    """
    admin = AdminClient({"bootstrap.servers": estate.bootstrap})

    def groups() -> list[str]:
        listed = admin.list_consumer_groups().result(10).valid
        return [one.group_id for one in listed if one.group_id.startswith(estate.prefix)]

    def are_gone() -> bool:
        left = groups()
        for done in admin.delete_consumer_groups(left).values() if left else ():
            with suppress(KafkaException):  # one whose last member is dead is kept for the session timeout
                done.result(10)
        return not left

    assert len(groups()) == 2
    eventually(are_gone, 30, every_s=0.5, what="the groups are deleted")
    topic = estate.names.campaign_state
    marks = {r.key: r for r in estate.records(topic) if r.value and (r.key or b"").startswith(INBOX_KEY)}
    assert marks
    with producer(estate.settings) as client:
        for record in marks.values():
            key, value = encode_mark(msgspec.structs.replace(decode_mark(record.value), next_offset=0))
            client.send(topic, key=key, value=value, partition=record.partition)
    assert set(estate.read_through().values()) == {0}


def floors_asked_for(writes: list[Write]) -> set[int]:
    """The floors that these writes were to set."""
    bodies = [json.loads(write.body) for write in writes]
    return {body["spec"]["minReplicas"] for body in bodies if isinstance(body, dict)}


def has_read_all(worker: WorkerProcess, estate: Estate) -> bool:
    """Has it counted every sample that ever was sent, or said why not?"""
    names = ("headstart_samples_total", "headstart_samples_dropped_total")
    read = sum(worker.metric(name) for name in names)
    return read >= len(estate.records(estate.names.traffic[0]))


@pytest.mark.timeout(900)
def test_reading_everything_again_from_zero_acts_on_nothing_that_is_over(
    world: World, estate: Estate
) -> None:
    """In the middle of a sale what stands is left alone, and given back after it; then nothing is written."""
    shops = Shops(world, estate, {WEB: {"max": 60}})
    hpa = shops.id(WEB)
    with ExitStack() as stack:
        history = stack.enter_context(History(world.cluster, world.namespace))
        first, second, third = (stack.enter_context(FaultProxy(world.cluster)) for _ in range(3))
        traffic(estate, rate_per_s=10)
        now = datetime.now(UTC)
        announced(estate, now - timedelta(hours=3), timedelta(hours=2), sale="long-over")
        worker = shops.worker(first).wait_ready()
        announced(estate, now + timedelta(minutes=1), timedelta(hours=1), uplift=2.0, sale="today")
        eventually(lambda: steps_of(estate, hpa), 60, what="there is a plan")
        least = max(units for _, units in steps_of(estate, hpa))
        assert least > ORIGINALS[0]
        eventually(lambda: shops.is_raised(WEB, least), 60, what="it is raised")

        worker.kill()
        forget_positions(estate)
        worker = shops.worker(second).wait_ready()
        eventually(lambda: has_read_all(worker, estate), 60, what="all is read again")
        let_decide(worker)
        assert shops.writes(second, WEB) == []
        withdrawn(estate, sale="today")
        eventually(lambda: shops.is_as_before(WEB), GIVEN_BACK_S, every_s=0.5, what="it is given back")
        assert floors_asked_for(shops.writes(second, WEB)) == {ORIGINALS[0]}
        assert worker.stop() == 0

        forget_positions(estate)
        worker = shops.worker(third).wait_ready()
        eventually(lambda: has_read_all(worker, estate), 60, what="all is read again")
        announced(estate, datetime.now(UTC) + timedelta(days=2), timedelta(hours=1), sale="next")
        eventually(lambda: "next" in estate.campaign_states(), 60, what="it goes on with what is to come")
        let_decide(worker)
        assert shops.writes(third, WEB) == []
        assert shops.is_as_before(WEB)
        assert worker.stop() == 0

        assert_never_raised_without_originals(history.of(WEB))
        assert_epochs_rise(history.of(WEB), receipts_of(estate, hpa))
