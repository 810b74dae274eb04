"""`headstart campaign` against a real broker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from advisor.domain.money import Cost
from advisor.domain.readiness import CampaignReadiness, Finding, Readiness
from advisor.domain.reason import Reason
from streams.campaign_inbox import read_inbox
from streams.codec.campaign_state import encode_entry, entry_record
from streams.kafka_clients import producer
from streams.topic_setup import create_topics
from streams.topics import TopicNames
from tests.support.commands import run, settings_for
from tests.support.messages import campaign_data, campaign_event

FLAGS = ["--id", "bf-2026", "--kind", "flash_sale", "--service", "web-shop", "--service", "search"]
TIMES = ["--start", "2026-11-27T10:00:00", "--end", "2026-11-27T14:00:00", "--timezone", "Europe/Berlin"]


@pytest.fixture
def estate(kafka_broker: str, topic_prefix: str) -> tuple[str, str]:
    """A broker and a prefix whose topics exist."""
    create_topics(settings_for(kafka_broker, topic_prefix))
    return kafka_broker, topic_prefix


def listed(estate: tuple[str, str], *options: str) -> dict[str, Any]:
    result = run(*estate, "campaign", "list", "--json", *options)
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_a_submitted_campaign_is_listed(estate: tuple[str, str]) -> None:
    result = run(*estate, "campaign", "submit", *FLAGS, *TIMES, "--uplift-p50", "3", "--uplift-p90", "5.5")
    assert result.exit_code == 0, result.output
    (found,) = listed(estate)["campaigns"]
    assert found["campaign_id"] == "bf-2026"
    assert found["revision"] == 1
    assert (found["start"], found["end"]) == ("2026-11-27T09:00:00Z", "2026-11-27T13:00:00Z")
    assert found["services"] == ["web-shop", "search"]
    assert "bf-2026" in run(*estate, "campaign", "list").stdout


def test_submitting_again_is_the_next_revision_and_replaces_it(estate: tuple[str, str]) -> None:
    run(*estate, "campaign", "submit", *FLAGS, *TIMES)
    result = run(*estate, "campaign", "submit", *FLAGS, *TIMES, "--name", "Black Friday", "--json")
    assert json.loads(result.stdout)["revision"] == 2
    (found,) = listed(estate)["campaigns"]
    assert (found["revision"], found["name"]) == (2, "Black Friday")


def test_a_lower_revision_that_arrives_later_changes_nothing(estate: tuple[str, str]) -> None:
    run(*estate, "campaign", "submit", *FLAGS, *TIMES, "--revision", "5", "--name", "new")
    run(*estate, "campaign", "submit", *FLAGS, *TIMES, "--revision", "4", "--name", "old")
    assert [c["name"] for c in listed(estate)["campaigns"]] == ["new"]


def test_a_cancelled_campaign_stands_no_longer(estate: tuple[str, str]) -> None:
    run(*estate, "campaign", "submit", *FLAGS, *TIMES)
    result = run(*estate, "campaign", "cancel", "bf-2026")
    assert result.exit_code == 0, result.output
    assert listed(estate)["campaigns"] == []
    (found,) = listed(estate, "--all")["campaigns"]
    assert (found["standing"], found["revision"]) == ("cancelled", 2)
    again = run(*estate, "campaign", "cancel", "bf-2026")
    assert again.exit_code == 2
    assert "is cancelled" in again.stderr


def test_a_tombstone_withdraws(estate: tuple[str, str]) -> None:
    run(*estate, "campaign", "submit", *FLAGS, *TIMES)
    settings = settings_for(*estate)
    with producer(settings) as client:
        client.send(TopicNames.of(settings).campaigns, key=b"bf-2026", value=None)
    assert listed(estate)["campaigns"] == []
    assert listed(estate, "--all")["campaigns"][0]["standing"] == "withdrawn"


def test_cancelling_what_was_never_announced_is_a_mistake(estate: tuple[str, str]) -> None:
    result = run(*estate, "campaign", "cancel", "no-such")
    assert result.exit_code == 2
    assert "is not on the inbox" in result.stderr


@pytest.mark.parametrize("suffix", ["json", "yaml"])
@pytest.mark.parametrize("whole", [True, False])
def test_a_file_may_hold_the_data_or_the_whole_event(
    estate: tuple[str, str], tmp_path: Path, suffix: str, whole: bool
) -> None:
    path = tmp_path / f"event.{suffix}"
    yaml = (
        "campaign_id: bf-2026\nrevision: 3\nkind: flash_sale\nservices: [web-shop]\n"
        "start: 2026-11-27T09:00:00Z\nend: 2026-11-27T12:00:00Z\n"
    )
    if suffix == "json":
        path.write_bytes(campaign_event() if whole else json.dumps(campaign_data()).encode())
    else:
        indented = "".join(f"  {line}\n" for line in yaml.splitlines())
        path.write_text(f"source: /marketing\ndata:\n{indented}" if whole else yaml, encoding="utf-8")
    result = run(*estate, "campaign", "submit", "--file", str(path), "--name", "from a file")
    assert result.exit_code == 0, result.output
    (found,) = listed(estate)["campaigns"]
    assert (found["revision"], found["start"]) == (3, "2026-11-27T09:00:00Z")
    assert found["name"] == "from a file"
    assert found["source"] == ("/marketing" if whole else "/headstart/cli")


def test_every_problem_is_named_before_kafka_is_asked() -> None:
    result = run(
        "127.0.0.1:1", "p", "campaign", "submit", "--id", "x", "--start", "soon", "--uplift-p50", "2"
    )
    assert result.exit_code == 2
    for field in ("kind", "start", "end", "services", "expected_uplift.p90"):
        assert field in result.stderr


@pytest.mark.parametrize("content", ["", "- a\n", "a: [", "data: 5\n", None])
def test_an_unusable_file_is_exit_code_two(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "event.yaml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    result = run("127.0.0.1:1", "p", "campaign", "submit", "--file", str(path))
    assert result.exit_code == 2
    assert "event.yaml" in result.stderr


def test_an_empty_source_is_refused_in_words() -> None:
    result = run("127.0.0.1:1", "p", "campaign", "submit", *FLAGS, *TIMES, "--source", "")
    assert result.exit_code == 2
    assert "source" in result.stderr


def test_an_inbox_without_topics_says_how_to_create_them(kafka_broker: str, topic_prefix: str) -> None:
    submit = ["submit", *FLAGS, *TIMES, "--revision", "1"]
    for arguments in (["list"], ["cancel", "bf-2026", "--revision", "2"], submit):
        result = run(kafka_broker, topic_prefix, "campaign", *arguments)
        assert result.exit_code == 3
        assert "headstart topics --create" in result.stderr


def test_a_campaigns_readiness_is_shown_for_the_revision_it_was_decided_for(
    estate: tuple[str, str],
) -> None:
    run(*estate, "campaign", "submit", *FLAGS, *TIMES)
    settings = settings_for(*estate)
    entry = read_inbox(settings).book.get("bf-2026")
    assert entry is not None
    finding = Finding(Readiness.AT_RISK, Reason.UNIT_CAPACITY_UNPROVEN, "r", "")
    verdict = CampaignReadiness("bf-2026", 1, Readiness.AT_RISK, (finding,), Cost("EUR", None))
    key, value = encode_entry(entry_record(entry, verdict))
    with producer(settings) as client:
        client.send(TopicNames.of(settings).campaign_state, key=key, value=value)
    (found,) = listed(estate)["campaigns"]
    assert (found["readiness"], found["reasons"]) == ("AT_RISK", ["UNIT_CAPACITY_UNPROVEN"])
    run(*estate, "campaign", "submit", *FLAGS, *TIMES)
    (found,) = listed(estate)["campaigns"]
    assert (found["revision"], found["readiness"]) == (2, None)


def test_an_unreadable_message_is_shown_and_hides_nothing(estate: tuple[str, str]) -> None:
    settings = settings_for(*estate)
    with producer(settings) as client:
        client.send(TopicNames.of(settings).campaigns, key=b"x", value=b"not json")
    run(*estate, "campaign", "submit", *FLAGS, *TIMES)
    answer = listed(estate)
    assert [c["campaign_id"] for c in answer["campaigns"]] == ["bf-2026"]
    assert "NOT_JSON" in answer["unread"][0]["error"]
    assert "NOT_JSON" in run(*estate, "campaign", "list").stderr
