"""Settings come from the environment, once, and everything wrong with them is said at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from advisor.errors import ConfigError
from advisor.settings import KafkaSettings, Settings, WorkerSettings, load_settings


def problems_of(environ: dict[str, str]) -> dict[str, str]:
    """What is wrong with an environment: variable -> message and fix."""
    with pytest.raises(ConfigError) as caught:
        load_settings(environ)
    return {problem.path: f"{problem.message}. {problem.fix}" for problem in caught.value.problems}


def test_an_empty_environment_is_the_defaults():
    """Nothing has to be set to try Headstart on one machine."""
    settings = load_settings({})

    assert settings == Settings()
    assert settings.kafka.bootstrap_servers == "localhost:9092"
    assert settings.kafka.campaigns_topic is None
    assert settings.worker.bucket_s == 60
    assert settings.policy_file == Path("policy.yaml")


def test_a_nested_setting_has_two_underscores_in_its_variable():
    """The variable is the field's path, whatever its case."""
    settings = load_settings(
        {
            "HEADSTART_KAFKA__BOOTSTRAP_SERVERS": "a:9092, [::1]:9093",
            "headstart_kafka__embedded": "true",
            "HEADSTART_WORKER__HTTP_PORT": "0",
            "HEADSTART_POLICY_FILE": "/etc/headstart/policy.yaml",
            "HEADSTART_LOG_LEVEL": "DEBUG",
        }
    )

    assert settings.kafka.bootstrap_servers == "a:9092,[::1]:9093"
    assert settings.kafka.embedded is True
    assert settings.worker.http_port == 0
    assert settings.policy_file == Path("/etc/headstart/policy.yaml")
    assert settings.log_level == "DEBUG"


def test_this_process_s_environment_is_the_default(monkeypatch: pytest.MonkeyPatch):
    """Without an argument the real environment is read."""
    monkeypatch.setenv("HEADSTART_KAFKA__TOPIC_PREFIX", "from-here")

    assert load_settings().kafka.topic_prefix == "from-here"
    assert load_settings({}).kafka.topic_prefix == "headstart"


def test_overrides_count_before_the_environment_field_by_field():
    """A command's option wins, and leaves the rest of its group to the environment."""
    environ = {"HEADSTART_KAFKA__TOPIC_PREFIX": "theirs", "HEADSTART_KAFKA__PARTITIONS": "3"}

    settings = load_settings(environ, kafka={"topic_prefix": "ours"})

    assert (settings.kafka.topic_prefix, settings.kafka.partitions) == ("ours", 3)


def test_an_empty_variable_counts_as_unset():
    """A chart that passes an empty value means the default."""
    assert load_settings({"HEADSTART_KAFKA__CAMPAIGNS_TOPIC": "", "HEADSTART_LOG_LEVEL": ""}) == Settings()


def test_every_problem_is_reported_at_once_under_its_variable():
    """Bad values in different groups and a contradiction between two stand in one error."""
    found = problems_of(
        {
            "HEADSTART_KAFKA__BOOTSTRAP_SERVERS": "broker",
            "HEADSTART_KAFKA__PARTITIONS": "many",
            "HEADSTART_KAFKA__HEARTBEAT_INTERVAL_S": "3",
            "HEADSTART_WORKER__BUCKET_S": "7",
            "HEADSTART_LOG_LEVEL": "LOUD",
        }
    )

    assert found.keys() == {
        "HEADSTART_KAFKA__BOOTSTRAP_SERVERS",
        "HEADSTART_KAFKA__PARTITIONS",
        "HEADSTART_KAFKA__HEARTBEAT_INTERVAL_S",
        "HEADSTART_WORKER__BUCKET_S",
        "HEADSTART_LOG_LEVEL",
    }
    assert "write host:9092" in found["HEADSTART_KAFKA__BOOTSTRAP_SERVERS"]
    assert "default (12)" in found["HEADSTART_KAFKA__PARTITIONS"]
    assert "third of the session timeout, which is 6 s" in found["HEADSTART_KAFKA__HEARTBEAT_INTERVAL_S"]
    assert "divide an hour" in found["HEADSTART_WORKER__BUCKET_S"]


def test_a_default_heartbeat_is_held_against_a_short_session_too():
    """Shortening the session alone would leave the default heartbeat too slow for it."""
    assert (
        "third"
        in problems_of({"HEADSTART_KAFKA__SESSION_TIMEOUT_S": "1"})["HEADSTART_KAFKA__HEARTBEAT_INTERVAL_S"]
    )


@pytest.mark.parametrize(
    "servers", ["", "host", "host:", "host:0", "host:65536", "a:1,,b:2", "kafka://a:1", "a:1;b:2"]
)
def test_bootstrap_servers_are_host_and_port(servers):
    """A list that no client could use is refused here, not by a timeout later."""
    with pytest.raises(ValidationError):
        KafkaSettings(bootstrap_servers=servers)


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("HEADSTART_KAFKA__BOOTSTRAP_SERVER", "HEADSTART_KAFKA__BOOTSTRAP_SERVERS"),
        ("HEADSTART_KAFKA_TOPIC_PREFIX", "HEADSTART_KAFKA__TOPIC_PREFIX"),
        ("HEADSTART_WORKER_HTTP_PORT", "HEADSTART_WORKER__HTTP_PORT"),
        ("HEADSTART_LOGLEVEL", "HEADSTART_LOG_LEVEL"),
    ],
)
def test_a_mistyped_variable_is_an_error_that_names_the_right_one(variable, meant):
    """A setting that silently does nothing is the worst kind."""
    assert f"did you mean {meant}?" in problems_of({variable: "1"})[variable]


def test_a_group_cannot_be_set_as_a_whole():
    """`HEADSTART_KAFKA` alone is answered with the variables there are."""
    assert "HEADSTART_KAFKA__PARTITIONS" in problems_of({"HEADSTART_KAFKA": "{}"})["HEADSTART_KAFKA"]


def test_variables_of_others_are_left_alone():
    """Kubernetes puts variables for a Service named headstart into every pod: they are no settings."""
    environ = {
        "HEADSTART_SERVICE_HOST": "10.0.0.1",
        "HEADSTART_SERVICE_PORT_HTTP": "8080",
        "HEADSTART_PORT": "tcp://10.0.0.1:8080",
        "HEADSTART_PORT_8080_TCP_ADDR": "10.0.0.1",
        "HEADSTART_WORKER_SERVICE_HOST": "10.0.0.2",
        "HEADSTART_WORKER_PORT_8080_TCP": "tcp://10.0.0.2:8080",
        "HEADSTART_PARENT_PID": "17",
        "PATH": "/bin",
    }

    assert load_settings(environ) == Settings()


def test_an_override_that_does_not_exist_is_an_error():
    """A command that misspells a setting is told so."""
    with pytest.raises(ConfigError, match="is not a setting"):
        load_settings({}, kafka={"prefix": "x"})


def test_settings_cannot_be_changed():
    """What a process started with is what it runs with."""
    with pytest.raises(ValidationError, match="frozen"):
        Settings().kafka.partitions = 3  # type: ignore[misc]


@pytest.mark.parametrize("group", [Settings, KafkaSettings, WorkerSettings])
def test_every_setting_says_what_it_is_for(group):
    """Each field carries prose, which errors and the documentation quote."""
    assert [name for name, field in group.model_fields.items() if not field.description] == []
