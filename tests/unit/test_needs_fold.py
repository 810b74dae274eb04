"""What the decider knows of demand is the newest of each record, as of the time it decides at."""

from __future__ import annotations

import pytest

from advisor.domain.demand import Level
from advisor.domain.timegrid import from_epoch_s
from streams.codec.needs_log import (
    NeedsRecord,
    TickRecord,
    decode_needs,
    encode_level,
    encode_need,
    encode_tick,
)
from streams.needs_fold import NeedsFold
from tests.support.builders import PODS, SHOP, T0, campaign, need

KEY = f"{PODS}|{SHOP}"


def need_record(baseline: float, tick_s: int | None = None, service: str = SHOP) -> NeedsRecord:
    return decode_needs(
        encode_need(need([campaign()], baseline=baseline, service=service, hours=1), tick_s)[1]
    )


def level_record(rate_per_s: float, tick_s: int | None = None) -> NeedsRecord:
    return decode_needs(encode_level(Level(SHOP, from_epoch_s(T0), rate_per_s), tick_s)[1])


def tick(at_s: int, *partitions: int, end: bool = False) -> NeedsRecord:
    return decode_needs(encode_tick(list(partitions), at_s, end=end)[1])


def fold(*records: NeedsRecord) -> NeedsFold:
    it = NeedsFold()
    for record in records:
        it.apply(record)
    return it


def known(it: NeedsFold) -> dict[str, float]:
    """The baseline of each need, by resource and service."""
    return {f"{n.resource}|{n.service}": float(n.baseline[0]) for n in it.needs}


# --- by the wall clock


def test_by_the_wall_clock_the_last_record_counts_at_once():
    it = fold(need_record(10), need_record(20), level_record(7))

    assert known(it) == {KEY: 20}
    assert it.levels[SHOP].rate_per_s == 7


def test_needs_come_in_order_of_resource_and_service():
    assert list(known(fold(need_record(1, service="z"), need_record(2, service="a")))) == [
        f"{PODS}|a",
        f"{PODS}|z",
    ]


def test_a_tombstone_forgets_the_pair_and_nothing_else():
    it = fold(need_record(10), need_record(20, service="api"))

    it.forget(KEY)
    it.forget("nobody|nothing")

    assert list(known(it)) == [f"{PODS}|api"]


# --- by the event clock


def test_by_the_event_clock_a_record_waits_for_its_tick():
    """An assessor that is ahead of the others does not show the decider a future."""
    it = fold(need_record(10, T0), need_record(20, T0 + 60), level_record(7, T0 + 60))
    assert known(it) == {}

    it.settle(T0)
    assert (known(it), it.levels) == ({KEY: 10}, {})

    it.settle(T0 + 60)
    assert (known(it), it.levels[SHOP].rate_per_s) == ({KEY: 20}, 7)


@pytest.mark.parametrize("repeated", [0, 1, 2])
def test_a_record_said_again_later_changes_nothing(repeated):
    records = [need_record(10, T0), need_record(20, T0 + 60), level_record(7, T0 + 60)]
    it = fold(*records)
    it.settle(T0 + 60)

    it.apply(records[repeated])
    it.settle(T0 + 120)

    assert (known(it), it.levels[SHOP].rate_per_s) == ({KEY: 20}, 7)


def test_a_tombstone_forgets_what_still_waits_so_that_a_restart_folds_to_the_same():
    it = fold(need_record(10, T0), need_record(20, T0 + 60, service="api"), level_record(7, T0))

    it.forget(KEY)
    it.settle(T0 + 60)

    assert list(known(it)) == [f"{PODS}|api"]
    assert SHOP in it.levels


def test_demand_is_known_up_to_the_slowest_partitions_tick():
    it = fold(tick(T0 + 60, 0, 1), tick(T0 + 120, 0))

    assert it.known_until_s(2) == T0 + 60
    assert it.known_until_s(3) == 0
    assert it.first_tick_s == T0 + 60


def test_ticks_repeated_or_older_take_nothing_back():
    it = fold(tick(T0 + 120, 0), tick(T0 + 60, 0))

    assert it.known_until_s(1) == T0 + 120
    assert it.first_tick_s == T0 + 60


def test_it_is_over_when_every_partition_has_said_so_and_goes_on_when_one_speaks_again():
    it = fold(tick(T0, 0, end=True))
    assert not it.ended(2)

    it.apply(tick(T0, 1, end=True))
    assert it.ended(2)

    it.apply(tick(T0 + 60, 1))
    assert not it.ended(2)
    assert isinstance(tick(T0, 0), TickRecord)


def test_a_need_comes_back_from_the_log_as_it_was_said():
    said = need([campaign()], hours=2)
    it = fold(decode_needs(encode_need(said, None)[1]))

    (back,) = it.needs
    assert (back.resource, back.service, back.level, back.cutoff, back.reasons) == (
        said.resource,
        said.service,
        said.level,
        said.cutoff,
        said.reasons,
    )
    assert back.total.tolist() == said.total.tolist()
    assert [(w.campaign_id, w.first, w.rate_per_s.tolist()) for w in back.without] == [
        (w.campaign_id, w.first, w.rate_per_s.tolist()) for w in said.without
    ]
