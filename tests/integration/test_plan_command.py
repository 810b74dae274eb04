"""`headstart plan`, what-if and the send gate on a real broker, an hour before a replayed sale."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import Result

from advisor.domain.campaign import Campaign
from advisor.domain.money import Cost
from advisor.domain.readiness import CampaignReadiness, Finding, Readiness, SendGate, SendStep
from advisor.domain.reason import Reason
from streams.campaign_book import BookEntry, Position, Standing
from streams.codec.campaign_state import encode_entry, entry_record
from streams.codec.notices import decode_campaign_notice
from streams.codec.schemas import schemas
from tests.support.commands import run
from tests.support.deadline import eventually
from tests.support.estate import Estate

EXAMPLES = Path(__file__).parents[2] / "deploy" / "examples"
POLICY = EXAMPLES / "policy.yaml"
RESOURCE = "k8s://prod/shop/hpa/web-shop"
SALE = "black-friday-flash-sale-20261127t170000z"
LINE = "kind=flash_sale,service=web-shop,start=2026-11-27T17:00:00Z,end=2026-11-27T19:00:00Z"


@pytest.fixture(scope="module")
def replayed(kafka_broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """The example shop up to an hour before its sale; its worker has ended with the stream."""
    with Estate(kafka_broker, "plan-command", tmp_path_factory.mktemp("plan")) as estate:
        estate.create(
            {
                RESOURCE: {
                    **{"serves": "web-shop", "unit_capacity": 120, "min": 4, "max": 60, "lead_time": "6m"},
                    "price_per_unit_hour": 0.4,
                }
            }
        )
        worker = estate.worker("--clock", "events")
        done = run(
            estate.bootstrap,
            estate.prefix,
            *("replay", "--demand", str(EXAMPLES / "shop.csv.gz"), "--service", "web-shop"),
            *("--campaigns", str(EXAMPLES / "campaigns.csv"), "--speed", "max"),
            *("--end", "2026-11-27T16:00:00Z"),
        )
        assert done.exit_code == 0, done.output
        assert worker.wait(240) == 0, worker.tail()
        yield estate


def ask(estate: Estate, *arguments: str) -> Result:
    return run(estate.bootstrap, estate.prefix, *arguments, HEADSTART_POLICY_FILE=str(estate.policy))


def plan_of(estate: Estate, *arguments: str) -> dict[str, Any]:
    done = ask(estate, "plan", *arguments, "--json")
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    Draft202012Validator(schemas()["plan.v1.json"]).validate(answer)
    return answer


@pytest.mark.timeout(400)
def test_plan_topic_notice_and_audit_say_the_same_sentence(replayed: Estate) -> None:
    """Whoever asks, and wherever, marketing and operations read the same words."""
    planned = plan_of(replayed, SALE)
    state = replayed.campaign_states()[SALE]
    notices = [decode_campaign_notice(r.value or b"") for r in replayed.records(replayed.names.notices)]
    audited = [e["data"]["after"]["sentence"] for e in replayed.audit(SALE) if e["data"].get("after")]

    assert planned["sentence"] == state.sentence
    assert planned["readiness"] == state.readiness == "AT_RISK"
    assert planned["cost"]["extra"] == state.cost.extra  # type: ignore[union-attr]
    assert [s["at"] for s in planned["if_nothing_is_done"]]
    assert audited
    assert [told.text for told in notices if told is not None] == audited  # the same changes are news to both
    assert planned["sentence"] in ask(replayed, "plan", SALE).stdout
    listed = json.loads(ask(replayed, "campaign", "list", "--json").stdout)["campaigns"]
    assert [one["sentence"] for one in listed] == [state.sentence]


@pytest.mark.timeout(400)
def test_notices_are_told_once_for_each_change(replayed: Estate) -> None:
    """Sixty decisions and more were made, and people heard of the few that changed something."""
    events = [json.loads(r.value or b"") for r in replayed.records(replayed.names.notices)]

    validator = Draft202012Validator(schemas()["notice.v1.json"])
    said = [(e["data"]["readiness"], tuple(e["data"]["reasons"])) for e in events]
    for event in events:
        validator.validate(event["data"])
    assert len({e["id"] for e in events}) == len(events)
    assert all(one != other for one, other in pairwise(said))
    assert len(events) < 20


@pytest.mark.timeout(400)
def test_a_what_if_equal_to_an_announced_campaign_is_planned_like_it(replayed: Estate) -> None:
    """Read back from models and demand, assessed anew: the same floors, price and shortfall."""
    real = plan_of(replayed, SALE)
    again = plan_of(replayed, SALE, "--what-if", "start=2026-11-27T17:00:00Z")

    assert real["resources"][0]["steps"]
    assert again["resources"] == real["resources"]
    for said in ("readiness", "reasons", "cost", "if_nothing_is_done", "as_planned", "last_moment"):
        assert again[said] == real[said]
    assert again["campaign"]["revision"] == real["campaign"]["revision"] + 1


@pytest.mark.timeout(400)
def test_a_campaign_nobody_announced_is_planned_and_nothing_is_written(
    replayed: Estate, tmp_path: Path
) -> None:
    topics = [name for _, name in replayed.names.all()]
    before = {topic: len(replayed.records(topic)) for topic in topics}
    line = LINE.replace("27T", "28T") + ",uplift_p50=3,uplift_p90=4.5,audience=2e6,send_rate=150000,name=Test"

    planned = plan_of(replayed, "--what-if", line, "--png", str(tmp_path / "plan.png"))

    assert planned["campaign"]["start"] == "2026-11-28T17:00:00Z"
    assert planned["resources"][0]["peak_floor"] > 20
    assert planned["cost"]["ladder"][0]["extra"] < planned["cost"]["ladder"][-1]["extra"]
    gate = planned["send_gate"]  # nobody can look at this cluster: more than its minimum is not promised
    assert (gate["later"][0]["rate_per_min"], gate["limited_by"]) == (0, RESOURCE)
    assert (tmp_path / "plan.png").read_bytes().startswith(b"\x89PNG")
    assert {topic: len(replayed.records(topic)) for topic in topics} == before


@pytest.mark.timeout(400)
def test_scenarios_stand_side_by_side_with_the_campaign_as_it_is(replayed: Estate) -> None:
    more, less = "uplift_p50=6,uplift_p90=8", "uplift_p50=1.2,uplift_p90=1.3,name=Small"

    plans = plan_of(replayed, SALE, "--what-if", more, "--what-if", less)["scenarios"]
    shown = ask(replayed, "plan", SALE, "--what-if", more, "--what-if", less)

    real, high, low = (p["resources"][0]["peak_floor"] for p in plans)
    assert low < real < high
    assert plans[0] == plan_of(replayed, SALE)
    for word in ("Side by side", "verdict", "extra cost", "earliest safe start", "Small", RESOURCE):
        assert word in shown.stdout


@pytest.mark.timeout(400)
def test_every_mistake_in_every_scenario_is_told(replayed: Estate) -> None:
    done = ask(replayed, "plan", "--what-if", f"{LINE},servce=a", "--what-if", f"{LINE},service=web-shp")

    assert done.exit_code == 2
    for said in ("2 problems", "did you mean service=web-shop?", "did you mean web-shop?"):
        assert said in done.stderr


@pytest.mark.timeout(400)
def test_before_its_start_the_gate_of_a_campaign_is_shut(replayed: Estate) -> None:
    """By the clock of the stream, which ended at 16:00."""
    done = ask(replayed, "send-gate", SALE, "--json")

    assert done.exit_code == 1
    answer = json.loads(done.stdout)
    Draft202012Validator(schemas()["send-gate.v1.json"]).validate(answer)
    assert not answer["may_send"]
    assert answer["text"].startswith("no, not before Friday 27 November 2026 17:00 UTC: then ")
    assert ask(replayed, "send-gate", "nobody").exit_code == 2


# --- the gate of a campaign that runs, as the decider would write it


def write_gate(estate: Estate, *steps: tuple[int, float], ends_in: timedelta = timedelta(hours=1)) -> None:
    """A campaign that began a minute ago, with these shares so many minutes from now on."""
    now = datetime.now(UTC)
    campaign = Campaign(
        "now",
        1,
        "email",
        now - timedelta(minutes=1),
        now + ends_in,
        ("web",),
        now,
        "/crm",
        send_rate_per_min=6e4,
    )
    entry = BookEntry("now", 1, Standing.SCHEDULED, Position(0, 0, now), campaign)
    gate = SendGate(
        "now", tuple(SendStep(now + timedelta(minutes=m), share, share * 6e4) for m, share in steps), "pods"
    )
    answer = CampaignReadiness(
        "now",
        1,
        Readiness.AT_RISK,
        (Finding(Readiness.AT_RISK, Reason.NEEDS_APPROVAL, "pods", ""),),
        Cost("EUR", None),
        send_gate=gate,
        sentence="it runs",
    )
    estate.send(estate.names.campaign_state, [(*encode_entry(entry_record(entry, answer, now)), ())])


def test_a_script_can_wait_for_the_gate(estate: Estate) -> None:
    """Exit code 1 while nothing may be sent, 0 as soon as something may; the rest is in the words."""
    estate.create({})
    write_gate(estate, (0, 0.0), (10, 1.0))
    shut = ask(estate, "send-gate", "now")
    write_gate(estate, (0, 0.4), (10, 1.0))
    opened = ask(estate, "send-gate", "now")

    assert (shut.exit_code, opened.exit_code) == (1, 0)
    assert shut.stdout.startswith("no, nothing now (pods), 60k/min from ")
    assert opened.stdout.startswith("yes, 24k/min now (pods), 60k/min from ")


def test_whoever_watches_hears_each_change_until_it_is_over(estate: Estate) -> None:
    estate.create({})
    write_gate(estate, (0, 0.0))
    done: list[Result] = []
    watcher = threading.Thread(target=lambda: done.append(ask(estate, "send-gate", "now", "--watch")))
    watcher.start()
    for share, ends_in in ((0.4, timedelta(hours=1)), (1.0, timedelta(hours=1)), (1.0, timedelta(seconds=1))):
        write_gate(estate, (0, share), ends_in=ends_in)

    eventually(lambda: bool(done), 60, what="the watcher has ended with the campaign")
    watcher.join()

    lines = done[0].stdout.splitlines()
    assert lines[0].startswith("no, nothing now") or lines[0].startswith("yes")
    assert lines[-1] == "no: it is over"
    assert len(lines) == len(set(lines))
    assert done[0].exit_code == 1
