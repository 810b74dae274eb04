"""How does this process run? Settings from `HEADSTART_*` environment variables, read once at the start.

What may be done to which resource is not a setting: it stands in the policy file. A nested field's
variable has two underscores: `HEADSTART_KAFKA__TOPIC_PREFIX` is `settings.kafka.topic_prefix`.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from advisor.errors import ConfigError, Problem

PREFIX = "HEADSTART_"
DELIMITER = "__"

# Kubernetes puts these into every pod for each Service of the namespace; one named "headstart" would
# otherwise look like settings of ours
_SERVICE_LINK = re.compile(r"_SERVICE_HOST$|_SERVICE_PORT(_|$)|_PORT$|_PORT_[0-9]+_(TCP|UDP|SCTP)(_|$)")


def _addresses(value: str) -> str:
    """Accept `host:port`, comma separated; an IPv6 host stands in brackets."""
    parts = [part.strip() for part in value.split(",")]
    for part in parts:
        found = re.fullmatch(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})", part)
        if not found or not 0 < int(found[1]) < 65_536:
            raise ValueError(f"{part!r} is not host:port; write host:9092, or host1:9092,host2:9092")
    return ",".join(parts)


class _Group(BaseModel):
    """Settings that belong together. `use_attribute_docstrings` makes the prose below their description."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)


class KafkaSettings(_Group):
    """Where Kafka is, and how our topics are named and laid out."""

    bootstrap_servers: Annotated[str, AfterValidator(_addresses)] = "localhost:9092"
    """Brokers to start from, `host:port`, comma separated. Two or three of them survive one's absence."""

    client_id: str = Field(default="headstart", min_length=1, max_length=249)
    """Our name in the brokers' logs and quotas. Change it to tell two estates apart."""

    topic_prefix: str = Field(default="headstart", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")
    """What every topic's name starts with. Another prefix is another estate: nothing is shared."""

    campaigns_topic: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]{1,249}$")
    """The topic that campaigns are announced on. Unset: `<topic_prefix>.campaigns`. Set it where marketing's
    tools already write to a topic of their own."""

    partitions: int = Field(default=12, ge=1, le=10_000)
    """Partitions of `<prefix>.demand` and `<prefix>.models`: the most workers that can share the forecasting.
    Fixed once the topics exist, for a service's place depends on it."""

    replication_factor: int | None = Field(default=None, ge=1, le=100)
    """Copies of each topic we create. Unset: the broker's own default, which production clusters set to 3."""

    embedded: bool = False
    """The broker is the demo's, inside another process: create no topics, expect four partitions. Never set
    it for a real cluster."""

    session_timeout_s: float = Field(default=6.0, gt=0, le=1800)
    """Seconds of silence after which the group gives a worker's partitions away: how long a takeover takes.
    Raise it where pods are paused for longer, and not below the broker's group.min.session.timeout.ms."""

    store_within_s: float = Field(default=5.0, gt=0, le=600)
    """Seconds that the deciding worker waits for Kafka to store something, before it takes Kafka for away."""

    heartbeat_interval_s: float = Field(default=1.0, gt=0, le=600, validate_default=True)
    """Seconds between two signs of life to the group. A third of the session timeout or less, so that one
    may be lost."""

    @field_validator("heartbeat_interval_s")
    @classmethod
    def _beats_often_enough(cls, value: float, info: ValidationInfo) -> float:
        session = info.data.get("session_timeout_s")  # absent if it is wrong itself
        if session is not None and value > session / 3:
            raise ValueError(f"must be at most a third of the session timeout, which is {session:g} s")
        return value


class WorkerSettings(_Group):
    """How a worker folds traffic, how often it decides, and where it can be asked how it is."""

    bucket_s: int = Field(default=60, ge=1, le=3600)
    """Seconds to a bucket of demand; divides an hour. Shorter sees a surge sooner and writes more records."""

    @field_validator("bucket_s")
    @classmethod
    def _divides_an_hour(cls, value: int) -> int:
        if 3600 % value:
            raise ValueError("must divide an hour, as 10, 30, 60 and 300 do")
        return value

    lateness_s: int = Field(default=120, ge=0, le=86_400)
    """Seconds a bucket stays open for samples that come late. Raise it where producers batch for longer; the
    forecast's data is that much older."""

    decide_every_s: float = Field(default=10.0, gt=0, le=3600)
    """Seconds between two decisions when nothing arrives to cause one: how late a deadline may be noticed."""

    dry_run: bool = False
    """Change nothing on any platform: look, decide, and play what would have been done. For the first weeks
    with an estate, beside what people do."""

    act_without_kafka_s: float = Field(default=7200.0, ge=0, le=86_400)
    """Seconds for which raises that were agreed go on while Kafka is away; after that the worker ends. Nobody
    can say `hold` or `freeze` meanwhile: as long as you would let a colleague work who cannot be reached."""

    snapshot_every_s: float = Field(default=300.0, gt=0, le=86_400)
    """Seconds between two snapshots of what was learned. Shorter starts faster after a crash, writes more."""

    future_skew_s: int = Field(default=300, ge=0, le=86_400)
    """Seconds a sample's timestamp may lie ahead of our clock before it is refused as a broken clock."""

    http_host: str = Field(default="0.0.0.0", min_length=1)  # noqa: S104
    """Address that probes and metrics are served on. All addresses, because in a pod the kubelet and
    Prometheus come from outside; 127.0.0.1 on a machine of your own."""

    http_port: int = Field(default=8080, ge=0, le=65_535)
    """Port of the same; 0 takes a free one."""

    forecast_processes: int = Field(default=1, ge=0, le=256)
    """Processes that forecast beside the event loop. As many as cores to spare, for thousands of services;
    0 forecasts in the worker's own process, for debugging."""

    tick_s: int = Field(default=60, ge=1, le=3600)
    """Seconds between two ticks of the event clock, when a replay and not the wall clock gives the time."""


