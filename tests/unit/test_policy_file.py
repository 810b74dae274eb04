"""The policy file: what a short one means, and how everything wrong with a bad one is reported at once."""

from __future__ import annotations

import pickle
from datetime import date, timedelta
from pathlib import Path

import pytest

from advisor.domain.policy import Mode, Policy, RampPolicy
from advisor.errors import ConfigError, Problem
from advisor.policy_file import PolicyFile, dump_policy, load_policy, parse_policy

WEB = "k8s://prod/shop/hpa/web-shop"
TEN_LINES = f"""\
version: 1
resources:
  {WEB}:
    serves: web-shop
    unit_capacity: 120
    min: 4
    max: 60
    lead_time: 6m
    mode: recommend
"""


def all_problems_of(text: str) -> tuple[Problem, ...]:
    """Every problem of a bad policy."""
    with pytest.raises(ConfigError) as caught:
        parse_policy(text, "policy.yaml")
    return caught.value.problems


def problems_of(text: str) -> dict[str, Problem]:
    """The problems of a bad policy by their paths without the line, for policies with one to a path."""
    found = [(problem.path.split(" (line")[0], problem) for problem in all_problems_of(text)]
    assert len(dict(found)) == len(found), "two problems share a path"
    return dict(found)


def with_resource(*lines: str, extra: str = "") -> str:
    """A policy of one simulated resource, with some lines replaced or added."""
    given = {
        line.split(":")[0]: line for line in ("serves: web-shop", "unit_capacity: 120", "min: 4", "max: 60")
    }
    given |= {line.split(":")[0]: line for line in lines}
    body = "".join(f"    {line}\n" for line in given.values())
    return f"version: 1\nresources:\n  sim://shop/web:\n{body}{extra}"


def only_resource(file: PolicyFile):
    """The one resource of a policy."""
    (resource,) = file.policy.resources.values()
    return resource


def test_ten_lines_are_a_useful_policy():
    """What a short policy leaves unsaid has the defaults of the domain."""
    file = parse_policy(TEN_LINES, "policy.yaml")

    resource = file.policy.resources[WEB]
    assert resource.serves == {"web-shop": 1.0}
    assert (resource.unit_capacity, resource.minimum, resource.maximum) == (120.0, 4, 60)
    assert resource.lead_time == timedelta(minutes=6)
    assert resource.mode is Mode.RECOMMEND
    assert (resource.headroom, resource.quantile, resource.ramp) == (0.2, 0.95, RampPolicy())
    assert file.traffic == {}
    assert file.policy.sources == {}
    assert file.policy.step == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("web-shop", {"web-shop": 1.0}),
        ("[web-shop, search]", {"search": 1.0, "web-shop": 1.0}),
        ("{web-shop: 1.0, checkout: 0.3}", {"checkout": 0.3, "web-shop": 1.0}),
    ],
)
def test_serves_is_one_service_a_list_or_shares(written, meant):
    """Three ways to say whom a resource serves come to one mapping."""
    assert only_resource(parse_policy(with_resource(f"serves: {written}"), "p")).serves == meant


def test_defaults_count_where_a_resource_says_nothing():
    """A resource's own word comes first, then `defaults`, then the built-in; ramps option by option."""
    text = with_resource(
        "headroom: 0.5",
        "ramp: {every: 2m}",
        extra="defaults: {headroom: 0.3, quantile: 0.99, ramp: {factor: 1.5, hold: 5m}}\n",
    )

    resource = only_resource(parse_policy(text, "p"))

    assert resource.headroom == 0.5
    assert resource.quantile == 0.99
    assert resource.ramp == RampPolicy(1.5, timedelta(minutes=2), timedelta(minutes=5))
    assert resource.tier == "pods"


def test_what_nothing_else_scales_lets_go_of_nothing():
    """A default quantile for running campaigns passes by what is held to the end; saying both is an error."""
    lets_go = "defaults: {running_quantile: 0.9}\n"

    assert only_resource(parse_policy(with_resource("quantile: 0.99", extra=lets_go), "p")).lets_go
    kept = only_resource(parse_policy(with_resource("reactive: false", extra=lets_go), "p"))
    assert (kept.lets_go, kept.running_quantile) == (False, None)
    found = problems_of(with_resource("reactive: false", "running_quantile: 0.9"))
    assert "no effect" in found['resources["sim://shop/web"].running_quantile'].message


def test_a_running_campaign_is_never_planned_for_at_a_higher_quantile_than_one_to_come():
    """And the forecast has both levels."""
    text = with_resource("quantile: 0.8", extra="defaults: {running_quantile: 0.93}\n")
    policy = parse_policy(text, "p").policy

    assert only_resource(parse_policy(text, "p")).quantile_while_running == 0.8
    assert set(policy.levels) == {0.5, 0.8, 0.9, 0.95, 0.99}


