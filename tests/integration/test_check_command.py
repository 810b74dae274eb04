"""`headstart check` against a real broker: missing topics are named, complete ones are confirmed."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from advisor.policy_file import load_policy
from advisor.settings import load_settings
from streams.cli.check import check
from streams.topic_setup import create_topics

POLICY = "version: 1\nresources:\n  sim://a: {serves: x, unit_capacity: 1, min: 0, max: 2}\n"

app = typer.Typer()
app.command("check")(check)


def test_check_names_missing_topics_and_is_content_once_they_exist(
    kafka_broker: str, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Exit code 3 with each missing topic, then 0 after they were created."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("HEADSTART_KAFKA__BOOTSTRAP_SERVERS", kafka_broker)
    monkeypatch.setenv("HEADSTART_KAFKA__TOPIC_PREFIX", topic_prefix)
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)

    before = CliRunner().invoke(app, ["--policy", str(path)])
    create_topics(load_settings(), load_policy(path))
    after = CliRunner().invoke(app, ["--policy", str(path)])

    assert before.exit_code == 3
    assert f"{topic_prefix}.demand" in before.stderr
    assert after.exit_code == 0, after.stderr
    assert "every topic is as it must be" in after.output
