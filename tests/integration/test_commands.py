"""People's words on a real broker: they work at once, survive every death, and are answered."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from advisor.domain.controls import Controls
from advisor.domain.reason import Reason
from streams.codec.command_audit import COMMAND_ACCEPTED, COMMAND_REFUSED
from streams.controls_fold import read_controls
from tests.support.commands import run
from tests.support.deadline import eventually
from tests.support.estate import QUICK, Estate
from tests.support.messages import campaign_data, campaign_event, command_data, command_event
from tests.support.poison import STRUCTURED
from tests.support.workers import WorkerProcess

PODS = "sim://shop/pods"
SETTLES_WITHIN_S = 80.0  # a step is planned for the next whole minute
WORKS_WITHIN_S = 5.0
MORNING = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
RESOURCES = {
    PODS: {"serves": "web", "unit_capacity": 10, "min": 2, "max": 40, "lead_time": "1m", "mode": "auto"}
}
SOURCES = [{"source": "/marketing", "max_mode": "auto"}]


def running_sale(estate: Estate) -> WorkerProcess:
    """A worker that has raised the floor of simulated pods for a campaign that runs now."""
    estate.create(RESOURCES, sources=SOURCES)
    worker = estate.worker(**QUICK).wait_ready()
    announce(estate)
    keep_traffic(estate)
    eventually(lambda: floor(worker) > 2, SETTLES_WITHIN_S, what="the floor is raised")
    return worker


def announce(estate: Estate, revision: int = 3, uplift: float = 3.0) -> None:
    """A campaign, announced long before, that began ten minutes ago and lasts two hours."""
    begin = datetime.now(UTC) - timedelta(minutes=10)
    data = campaign_data(
        revision=revision,
        services=["web"],
        start=begin.isoformat(),
        end=(begin + timedelta(hours=2)).isoformat(),
        expected_uplift={"p50": uplift, "p90": uplift},
    )
    event = campaign_event(data, time=(begin - timedelta(hours=2)).isoformat())
    estate.send(estate.names.campaigns, [(b"bf-2026", event, STRUCTURED)])


def keep_traffic(estate: Estate) -> None:
    """Fifty requests a second over the last twenty minutes."""
    now = datetime.now(UTC)
    samples = [
        {"service": "web", "timestamp": (now - timedelta(seconds=s)).isoformat(), "rate_per_s": 50.0}
        for s in range(1200, 0, -5)
    ]
    estate.send(estate.names.traffic[0], [(b"web", json.dumps(s).encode(), ()) for s in samples])


def floor(worker: WorkerProcess, resource: str = PODS) -> float:
    """The floor that stands on the simulated platform, as the decider sees it."""
    return worker.metric("headstart_floor_observed_units", resource=resource)


def command(estate: Estate, *arguments: str, by: str = "ada") -> dict[str, Any]:
    """A command that is accepted; its answer."""
    done = run(estate.bootstrap, estate.prefix, *arguments, "--by", by, "--json")
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["accepted"] is True
    return answer


def controls(estate: Estate) -> Controls:
    return read_controls(estate.settings).book.controls


def decided(estate: Estate) -> list[dict[str, Any]]:
    """What was decided on the pods, in order."""
    return [e["data"] for e in estate.audit(PODS) if e["type"] == "io.headstart.resource.decided.v1"]


def verdicts(estate: Estate) -> list[str]:
    """What keeps the pods from what is due, by Reason, as the newest decision on them says."""
    return [v["reason"] for v in decided(estate)[-1]["verdicts"] if v["outcome"] == "block"]


def answers(estate: Estate) -> list[dict[str, Any]]:
    """The audit records of commands, in order."""
    return [e for e in estate.audit() if e["type"] in (COMMAND_ACCEPTED, COMMAND_REFUSED)]


def deciders(workers: Sequence[WorkerProcess]) -> list[WorkerProcess]:
    return [w for w in workers if w.metric("headstart_decider") == 1]


@pytest.mark.timeout(240)
def test_a_hold_works_at_once_and_survives_the_decider_and_a_restart_of_all(estate: Estate) -> None:
    """Within 5 s nothing is done any more, whoever decides, until a person resumes it."""
    estate.create(RESOURCES, sources=SOURCES)
    both = [estate.worker(**QUICK).wait_ready() for _ in range(2)]
    eventually(lambda: len(deciders(both)) == 1, 20, what="one worker decides")
    decider, standby = sorted(both, key=lambda w: -w.metric("headstart_decider"))
    command(estate, "hold", PODS, "--why", "incident 4711")
    announce(estate)
    keep_traffic(estate)
    eventually(lambda: planned(decider) > 2, SETTLES_WITHIN_S, what="a raise is due")
    eventually(lambda: verdicts(estate) == [Reason.HELD], WORKS_WITHIN_S, what="what is due is held")
    assert floor(decider) == 2
    command(estate, "resume", PODS)
    eventually(lambda: floor(decider) > 2, WORKS_WITHIN_S, what="it is acted on again")
    assert verdicts(estate) == []

    began = time.monotonic()
    command(estate, "hold", PODS, "--why", "incident 4712")
    eventually(lambda: verdicts(estate) == [Reason.HELD], WORKS_WITHIN_S, what="what is due is held")
    assert time.monotonic() - began < WORKS_WITHIN_S
    decider.kill()
    eventually(lambda: deciders([standby]), 20, what="the standby decides")
    eventually(lambda: standby.metric("headstart_holds") == 1, 10, what="it knows of the hold")
    standby.kill()
    told = len(decided(estate))
    third = estate.worker(**QUICK).wait_ready()
    eventually(lambda: len(decided(estate)) > told, SETTLES_WITHIN_S, what="a third worker decides")
    assert verdicts(estate) == [Reason.HELD]
    assert third.metric("headstart_holds") == 1
    assert [(h.scope, h.by, h.why) for h in controls(estate).holds] == [(PODS, "ada", "incident 4712")]

    assert command(estate, "resume", PODS)["controls"]["holds"] == []
    eventually(lambda: verdicts(estate) == [], WORKS_WITHIN_S, what="nothing is held any more")
    assert [e["type"] for e in answers(estate)] == [COMMAND_ACCEPTED] * 4


def planned(worker: WorkerProcess) -> float:
    return worker.metric("headstart_floor_planned_units", resource=PODS)


@pytest.mark.timeout(120)
def test_two_peoples_holds_stand_beside_each_other_and_one_resume_names_and_ends_both(estate: Estate) -> None:
    """Also past the decider's death; the same of freezes, which are counted by resources."""
    estate.create(RESOURCES, sources=SOURCES)
    first = estate.worker(**QUICK).wait_ready()
    command(estate, "hold", PODS, "--why", "legal")
    beside = command(estate, "hold", PODS, "--why", "incident 7", by="bob")
    assert beside["text"].endswith("So had before: ada (legal)")
    command(estate, "freeze", PODS)
    command(estate, "freeze", PODS, by="bob")
    first.kill()
    second = estate.worker(**QUICK).wait_ready()
    eventually(lambda: second.metric("headstart_holds") == 1, 20, what="the next one knows of the hold")

    assert second.metric("headstart_frozen_resources") == 1
    assert second.metric("headstart_frozen") == 0
    assert [(h.by, h.why) for h in controls(estate).holds] == [("ada", "legal"), ("bob", "incident 7")]
    assert [f.by for f in controls(estate).freezes] == ["ada", "bob"]
    answer = command(estate, "resume", PODS, by="eve")
    assert f"{PODS} was frozen by ada and bob, held by ada (legal) and bob (incident 7)" in answer["text"]
    assert controls(estate) == Controls()
    eventually(lambda: second.metric("headstart_frozen_resources") == 0, WORKS_WITHIN_S)
    assert second.metric("headstart_holds") == 0