def test_a_resource_may_return_to_the_built_in_value_that_defaults_changed():
    """Writing the built-in value down is not the same as saying nothing."""
    text = with_resource("headroom: 0.2", extra="defaults: {headroom: 0.3}\n")

    assert only_resource(parse_policy(text, "p")).headroom == 0.2


def test_every_problem_is_reported_at_once_with_its_line():
    """Bad values, contradictions, unknown names and repeated keys stand in one error, in the file's order."""
    text = """\
version: 1
stale_afer: 5m
services: {web-shop: , search: }
resources:
  k8s://prod/shop/web-shop:
    serves: [web-shp]
    unit_capacity: -120
    min: 70
    max: 60
    max: 61
    lead_time: 6
    mode: recomend
"""

    with pytest.raises(ConfigError) as caught:
        parse_policy(text, "policy.yaml")

    found = [(p.path.rsplit(" ", 1)[1].strip(")"), p.message.split(",")[0]) for p in caught.value.problems]
    assert found == [
        ("10", "is given twice (first on line 9)"),
        ("2", "is not an option here"),
        ("5", "is not written as k8s://cluster/namespace/kind/name"),
        ("6", "is not listed under `services:`"),
        ("7", "must be more than 0"),
        ("9", "is below min"),
        ("11", "must be a duration with its unit"),
        ("12", "must be one of observe"),
    ]
    assert str(caught.value).startswith("policy.yaml: 8 problems")


@pytest.mark.parametrize(
    ("line", "path", "hint"),
    [
        ("lead_tme: 6m", "lead_tme", "did you mean `lead_time`?"),
        ("mode: recomend", "mode", "did you mean `recommend`?"),
        ("tier: pod", "tier", "did you mean `pods`?"),
        ("ramp: {evry: 3m}", "ramp.evry", "did you mean `every`?"),
        ("load_test: {unts: 3}", "load_test.unts", "did you mean `units`?"),
        ("min: 1.5", "min", "for example `min: 4`"),
    ],
)
def test_a_problem_says_how_to_mend_it(line, path, hint):
    """A near miss is answered with what was probably meant, anything else with an example."""
    assert problems_of(with_resource(line))[f'resources["sim://shop/web"].{path}'].fix == hint


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("unit_capacity: 0", "more than 0"),
        ("unit_capacity: .inf", "must be a number"),
        ("unit_capacity: 1e400", "finite"),
        ('unit_capacity: "120"', "must be a number"),
        ("min: -1", "at least 0"),
        ("min: true", "whole number"),
        ("max: 0", "at least 1"),
        ("max: 1000001", "at most 1,000,000"),
        ("lead_time: 8d", "from 1s to 7d"),
        ("lead_time: 1h30m", "not a duration"),
        ("headroom: 5.1", "at most 5"),
        ("headroom: -0.1", "at least 0"),
        ("quantile: 0.49", "at least 0.5"),
        ("quantile: 0.9999", "at most 0.999"),
        ("running_quantile: 0.49", "at least 0.5"),
        ("ramp: {factor: 1}", "more than 1"),
        ("ramp: fast", "mapping of options"),
        ("reactive: yes", "true or false"),
        ("serves: {}", "must not be empty"),
        ("serves: {web-shop: 0}", "more than 0"),
        ("serves: [web-shop, web-shop]", "names a service twice"),
        ("serves: [1, 2]", "must list service names"),
        ("serves: a|b", "not a service name"),
        ("price_per_unit_hour: -1", "at least 0"),
        ('load_test: {reference: ""}', "readable text"),
        ("load_test: {reference: \"a\\0b\"}", "readable text"),
        ("load_test: {on: yesterday}", "is not a day"),
        ("load_test: {units: 0}", "at least 1"),
        ("quantum: 0", "at least 1"),
        ("sizes: [4, 60, 8]", "must rise"),
        ("sizes: [4, 4, 60]", "must rise"),
        ("sizes: [4.5, 60]", "whole number"),
        ("sizes: 4", "must be a list"),
        ("depends_on: [gcp://x]", "known scheme"),
        ("depends_on: [sim://a, sim://a]", "names sim://a twice"),
        ("max_step: 0", "at least 1"),
        ("cooldown: 25h", "from 0s to 1d"),
        ("cooldown: 0", "duration with its unit"),
        ("cooldown: -1s", "not a duration"),
        ("lead_time: 0s", "not a duration"),
        ("lowerings_per_day: 0", "at least 1"),
        ("irreversible: true", "mapping of options"),
        ("irreversible: {price_per_unit: -1}", "at least 0"),
        ("irreversible: {committed: 4000d}", "from 1m to 1096d"),
        ('serves: {"*": 0.5}', "names * beside others"),
        ('serves: ["*", web-shop]', "names * beside others"),
    ],
)  # fmt: skip
def test_a_value_out_of_its_bounds_is_refused(line, message):
    """Every option has bounds, and the message names the one that was crossed."""
    assert any(message in problem.message for problem in all_problems_of(with_resource(line)))


