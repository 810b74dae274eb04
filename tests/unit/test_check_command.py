"""`headstart check` says what a policy means, or everything that is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from advisor.actuation import own
from advisor.actuation.simulated import SimulatedActuator
from advisor.domain.capacity import Bounds, Observation
from advisor.domain.preflight import Preflight
from advisor.policy_file import parse_policy
from streams.cli.check import check
from streams.cli.policy_remarks import remarks

EXAMPLE = Path(__file__).parents[2] / "deploy" / "policy.example.yaml"

app = typer.Typer()
app.command("check")(check)
runner = CliRunner()


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for whole words, whatever terminal the tests run in."""
    monkeypatch.setenv("COLUMNS", "200")


def test_a_sound_policy_is_told_in_words():
    """Each resource has a line of what is meant, and the exit code is 0."""
    result = runner.invoke(app, ["--policy", str(EXAMPLE), "--no-kafka", "--no-platforms"])

    assert result.exit_code == 0
    assert "480 to 7,200 requests/s" in result.output
    assert "UNIT_CAPACITY_UNPROVEN" in result.output


LONG = "sim://a-cluster-with-a-long-name.eu-central-1/shop/the-checkout"
REACH = "version: 1\nsources: [{source: crm, max_mode: auto}]\nresources:\n" + "".join(
    f"  {name}: {{serves: x, unit_capacity: 1, min: 0, max: 2, mode: {mode}}}\n"
    for name, mode in {
        LONG: "auto",
        "sim://b": "approve",
        "k8s://prod/shop/hpa/web": "auto",
        "aws://123456789012/eu-central-1/asg/web": "approve",
        "k8s://prod/shop/hpa/api": "auto",
        "k8s://prod/shop/hpa/jobs": "recommend",
    }.items()
)


def test_what_nothing_can_set_is_said_to_be_recommended_only(tmp_path: Path):
    """As the worker will take it; a resource that can be set, or asks for no more, is told as it is."""
    path = tmp_path / "policy.yaml"
    path.write_text(REACH)

    text = runner.invoke(
        app, ["--policy", str(path), "--no-kafka", "--no-platforms"], env={"COLUMNS": "250"}
    ).output

    of = {name: next(line for line in text.splitlines() if name in line) for name in (LONG, "sim://b")}
    assert "acts by itself" in of[LONG]
    assert "acts once a person agreed" in of["sim://b"]
    assert text.count("acts by itself") == text.count("acts once a person agreed") == 1
    assert text.count("recommend: list prod under `clusters:`") == 2
    assert text.count("recommend: list '123456789012' under `accounts:`") == 1
    (aws, kubernetes) = sorted(line for line in text.splitlines() if "NO_ACTUATOR" in line)
    assert kubernetes.startswith(
        "note: k8s://prod/shop/hpa/api, k8s://prod/shop/hpa/web: NO_ACTUATOR. Mode auto"
    )
    assert aws.startswith("note: aws://123456789012/eu-central-1/asg/web: NO_ACTUATOR. Mode approve counts")


@pytest.mark.parametrize("width", ["60", "80", "120"])
def test_no_id_is_broken_or_cropped_on_a_narrow_terminal(tmp_path: Path, width: str):
    path = tmp_path / "policy.yaml"
    path.write_text(REACH)

    told = runner.invoke(
        app, ["--policy", str(path), "--no-kafka", "--no-platforms"], env={"COLUMNS": width}
    ).output
    table = told[: told.index("note:")]

    for name in (LONG, "sim://b", "k8s://prod/shop/hpa/web", "aws://123456789012/eu-central-1/asg/web"):
        assert name in table
    assert "…" not in told