@pytest.mark.timeout(180)
def test_freezing_everything_leaves_the_floors_standing(estate: Estate) -> None:
    """Even when the campaign they stand for is cancelled; resumed, they are lowered."""
    worker = running_sale(estate)
    raised = floor(worker)

    command(estate, "freeze", "--everything")
    eventually(lambda: worker.metric("headstart_frozen") == 1, WORKS_WITHIN_S, what="it is frozen")
    done = run(estate.bootstrap, estate.prefix, "campaign", "cancel", "bf-2026")
    assert done.exit_code == 0, done.output
    eventually(lambda: Reason.KILL_SWITCH in verdicts(estate), SETTLES_WITHIN_S, what="what is due is held")
    runs = worker.metric("headstart_decisions_total")
    eventually(lambda: worker.metric("headstart_decisions_total") > runs + 4, 20)

    assert floor(worker) == raised
    command(estate, "resume", "--everything")
    assert controls(estate) == Controls()
    assert worker.metric("headstart_commands_total", kind="freeze", outcome="accepted") == 1


@pytest.mark.timeout(120)
def test_an_unreadable_command_is_dead_lettered_once_and_blocks_nothing(estate: Estate) -> None:
    """Those before the worker, those while it runs and those after its death are each told of once."""
    estate.create(RESOURCES)
    nobody = command_event("hold", command_data("hold", by=""), id="x")
    bad = [b"stop everything!", nobody]
    good = [command_event("freeze", command_data("freeze", scope="*"), id=f"f{n}") for n in range(3)]
    estate.send(estate.names.commands, [(b"*", value, STRUCTURED) for value in [*bad, good[0]]])
    worker = estate.worker(**QUICK).wait_ready()
    eventually(lambda: len(answers(estate)) == 1, 20)
    estate.send(estate.names.commands, [(b"*", value, STRUCTURED) for value in [*bad, good[1]]])
    eventually(lambda: len(answers(estate)) == 2, WORKS_WITHIN_S)
    worker.kill()
    estate.send(estate.names.commands, [(b"*", value, STRUCTURED) for value in [*bad, good[2], good[0]]])
    again = estate.worker(**QUICK).wait_ready()
    eventually(lambda: len(answers(estate)) == 3, 20)
    eventually(lambda: read_controls(estate.settings).next_offset == 10, 20, what="all is dealt with")

    assert [d.reason for d in estate.dead_letters()] == [Reason.NOT_JSON, Reason.FIELD_INVALID] * 3
    assert [d.offset for d in estate.dead_letters()] == [0, 1, 3, 4, 6, 7]
    assert again.metric("headstart_commands_total", outcome="repeated") == 1
    assert [f.scope for f in controls(estate).freezes] == ["*"]
    assert again.get("/healthz").status == 200