class Settings(BaseSettings):
    """Everything about how this process runs; frozen.

    :func:`load_settings` reads the environment; `Settings()` alone is the defaults, whatever that says.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=DELIMITER,
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments only: the environment is an argument too, read by :func:`load_settings`."""
        return (init_settings,)

    kafka: KafkaSettings = KafkaSettings()
    """Kafka and our topics."""

    worker: WorkerSettings = WorkerSettings()
    """The worker process."""

    policy_file: Path = Path("policy.yaml")
    """The policy file: what may be done to which resource. In a cluster, a mounted ConfigMap."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least serious messages to log. DEBUG names every message: for an hour, not for a week."""

    log_format: Literal["auto", "json", "text"] = "auto"
    """How log lines look. `auto`: text on a terminal, JSON elsewhere."""


def load_settings(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """With which settings does this process run?

    `environ` is the environment to read, by default this process's; an empty variable counts as unset.
    `overrides` count before it, nested as mappings: `load_settings(kafka={"topic_prefix": "test"})`.
    Raises ConfigError with every problem, each under its variable's name; a variable that looks like a
    mistyped setting is one of them.
    """
    given = {name.upper(): value for name, value in (os.environ if environ is None else environ).items()}
    known = _variables()
    source = EnvSettingsSource(Settings)
    source.env_vars = {name.lower(): given[name] for name in known if given.get(name)}
    problems = list(_mistyped(given, known))
    settings = None
    try:
        settings = Settings(**_merged(source(), overrides))
    except ValidationError as error:
        problems += (_problem(one, known) for one in error.errors(include_url=False))
    if settings is None or problems:
        raise ConfigError("settings", problems)
    return settings


def _variables() -> dict[str, FieldInfo]:
    """Every variable that is read, with the field it sets."""
    groups = {"kafka": KafkaSettings.model_fields, "worker": WorkerSettings.model_fields}
    alone = {_variable((name,)): field for name, field in Settings.model_fields.items() if name not in groups}
    return alone | {
        _variable((group, name)): field for group in groups for name, field in groups[group].items()
    }


def _variable(location: tuple[str | int, ...]) -> str:
    return PREFIX + DELIMITER.join(str(part).upper() for part in location)


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both, where `above` counts before `below`, mapping by mapping."""
    merged = dict(below)
    for name, value in above.items():
        under = merged.get(name)
        merged[name] = _merged(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged


def _mistyped(given: Mapping[str, str], known: Mapping[str, object]) -> Iterator[Problem]:
    """Which variables were surely meant for us, but set nothing? Others may share our prefix in peace."""
    plain = {name.replace(DELIMITER, "_"): name for name in known}
    for name in sorted(given.keys() - known.keys()):
        if not name.startswith(PREFIX):
            continue
        same = plain.get(name.replace(DELIMITER, "_"))
        close = [same] if same else difflib.get_close_matches(name, known, n=1, cutoff=0.85)
        ours = bool(same) or DELIMITER in name or (bool(close) and not _SERVICE_LINK.search(name))
        within = [one for one in known if one.startswith(name.split(DELIMITER)[0] + DELIMITER)]
        if ours or within:
            fix = (
                f"did you mean {close[0]}?" if close else f"unset it; there are {', '.join(within or known)}"
            )
            yield Problem(name, given[name], "is not a setting", fix)


def _problem(error: ErrorDetails, known: Mapping[str, FieldInfo]) -> Problem:
    """What is this validation error to somebody who sets variables?"""
    variable = _variable(error["loc"])
    field = known.get(variable)
    says = error["msg"].removeprefix("Value error, ")
    message = says[:1].lower() + says[1:]
    if field is None:
        return Problem(variable, error["input"], "is not a setting", "remove it")
    default = "none" if field.default is None else field.default
    about = " ".join((field.description or "").split())
    return Problem(
        variable, error["input"], message, f"unset it for the default ({default}), or mend it. {about}"
    )