def test_a_bad_policy_shows_all_its_problems_and_no_traceback(tmp_path: Path):
    """Exit code 2, every problem with its line and fix."""
    path = tmp_path / "[bold]policy.yaml"
    path.write_text("version: 1\nresources:\n  sim://a: {serves: x, unit_capacity: 0, min: 3, max: 2}\n")

    result = runner.invoke(app, ["--policy", str(path)])

    assert result.exit_code == 2
    assert "[bold]policy.yaml: 2 problems" in result.stderr
    assert 'resources["sim://a"].max (line 3) is below min, which is 3 (found 2)' in result.stderr
    assert "fix: for example `unit_capacity: 120`" in result.stderr
    assert "Traceback" not in result.output


def test_a_missing_policy_is_named(tmp_path: Path):
    """Exit code 2 and the path that was tried."""
    result = runner.invoke(app, ["--policy", str(tmp_path / "none.yaml")])

    assert result.exit_code == 2
    assert "none.yaml" in result.stderr
    assert "No such file" in result.stderr


def test_a_bad_setting_is_reported_like_a_bad_policy(monkeypatch: pytest.MonkeyPatch):
    """Exit code 2, and the variable to change."""
    monkeypatch.setenv("HEADSTART_KAFKA__PARTITIONS", "many")

    result = runner.invoke(app, ["--policy", str(EXAMPLE)])

    assert result.exit_code == 2
    assert "HEADSTART_KAFKA__PARTITIONS" in result.stderr


def test_an_unreachable_kafka_is_one_clear_sentence(monkeypatch: pytest.MonkeyPatch):
    """Exit code 3, the address that was tried, and no traceback."""
    monkeypatch.setenv("HEADSTART_KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:1")

    result = runner.invoke(app, ["--policy", str(EXAMPLE)])

    assert result.exit_code == 3
    assert "127.0.0.1:1" in result.stderr
    assert "Traceback" not in result.output


def test_a_mode_that_no_source_allows_is_remarked():
    """Without `sources:` an automatic resource would wait for ever: that is said beforehand."""
    policy = parse_policy(
        "version: 1\nresources:\n"
        "  sim://a: {serves: x, unit_capacity: 1, min: 0, max: 2, mode: auto,\n"
        "            load_test: {on: 2026-01-01, rate_per_s: 9, units: 9, sustained: 10m}}\n",
        "p",
    ).policy

    (remark,) = remarks(policy)

    assert remark.startswith("sim://a: campaigns cannot lead as far as the mode allows")


def remarks_on(*resources: str, extra: str = "") -> list[str]:
    """What is remarked of a policy whose resources are all tested and whose source is fully trusted."""
    test = "load_test: {on: 2026-01-01, rate_per_s: 9, units: 9, sustained: 10m}"
    text = "version: 1\nsources: [{source: crm, max_mode: auto}]\nresources:\n"
    for line in resources:
        name, _, options = line.partition(" ")
        text += f"  {name}: {{serves: x, unit_capacity: 1, min: 0, max: 5, {test}, {options}}}\n"
    return list(remarks(parse_policy(text + extra, "p").policy))


def test_nothing_unusual_is_not_remarked():
    """Silence means that the policy does what it says; a fixed limit needs no proof."""
    assert remarks_on("sim://a mode: auto", extra="  fixed://payment: {serves: x, limit: 5}\n") == []


def test_a_higher_quantile_while_running_is_remarked():
    """It counts as the other one; where nothing lets go it does not count at all."""
    (remark,) = remarks_on("sim://a quantile: 0.9, running_quantile: 0.99")

    assert remark.startswith("sim://a: running_quantile 0.99 is above quantile 0.9")
    defaults = "defaults: {running_quantile: 0.99}\n"
    assert remarks_on("sim://a quantile: 0.9, reactive: false", extra=defaults) == []


def test_what_is_never_done_without_a_person_is_remarked_in_auto():
    """Irreversible units are approved by a person in every mode, which auto does not suggest."""
    (remark,) = remarks_on(
        "sim://a mode: auto, irreversible: {committed: 1d}",
        "sim://b mode: approve, irreversible: {committed: 1d}",
    )

    assert remark.startswith("sim://a: its units are not given back, so a person approves")


