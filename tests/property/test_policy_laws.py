"""Laws of the policy file that hold for any text and any policy."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.durations import format_duration, parse_duration
from advisor.errors import ConfigError
from advisor.policy_file import PolicyFile, dump_policy, parse_policy
from advisor.policy_file.model import PolicySection, ResourceSection

OPTIONS = sorted({*PolicySection.model_fields, *ResourceSection.model_fields})
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["6m", "auto", "sim://a", "web-shop"]),
)
keys = st.one_of(
    st.sampled_from([*OPTIONS, "sim://a", "ramp", "factor"]), st.text(max_size=10), st.integers()
)
garbage = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=30,
)

names = st.from_regex(r"\A[a-z][a-z0-9-]{0,8}\Z")
durations = st.builds(lambda n, unit: f"{n}{unit}", st.integers(1, 20), st.sampled_from("smh"))
free_text = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cn", "Co", "Cf", "Zl", "Zp"]), min_size=1
).filter(lambda text: text.strip() and all(c.isprintable() or c.isspace() for c in text) and len(text) < 1000)
ramps = st.fixed_dictionaries(
    {}, optional={"factor": st.floats(1.01, 100), "every": durations, "hold": durations}
)
shared = {
    "lead_time": durations,
    "headroom": st.floats(0, 5),
    "quantile": st.floats(0.5, 0.999),
    "mode": st.sampled_from(["observe", "recommend", "approve", "auto"]),
    "tier": st.sampled_from(["quota", "data", "pods"]),
    "reactive": st.booleans(),
    "ramp": ramps,
    "price_per_unit_hour": st.floats(0, 1e6),
}
load_tests = st.fixed_dictionaries(
    {
        "on": st.dates().map(str),
        "rate_per_s": st.floats(0.001, 1e9),
        "units": st.integers(1, 1000),
        "sustained": st.sampled_from(["1m", "10m", "3h"]),
    },
    optional={"reference": free_text},
)
resources = st.builds(
    lambda bounds, rest: {"min": min(bounds), "max": max(bounds), **rest},
    st.tuples(st.integers(1, 1000), st.integers(1, 1000)),
    st.fixed_dictionaries(
        {
            "serves": st.dictionaries(names, st.floats(0.001, 1000), min_size=1, max_size=3)
            | st.lists(names, min_size=1, max_size=3, unique=True),
            "unit_capacity": st.floats(0.001, 1e9) | st.integers(1, 10**6),
        },
        optional={**shared, "load_test": load_tests},
    ),
)
policies = st.fixed_dictionaries(
    {
        "version": st.just(1),
        "resources": st.dictionaries(names.map("sim://{}".format), resources, min_size=1, max_size=3),
    },
    optional={
        "defaults": st.fixed_dictionaries(
            {}, optional={**shared, "running_quantile": st.none() | st.floats(0.5, 0.999)}
        ),
        "sources": st.lists(
            st.fixed_dictionaries({"source": free_text}, optional={"max_uplift": st.floats(1, 100)}),
            min_size=1,
            max_size=3,
            unique_by=lambda source: source["source"],
        ),
        "stale_after": durations,
        "traffic": st.dictionaries(names, st.just({"format": "json"}), max_size=2),
    },
)


def outcome(text: str) -> PolicyFile | ConfigError:
    """The policy or the error; any other exception is a failure of the test."""
    try:
        return parse_policy(text, "policy.yaml")
    except ConfigError as error:
        return error


@given(st.text(max_size=300))
@settings(deadline=None)
def test_any_text_is_a_policy_or_a_configuration_error(text: str):
    """Whatever stands in the file, it is understood or answered, and the answer has a problem in it."""
    result = outcome(text)

    assert isinstance(result, PolicyFile) or result.problems


@given(garbage)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_data_is_a_policy_or_a_configuration_error(data: Any):
    """Well-formed YAML of any content is understood or answered, in full sentences."""
    result = outcome(yaml.safe_dump(data))

    assert isinstance(result, PolicyFile) or all(p.path and p.message and p.fix for p in result.problems)


@given(policies, st.data())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_policy_with_one_value_spoilt_is_a_policy_or_a_configuration_error(
    policy: Any, data: st.DataObject
):
    """A mistake anywhere in a real policy never surfaces as anything but a ConfigError."""
    sections = [policy, *policy["resources"].values()]
    section = data.draw(st.sampled_from(sections))
    section[data.draw(st.sampled_from(OPTIONS))] = data.draw(garbage)

    result = outcome(yaml.safe_dump(policy))

    assert isinstance(result, PolicyFile) or result.problems


@given(policies)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_policy_dumped_and_reloaded_is_the_same(policy: Any):
    """Nothing is lost or changed on the way to text and back: same policy, same version."""
    file = parse_policy(yaml.dump(policy, Dumper=_Plain), "first")

    again = parse_policy(dump_policy(file), "again")

    assert again == file
    assert again.policy.version == file.policy.version


@given(st.integers(1, 10**6), st.sampled_from("smhd"))
def test_a_duration_survives_being_written(count: int, unit: str):
    """Any duration, written in its largest unit, is as long as before."""
    duration = parse_duration(f"{count}{unit}")

    assert parse_duration(format_duration(duration)) == duration


class _Plain(yaml.SafeDumper):
    """Quotes all text, so that YAML 1.1 and 1.2 agree on what is read; repeats instead of aliasing."""

    def ignore_aliases(self, data: object) -> bool:
        return True


_Plain.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)