@pytest.mark.parametrize(
    ("extra", "path", "message"),
    [
        ("version: 2\n", "version", "at most 1"),
        ("step: 7m\n", "step", "does not divide a day"),
        ("step: 6h\nhorizon: 5h\n", "horizon", "is below step"),
        (
            "plan_ahead: 1h\ndefaults: {lead_time: 2h}\n",
            'resources["sim://shop/web"].lead_time',
            "plan_ahead",
        ),
        ("budget: {per_campaign: 9}\n", 'resources["sim://shop/web"].price_per_unit_hour', "is missing"),
        ("budget: {currency: euro}\n", "budget.currency", "not written as it must be"),
        ("sources: []\n", "sources", "must not be empty"),
        ("sources:\n", "sources", "must be a list"),
        ("sources: [{source: a}, {source: a}]\n", "sources[1].source", "listed twice"),
        ("sources: [{source: a, max_uplift: 0.5}]\n", "sources[0].max_uplift", "at least 1"),
        ("services: {shop: }\n", 'resources["sim://shop/web"].serves', "not listed"),
        ("risk: 0.6\n", "risk", "at most 0.5"),
        ("absurd_multiplier: 1\n", "absurd_multiplier", "more than 1"),
        ("traffic: {web: {format: xml}}\n", "traffic.web.format", "must be json"),
        ("traffic: {a/b: {format: json}}\n", 'traffic["a/b"]', "not a Kafka topic name"),
    ],
)
def test_what_contradicts_itself_or_the_format_is_refused(extra, path, message):
    """Relations between options are checked like options, and name the option to change."""
    text = with_resource(extra=extra)
    found = problems_of(text.removeprefix("version: 1\n") if extra.startswith("version") else text)

    assert message in found[path].message


@pytest.mark.parametrize(
    "resource",
    [
        "k8s://prod/shop/hpa/web-shop",
        "k8s://eu-1.prod/shop/scaledobject/a.b",
        "aws://123456789012/eu-central-1/asg/shop-web",
        "aws://123456789012/us-gov-west-1/ecs/cluster/service",
        "sim://shop/web",
    ],
)
def test_a_canonical_resource_id_is_accepted(resource):
    """One thing has one spelling: the ids of the platforms Headstart knows, and the simulator's."""
    text = TEN_LINES.replace(WEB, resource)

    assert list(parse_policy(text, "p").policy.resources) == [resource]


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        ("k8s://prod/shop/web-shop", "not written as k8s://cluster/namespace/kind/name"),
        ("k8s://prod/shop/HPA/web-shop", "not written as"),
        ("k8s://prod/shop/hpa/web-shop/", "not written as"),
        ("aws://1234/eu-central-1/asg/x", "not written as aws://account/region/kind/name"),
        ("gcp://x/y", "known scheme"),
        ("K8S://prod/shop/hpa/web-shop", "known scheme"),
        ("web-shop", "known scheme"),
    ],
)
def test_any_other_resource_id_is_refused(resource, message):
    """An id that is spelt another way would be another key on Kafka, so it is an error."""
    (problem,) = problems_of(TEN_LINES.replace(WEB, resource)).values()

    assert message in problem.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("# nothing but a comment\n", "is empty"),
        ("~\n", "holds nothing"),
        ("just words\n", "mapping of options"),
        ("- 1\n", "mapping of options"),
        ("version: 1\n---\nversion: 1\n", "second document"),
        ("a: &x [1]\nb: *x\n", "alias"),
        ("a: !!python/object:os.system ls\n", "tag"),
        ("a: [1\n", "not valid YAML"),
        ("a:\n\tb: 1\n", "not valid YAML"),
        ("[" * 5000, "nested more than"),
        ("a: \x07\n", "not text"),
        ("? [a]\n: 1\n", "key that is itself a list"),
        ("a: \udc80\n", "not valid Unicode"),
        ("#" * (16 * 1024 * 1024 + 1), "larger than 16 MiB"),
    ],
)
def test_a_text_that_is_no_policy_gets_a_clear_answer(text, message):
    """Empty, broken, hostile and merely wrong texts are told apart."""
    assert any(message in problem.message for problem in all_problems_of(text))


