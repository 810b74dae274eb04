"""Laws of the policy file that hold for any text and any policy."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.durations import format_duration, parse_duration
from advisor.errors import ConfigError
from advisor.policy_file import PolicyFile, dump_policy, parse_policy
from advisor.policy_file.model import PolicySection
from advisor.policy_file.resource_model import ResourceSection

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

zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
names = st.from_regex(r"\A[a-z][a-z0-9-]{0,8}\Z")
durations = st.builds(lambda n, unit: f"{n}{unit}", st.integers(1, 20), st.sampled_from("smh"))
free_text = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cn", "Co", "Cf", "Zl", "Zp"]), min_size=1
).filter(lambda text: text.strip() and all(c.isprintable() or c.isspace() for c in text) and len(text) < 1000)
ramps = st.fixed_dictionaries(
    {}, optional={"factor": st.floats(1.1, 100), "every": durations, "hold": durations}
)
FEW_ENOUGH = 400
"""Steps of a ramp from the lowest floor to the highest, with room to what is refused."""
shared = {
    "lead_time": durations,
    "headroom": st.floats(0, 5),
    "quantile": st.floats(0.5, 0.999),
    "mode": st.sampled_from(["observe", "recommend", "approve", "auto"]),
    "tier": st.sampled_from(["quota", "data", "pods"]),
    "reactive": st.booleans(),
    "ramp": ramps,
    "cooldown": st.just("0s") | durations,
    "price_per_unit_hour": st.floats(0, 1e6),
}
names_of_resources = st.sampled_from([f"sim://r{n}" for n in range(4)])
amounts = st.floats(0.001, 1e6)
pinches = st.floats(1e-3, 10)  # shares small enough that no sum of them is refused


def formula(terms: list[tuple[str, float, int]]) -> str:
    """A sum over services as people may write it: the number before, behind, or left out."""
    ways = ("{number} * {service}", "{service} * {number}", "{service}")
    return " + ".join(ways[way].format(service=name, number=number) for name, number, way in terms)


whom = st.one_of(
    st.fixed_dictionaries({"serves": st.dictionaries(names, st.floats(0.001, 1000), min_size=1, max_size=3)}),
    st.fixed_dictionaries({"serves": st.lists(names, min_size=1, max_size=3, unique=True)}),
    st.fixed_dictionaries(
        {
            "demand": st.lists(st.tuples(names, pinches, st.integers(0, 2)), min_size=1, max_size=4).map(
                formula
            )
        }
    ),
)


@st.composite
def units(draw: st.DrawFn) -> dict[str, Any]:
    """Bounds of a resource, and either multiples or sizes that hold them; steps that reach the next floor."""
    if draw(st.booleans()):
        quantum = draw(st.integers(1, 50))
        bounds = sorted(quantum * draw(st.integers(1, 1000)) for _ in range(2))
        made: dict[str, Any] = {"quantum": quantum, "min": bounds[0], "max": bounds[1]}
        gap = max(quantum, math.ceil((bounds[1] - bounds[0]) / FEW_ENOUGH))
    else:
        sizes = sorted(draw(st.sets(st.integers(1, 1000), min_size=1, max_size=5)))
        made = {"sizes": sizes, "min": sizes[0], "max": sizes[-1]}
        gap = max((after - before for before, after in pairwise(sizes)), default=1)
    if draw(st.booleans()):
        made["max_step"] = draw(st.none() | st.integers(gap, 10_000))
    return made


@st.composite
def capacities(draw: st.DrawFn) -> dict[str, Any]:
    """What a unit carries, with or without a load test that proves it."""
    capacity = draw(st.floats(0.001, 1e6) | st.integers(1, 10**6))
    if draw(st.booleans()):
        return {"unit_capacity": capacity}
    count = draw(st.integers(1, 1000))
    test = {
        "on": str(draw(st.dates())),
        "rate_per_s": capacity * count * draw(st.floats(0.81, 3)),
        "units": count,
        "sustained": draw(st.sampled_from(["10m", "599m", "1d"])),
        **({"reference": draw(free_text)} if draw(st.booleans()) else {}),
    }
    return {"unit_capacity": capacity, "load_test": test}


irreversible = st.one_of(
    st.fixed_dictionaries({"committed": st.sampled_from(["1h", "30d", "1096d"])}),
    st.fixed_dictionaries({"price_per_unit": st.floats(0, 1e6)}),
)
scalable = st.builds(
    lambda *parts: {option: value for part in parts for option, value in part.items()},
    whom,
    units(),
    capacities(),
    st.fixed_dictionaries(
        {},
        optional={
            **shared,
            "lowerings_per_day": st.integers(1, 1440),
            "irreversible": st.none() | irreversible,
        },
    ),
)
fixed = st.builds(
    lambda served, rest: {**served, **rest},
    whom,
    st.fixed_dictionaries(
        {"limit": amounts}, optional={"headroom": st.floats(0, 5), "quantile": st.floats(0.5, 0.999)}
    ),
)
caps = st.fixed_dictionaries(
    {},
    optional={
        "max_multiplier": st.floats(1, 10_000),
        "hours": st.fixed_dictionaries(
            {"from": st.sampled_from(["00:00", "08:30"]), "to": st.sampled_from(["23:59", "07:00"])},
            optional={
                "days": st.lists(
                    st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
                    min_size=1,
                    unique=True,
                ),
                "timezone": zones,
            },
        ),
    },
)


@st.composite
def freezes(draw: st.DrawFn, among: list[str]) -> dict[str, Any]:
    """A freeze of some length, in local time; two days, so that no change of clocks turns it round."""
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=draw(st.integers(-20_000_000, 20_000_000)))
    end = start + timedelta(days=2, minutes=draw(st.integers(0, 10_000)))
    made: dict[str, Any] = {
        "start": f"{start:%Y-%m-%dT%H:%M}",
        "end": f"{end:%Y-%m-%dT%H:%M:%S}",
        "why": draw(free_text),
    }
    if draw(st.booleans()):
        made["timezone"] = draw(zones)
    if draw(st.booleans()):
        made["resources"] = draw(st.lists(st.sampled_from(among), min_size=1, unique=True))
    return made


@st.composite
def pools(draw: st.DrawFn, among: list[str]) -> dict[str, Any]:
    """A pool with room for the minimum of its users."""
    users = draw(st.lists(st.sampled_from(among), min_size=1, unique=True))
    others = [name for name in among if name not in users]
    made: dict[str, Any] = {
        "uses": {name: draw(amounts) for name in users},
        "limit": draw(st.floats(5e11, 1e12)),
    }
    if others and draw(st.booleans()):
        made["provides"] = {draw(st.sampled_from(others)): draw(amounts)}
    return made


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    """A policy in which any option may stand, without a contradiction."""
    made: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {"version": st.just(1), "resources": st.dictionaries(names_of_resources, scalable, min_size=1)},
            optional={
                "defaults": st.fixed_dictionaries(
                    {},
                    optional={
                        **shared,
                        "running_quantile": st.none() | st.floats(0.5, 0.999),
                        "max_step": st.integers(1000, 10**6),
                    },
                ),
                "sources": st.lists(
                    st.fixed_dictionaries({"source": free_text}, optional={"max_uplift": st.floats(1, 100)}),
                    min_size=1,
                    max_size=3,
                    unique_by=lambda source: source["source"],
                ),
                "stale_after": durations,
                "traffic": st.dictionaries(names, st.just({"format": "json"}), max_size=2),
                "risk": st.floats(0.0001, 0.5),
                "absurd_multiplier": st.floats(1.001, 10_000),
                "approval": st.fixed_dictionaries({}, optional={"valid_for": st.sampled_from(["1h", "9d"])}),
                "caps": st.fixed_dictionaries({}, optional={"auto": caps, "approve": st.none() | caps}),
            },
        )
    )
    ids = sorted(made["resources"])
    for name, later in pairwise(ids):  # whoever waits, waits for the next: never in a circle, nor for a
        if draw(st.booleans()):  # tier that is raised later
            made["resources"][name] |= {"depends_on": [later], "tier": "pods"}
    if draw(st.booleans()):
        made["freezes"] = draw(st.lists(freezes(ids), min_size=1, max_size=2))
    if draw(st.booleans()):
        made["pools"] = draw(st.dictionaries(names, pools(ids), max_size=2))
    if draw(st.booleans()):  # money bounds only what has a price
        made["budget"] = {
            "per_day": draw(amounts),
            "per_team": draw(st.dictionaries(free_text, amounts, max_size=2)),
        }
        made.setdefault("approval", {})["two_people_above"] = draw(amounts)
        for section in made["resources"].values():
            section.setdefault("price_per_unit_hour", draw(amounts))
    if draw(st.booleans()):
        made["resources"]["fixed://payment"] = draw(fixed)
    if draw(st.booleans()):
        served = {"serves": "*", "unit_capacity": 9, "min": 0, "max": 9, "price_per_unit_hour": 0}
        made["resources"]["sim://balancer"] = served
    return made


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


@given(policies(), st.data())
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


@given(policies())
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
