"""On real Kafka: every decision is made again from the topics alone, and the floor says why it is there."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from streams.audit_log import AuditRecord, InputsTopic, decode_audit
from streams.codec.audit import CAMPAIGN_ASSESSED, RESOURCE_ACTED, RESOURCE_DECIDED
from streams.decision_replay import Sameness, replay_decision
from tests.support.commands import run
from tests.support.estate import Estate

EXAMPLES = Path(__file__).parents[2] / "deploy" / "examples"
PODS, NODES = "sim://pods", "sim://nodes"
SALE = "black-friday-flash-sale-20261127t170000z"
DURING = "2026-11-27T17:30:00Z"
POLICY = {
    PODS: {
        "serves": "web-shop",
        "unit_capacity": 120,
        "min": 4,
        "max": 90,
        "lead_time": "6m",
        "mode": "auto",
    },
    NODES: {
        "serves": {"web-shop": 0.5},
        "unit_capacity": 300,
        "min": 1,
        "max": 8,
        "price_per_unit_hour": 0.4,
    },
}


def replayed(estate: Estate) -> Estate:
    """The example day through a worker by the event clock; the one resource is acted on, the other not."""
    estate.create(POLICY, sources=[{"source": "/headstart/replay", "max_mode": "auto"}])
    worker = estate.worker("--clock", "events")
    done = run(
        estate.bootstrap,
        estate.prefix,
        *("replay", "--demand", str(EXAMPLES / "shop.csv.gz"), "--service", "web-shop"),
        *("--campaigns", str(EXAMPLES / "campaigns.csv"), "--speed", "max", "--json"),
    )
    assert done.exit_code == 0, done.output
    assert worker.wait(240) == 0, worker.tail()
    return estate


def audit_of(estate: Estate) -> list[AuditRecord]:
    return [decode_audit(record) for record in estate.records(estate.names.audit)]


@pytest.mark.timeout(500)
def test_every_decision_of_a_day_is_made_again_to_the_byte_and_the_floor_says_why(estate: Estate) -> None:
    """In another process than the worker's, from the audit and the inputs topics and nothing else."""
    replayed(estate)
    audit = audit_of(estate)
    inputs = {(r.key or b"").decode(): r.value or b"" for r in estate.records(estate.names.inputs)}
    decisions = [r for r in audit if r.event.type in (RESOURCE_DECIDED, CAMPAIGN_ASSESSED)]
    assert {r.event.subject for r in decisions} == {PODS, NODES, SALE}

    answers = [replay_decision(r, lambda names: {n: inputs[n] for n in names}) for r in decisions]

    assert len(answers) > 20
    assert [a for a in answers if a.sameness is not Sameness.SAME] == []
    assert all(a.recorded_by == a.replayed_by for a in answers)
    assert max(map(len, inputs.values())) < 1_000_000
    a_topic_too_large_for_memory_is_read_again(estate, decisions[-1])
    acts_name_their_decision(audit)
    commands_say_the_same(estate, decisions[-1].event.id, audit)
    the_floor_says_why(estate)


def a_topic_too_large_for_memory_is_read_again(estate: Estate, decision: AuditRecord) -> None:
    """Three readings: of the manifest, of its chunks, of the parts they name; how far each is, is told."""
    told: list[tuple[int, int]] = []
    inputs = InputsTopic(estate.settings, lambda done, total: told.append((done, total)), keep_bytes=0)

    assert replay_decision(decision, inputs).sameness is Sameness.SAME
    assert sum(done == 0 for done, _ in told) == 3
    assert all(0 <= done <= total for done, total in told)


def acts_name_their_decision(audit: list[AuditRecord]) -> None:
    """Every act carried out the plan of a decision on the same resource, made by then."""
    decided = {r.event.id: r.event for r in audit if r.event.type == RESOURCE_DECIDED}
    acts = [r.event for r in audit if r.event.type == RESOURCE_ACTED]
    assert acts
    for act in acts:
        decision = decided[act.data["decision"]]
        assert decision.subject == act.subject
        assert decision.time <= act.time


def commands_say_the_same(estate: Estate, decision: str, audit: list[AuditRecord]) -> None:
    """`replay-decision` by the id of a decision, of an act, and of nothing."""
    done = run(estate.bootstrap, estate.prefix, "replay-decision", decision)
    assert done.exit_code == 0, done.output
    assert done.output.startswith("same: ")

    act = next(r.event for r in audit if r.event.type == RESOURCE_ACTED)
    receipt = run(estate.bootstrap, estate.prefix, "replay-decision", act.id, "--json")
    assert receipt.exit_code == 2
    assert act.data["decision"] in json.loads(receipt.stdout)["why"]

    unknown = run(estate.bootstrap, estate.prefix, "replay-decision", "no-such-id")
    assert unknown.exit_code == 2
    assert "no-such-id" in unknown.output


def the_floor_says_why(estate: Estate) -> None:
    """The raised floor: its campaign, its arithmetic, its decision, its forecast, and who set it."""
    during: dict[str, Any] = json.loads(why(estate, PODS, "--at", DURING, "--json"))
    step = during["step"]
    assert during["floor"] == step["floor"] > 4
    assert datetime.fromisoformat(step["act_at"]) <= datetime.fromisoformat(DURING)
    assert step in during["made"]["data"]["recommendation"]["steps"]
    [claimed] = during["claims"]
    assert (claimed["campaign"]["campaign_id"], claimed["claim"]["revision"]) == (SALE, 1)
    peak = during["peak"]
    exact = peak["rate_per_s"] * (1 + peak["headroom"]) / peak["unit_capacity"]
    assert peak["units"] - 1 < exact <= peak["units"] == during["floor"]
    assert peak["without"][0]["units"] < peak["units"]
    assert during["forecasts"][0]["subject"] == "web-shop"
    assert any(act["data"]["after_floor"] == step["floor"] for act in during["acts"])

    text = why(estate, PODS, "--at", DURING)
    for part in ("Black Friday flash sale", "CAMPAIGN_CLAIM", f"so {peak['units']} units", "FLOOR_SET"):
        assert part in text, text
    assert why(estate, PODS, "--at", DURING, COLUMNS="40") == text  # whole lines in a pipe
    copied = text.partition("decision ")[2].split()[0]
    again = run(estate.bootstrap, estate.prefix, "replay-decision", copied)
    assert again.exit_code == 0, again.output
    over: dict[str, Any] = json.loads(why(estate, PODS, "--json"))
    assert (over["floor"], over["step"], over["claims"]) == (4, None, [])
    assert datetime.fromisoformat(over["at"]) > datetime.fromisoformat(DURING) + timedelta(hours=1)

    early = run(estate.bootstrap, estate.prefix, "why", PODS, "--at", "2026-01-01T00:00:00Z")
    stranger = run(estate.bootstrap, estate.prefix, "why", SALE)
    assert early.exit_code == stranger.exit_code == 2
    assert "headstart plan" in stranger.output


def why(estate: Estate, *arguments: str, **environ: str) -> str:
    done = run(estate.bootstrap, estate.prefix, "why", *arguments, **environ)
    assert done.exit_code == 0, done.output
    return done.stdout