def test_aliases_cannot_blow_a_small_file_up():
    """Nine lines that would grow to a billion values are refused before anything is expanded."""
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]

    with pytest.raises(ConfigError, match="is an alias"):
        parse_policy("\n".join(levels), "bomb.yaml")


def test_words_stay_words():
    """`on`, `no` and dates are text, as people mean them, not switches and calendar values."""
    test = "load_test: {on: 2026-10-12, rate_per_s: 100, units: 1, sustained: 10m, reference: 2026-10-12}"
    text = with_resource("serves: [on, no]", test)

    resource = only_resource(parse_policy(text, "p"))

    assert list(resource.serves) == ["no", "on"]
    assert resource.load_test is not None
    assert resource.load_test.reference == "2026-10-12"
    assert resource.load_test.on == date(2026, 10, 12)


def test_comments_key_order_and_spelling_do_not_change_the_version():
    """Two files that mean the same are the same policy, order of resources included."""
    other = 'sim://b: {serves: x, unit_capacity: 1, "min": 0, max: 1}'
    first = parse_policy(TEN_LINES + f"  {other}\n", "a")
    second = parse_policy(
        f"# a comment\nresources:\n  {other}\n  {WEB}:\n    mode: recommend\n    lead_time: 360s\n"
        "    max: 60\n    min: 4\n    unit_capacity: 120.0\n    serves: [web-shop]\n    headroom: 0.2\n"
        "version: 1\n",
        "b",
    )

    assert first == second
    assert list(first.policy.resources) == list(second.policy.resources)
    assert len(first.policy.version) == 16


@pytest.mark.parametrize(
    "line", ["max: 61", "headroom: 0.21", "serves: {web-shop: 0.9}", "ramp: {hold: 16m}"]
)
def test_a_change_that_matters_changes_the_version(line):
    """Whatever a decision may depend on is part of the version."""
    before, after = parse_policy(with_resource(), "p"), parse_policy(with_resource(line), "p")

    assert before.policy.version != after.policy.version


def test_sources_traffic_and_budget_reach_the_policy():
    """What is said of sources, topics and money is what the decision sees."""
    file = parse_policy(
        with_resource(
            "price_per_unit_hour: 0.1",
            extra="sources: [{source: /marketing, max_mode: auto, max_uplift: 5}]\n"
            "traffic: {web.access: {format: json}}\nbudget: {currency: USD, per_campaign: 100}\n",
        ),
        "p",
    )

    source = file.policy.sources["/marketing"]
    assert (source.max_mode, source.max_uplift) == (Mode.AUTO, 5.0)
    assert file.traffic == {"web.access": "json"}
    assert (file.policy.currency, file.policy.budgets.per_campaign) == ("USD", 100.0)


def test_a_dumped_policy_spells_out_every_default():
    """What is dumped reads back as the same policy."""
    file = parse_policy(TEN_LINES, "p")

    dumped = dump_policy(file)

    assert "headroom: 0.2" in dumped
    assert parse_policy(dumped, "dumped") == file


def test_a_policy_travels_to_another_process():
    """Forecasting runs in other processes, so a policy must survive pickling."""
    file = parse_policy(TEN_LINES, "p")

    assert pickle.loads(pickle.dumps(file)) == file  # noqa: S301 - our own bytes
    assert pickle.loads(pickle.dumps(Policy("v", {}))) == Policy("v", {})  # noqa: S301 - our own bytes


def test_a_file_is_read_as_utf8_with_or_without_a_byte_order_mark(tmp_path: Path):
    """Editors that write a byte order mark are not punished for it."""
    path = tmp_path / "policy.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + TEN_LINES.encode())

    assert load_policy(path) == parse_policy(TEN_LINES, "p")


def test_a_file_that_cannot_be_read_is_a_configuration_error(tmp_path: Path):
    """Missing, a folder, or not UTF-8: a ConfigError that names the file, never a bare OSError."""
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("version: 1\n# größer\n".encode("latin-1"))

    for path, message in (
        (tmp_path / "none.yaml", "No such file"),
        (tmp_path, "directory"),
        (latin, "line 2: is not UTF-8"),
    ):
        with pytest.raises(ConfigError, match=message) as caught:
            load_policy(path)
        assert caught.value.source == str(path)


def test_ten_thousand_resources_are_read_in_seconds():
    """An estate of the size Headstart is made for is no trouble."""
    body = "    serves: web-shop\n    unit_capacity: 120\n    min: 4\n    max: 60\n"
    text = "version: 1\nresources:\n" + "".join(f"  sim://shop/web-{n}:\n{body}" for n in range(10_000))

    assert len(parse_policy(text, "p").policy.resources) == 10_000