def test_what_is_never_given_back_is_told_to_be_done_once_a_person_agreed(tmp_path: Path):
    """In the table as in the remark below it."""
    path = tmp_path / "policy.yaml"
    path.write_text(
        REACH.replace("max: 2, mode: auto", "max: 2, mode: auto, irreversible: {committed: 1d}", 1)
    )

    text = runner.invoke(
        app, ["--policy", str(path), "--no-kafka", "--no-platforms"], env={"COLUMNS": "250"}
    ).output

    assert text.count("acts once a person agreed") == 2
    assert "acts by itself" not in text


def test_a_pool_that_its_users_can_exhaust_is_remarked():
    """5 x 30 of the users against 100 and 5 x 4 of the providers; what just fits is not worth a word."""
    estate = ("sim://a mode: auto", "sim://b mode: auto")
    pool = "pools: {{p: {{limit: 100, uses: {{sim://a: 30}}, provides: {{sim://b: {each}}}}}}}\n"

    (remark,) = remarks_on(*estate, extra=pool.format(each=4))

    assert remark.startswith("pool p: its users at their max take 150, and there are at most 120")
    assert remarks_on(*estate, extra=pool.format(each=10)) == []


def test_what_cannot_be_scaled_is_told_as_a_limit():
    """No units and no lead time, but how much there is."""
    result = runner.invoke(app, ["--policy", str(EXAMPLE), "--no-kafka", "--no-platforms"])

    assert "at most 400 requests/s" in result.output
    assert "cannot be scaled" in result.output


def test_an_actuator_of_ones_own_that_is_not_installed_is_told_without_asking_any_platform(tmp_path: Path):
    path = tmp_path / "policy.yaml"
    path.write_text(
        "version: 1\nresources:\n  own://nomad/shop/web: {serves: x, unit_capacity: 1, min: 0, max: 2}\n"
    )

    result = runner.invoke(app, ["--policy", str(path), "--no-kafka", "--no-platforms"])

    assert result.exit_code == 2
    assert "own://nomad/shop/web" in result.stderr
    assert "no such actuator is installed" in result.stderr


class Frank(SimulatedActuator):
    """An actuator of somebody's own that cannot tell quotas, and says so."""

    dry_run = False
    ahead = timedelta(0)

    async def observe(self, resource: str, now: datetime) -> Observation:
        return replace(await super().observe(resource, now), clock_ahead=self.ahead)

    async def preflight(self, resource: str, need: Bounds, now: datetime) -> Preflight:
        return Preflight(now, need.minimum, (), ("the provider tells nobody its quotas",))


@pytest.fixture
def frank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A policy of one resource that a frank actuator sets."""
    offered = EntryPoint("frank", f"{__name__}:Frank", own.ENTRY_POINTS)
    monkeypatch.setattr(own, "entry_points", lambda group: EntryPoints([offered]))
    path = tmp_path / "policy.yaml"
    path.write_text(
        "version: 1\nresources:\n  own://frank/web: {serves: x, unit_capacity: 1, min: 2, max: 9}\n"
    )
    return path


def test_what_could_not_be_looked_at_is_told_and_is_no_failure(frank: Path):
    """Otherwise the honest actuator fails every check, and the careless one none."""
    result = runner.invoke(app, ["--policy", str(frank), "--no-kafka"])

    assert result.exit_code == 0, result.output
    assert "not looked at: own://frank/web: the provider tells nobody its quotas" in result.output
    assert "not all could be looked at" in result.output


def test_a_clock_that_shows_another_time_is_a_failure(frank: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Frank, "ahead", timedelta(minutes=-10))

    result = runner.invoke(app, ["--policy", str(frank), "--no-kafka"])

    assert result.exit_code == 1
    assert "CLOCK_WRONG: own://frank/web: its platform's clock is -10 min from ours" in result.output