@pytest.mark.timeout(120)
def test_an_approval_is_kept_and_one_of_an_old_revision_refused_in_words(estate: Estate) -> None:
    """By default the plan's own bounds; the refusal is on the screen, in the audit and in a notice."""
    running_sale(estate)
    policy = ("--policy", str(estate.policy))

    said = command(estate, "approve", "bf-2026", *policy)["command"]
    (envelope,) = controls(estate).envelopes
    assert (envelope.campaign_id, envelope.revision, envelope.by) == ("bf-2026", 3, "ada")
    assert dict(envelope.most_units) == said["resources"]
    assert said["resources"][PODS] > 2

    announce(estate, revision=4)
    old = run(
        estate.bootstrap, estate.prefix, "approve", "bf-2026", *policy, "--revision", "3", "--by", "bob"
    )
    assert old.exit_code == 2
    assert "REVISION_MISMATCH: revision 3 is meant, the present one is 4" in old.stdout
    assert [e.by for e in controls(estate).envelopes] == ["ada"]
    refusal = answers(estate)[-1]
    assert (refusal["type"], refusal["subject"]) == (COMMAND_REFUSED, "bf-2026")
    assert (refusal["data"]["actor"], refusal["data"]["reasons"]) == ("bob", ["REVISION_MISMATCH"])
    notices = [json.loads(r.value or b"") for r in estate.records(estate.names.notices)]
    told = [n["data"] for n in notices if n["data"]["kind"] == "command"]
    assert [(n["outcome"], n["by"]) for n in told] == [("accepted", "ada"), ("refused", "bob")]
    assert told[-1]["text"] == refusal["data"]["text"]

    answer = command(estate, "reject", "bf-2026", "--why", "too dear")
    assert [e["by"] for e in answer["controls"]["rejections"]] == ["ada"]
    assert controls(estate).envelopes == ()


@pytest.mark.timeout(120)
def test_in_a_replay_commands_count_from_the_next_decision(estate: Estate) -> None:
    """A freeze that lies there when the replay begins keeps every simulated floor where it was."""
    estate.create(RESOURCES, sources=SOURCES)
    freeze = command_event("freeze", command_data("freeze", scope="*"))
    estate.send(estate.names.commands, [(b"*", freeze, STRUCTURED)])
    replay_morning(estate)

    assert estate.worker("--clock", "events").wait(90) == 0

    (stop,) = controls(estate).freezes
    assert MORNING <= stop.at <= MORNING + timedelta(hours=1)
    assert any(v["reason"] == Reason.KILL_SWITCH for d in decided(estate) for v in d["verdicts"])
    assert [e for e in estate.audit(PODS) if e["type"] == "io.headstart.resource.acted.v1"] == []


def replay_morning(estate: Estate) -> None:
    """An hour of traffic by the stream's own clock, and a campaign in the last third of it."""
    times = [MORNING + timedelta(minutes=minute) for minute in range(60)]
    samples = [
        {"service": "web", "timestamp": at.isoformat(), "count": 3000, "interval_s": 60} for at in times
    ]
    estate.send(estate.names.traffic[0], [(b"web", json.dumps(s).encode(), ()) for s in samples])
    data = campaign_data(
        services=["web"],
        start=times[40].isoformat(),
        end=times[59].isoformat(),
        expected_uplift={"p50": 3.0, "p90": 3.0},
    )
    event = campaign_event(data, time=times[10].isoformat())
    estate.send(estate.names.campaigns, [(b"bf-2026", event, STRUCTURED)])
    estate.tell_time(MORNING + timedelta(hours=1), end=True)


@pytest.mark.timeout(60)
def test_a_command_that_nobody_answers_says_so_and_counts_later(estate: Estate) -> None:
    """Without a worker: exit code 1; once one runs, the word counts."""
    estate.create(RESOURCES)

    unheard = run(estate.bootstrap, estate.prefix, "freeze", "--everything", "--by", "ada")
    assert unheard.exit_code == 1
    assert "see that a worker runs" in unheard.stderr
    sent = run(estate.bootstrap, estate.prefix, "hold", PODS, "--by", "ada", "--no-wait")
    assert sent.exit_code == 0

    worker = estate.worker(**QUICK).wait_ready()
    eventually(lambda: worker.metric("headstart_frozen") == 1, 20)
    assert worker.metric("headstart_holds") == 1
