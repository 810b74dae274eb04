"""Which resource is asked how long beforehand, and let go of how long after."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from advisor.domain.limits import FreezeWindow, Hours, Irreversible, ModeCaps
from advisor.domain.policy import Mode, RampPolicy
from advisor.planning.pace import Pace, alone, paces_of
from tests.support.builders import HOUR, MINUTE, at, policy, resource

AT_ONCE = RampPolicy(factor=100.0, every=MINUTE, hold=15 * MINUTE)
PODS = resource("sim://pods", lead_time=6 * MINUTE, ramp=AT_ONCE)
NODES = resource("sim://nodes", tier="nodes", lead_time=4 * MINUTE, ramp=AT_ONCE)
DATABASE = resource("sim://db", tier="data", lead_time=25 * MINUTE, ramp=AT_ONCE)


def paced(*resources, **rules) -> dict[str, Pace]:
    return paces_of(policy(*resources, **rules), {})


def test_a_resource_by_itself_is_asked_its_lead_time_ahead():
    pods = paced(PODS)["sim://pods"]

    assert (pods.ahead, pods.early, pods.late) == (6 * MINUTE, timedelta(0), timedelta(0))


def test_an_earlier_tier_is_asked_no_later_than_a_later_one_and_let_go_a_hold_after_it():
    """Pods are asked 6 minutes and a ramp of 1 ahead; nodes would be asked 4 minutes ahead."""
    paces = paced(PODS, NODES)

    assert paces["sim://nodes"].ahead == 7 * MINUTE
    assert paces["sim://nodes"].late == 15 * MINUTE


def test_a_slow_early_tier_keeps_its_own_lead_time():
    paces = paced(PODS, NODES, DATABASE)

    assert paces["sim://db"].ahead == 25 * MINUTE
    assert paces["sim://db"].late == 30 * MINUTE  # after the nodes, which come after the pods


def test_what_others_depend_on_is_ready_before_they_are_asked_for():
    """Nodes take 4 minutes, and are to be ready 6 minutes before the crowd, when the pods are asked for."""
    paces = paced(replace(PODS, depends_on=("sim://nodes",)), NODES)

    assert paces["sim://nodes"].early == 6 * MINUTE
    assert paces["sim://nodes"].ahead == 10 * MINUTE


def test_dependencies_within_a_tier_add_up_along_their_chain():
    web = replace(PODS, depends_on=("sim://api",))
    api = replace(resource("sim://api", lead_time=3 * MINUTE, ramp=AT_ONCE), depends_on=("sim://auth",))
    auth = resource("sim://auth", lead_time=2 * MINUTE, ramp=AT_ONCE)

    ahead = {name: pace.ahead for name, pace in paced(auth, api, web).items()}

    assert ahead == {"sim://pods": 6 * MINUTE, "sim://api": 9 * MINUTE, "sim://auth": 11 * MINUTE}


def test_resources_of_different_services_are_in_no_order():
    other = replace(NODES, serves={"search": 1.0})

    assert paced(PODS, other)["sim://nodes"].early == timedelta(0)


def test_the_order_of_the_file_changes_nothing():
    assert paced(PODS, NODES, DATABASE) == paced(DATABASE, NODES, PODS)


def test_a_raise_that_would_begin_in_a_freeze_begins_before_it():
    freeze = FreezeWindow(at("08:00"), at("11:00"), "peak freeze")

    pods = paced(PODS, freezes=(freeze,))["sim://pods"]

    assert pods.earliest_raise(at("10:00")) == at("07:59")
    assert pods.latest_revert(at("10:00")) >= at("11:00")


def test_a_freeze_of_another_resource_changes_nothing():
    freeze = FreezeWindow(at("08:00"), at("11:00"), "database migration", ("sim://db",))

    assert paced(PODS, freezes=(freeze,)) == paced(PODS)


def test_outside_the_hours_of_its_mode_a_raise_begins_the_evening_before():
    """07:00 to 19:00 in Berlin is 06:00 to 18:00 UTC in November."""
    hours = Hours(time(7), time(19), frozenset(range(7)), "Europe/Berlin")

    pods = paced(PODS, caps={Mode.AUTO: ModeCaps(hours=hours)})["sim://pods"]

    early = datetime(2026, 11, 27, 5, 0, tzinfo=UTC)
    assert pods.earliest_raise(early) == datetime(2026, 11, 26, 17, 59, tzinfo=UTC)


def test_hours_of_another_mode_do_not_bind():
    hours = Hours(time(7), time(19), frozenset(range(7)), "Europe/Berlin")
    caps = {Mode.APPROVE: ModeCaps(hours=hours)}

    assert paced(PODS, caps=caps) == paced(PODS)


def test_what_was_committed_for_a_time_can_be_left_of_a_claim_for_that_long():
    bought = replace(PODS, irreversible=Irreversible(committed=48 * HOUR))

    assert alone(bought).latest_revert(at("10:00")) == alone(PODS).latest_revert(at("10:00")) + 48 * HOUR
