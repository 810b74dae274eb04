"""What do the people who own the estate allow? Reads and writes a policy file; reports all its problems."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema

from advisor.domain.limits import Budgets, LoadTest
from advisor.domain.policy import Policy, RampPolicy, ResourcePolicy, SourcePolicy
from advisor.durations import format_duration
from advisor.errors import ConfigError, Problem
from advisor.policy_file.checks import disagreements
from advisor.policy_file.model import LoadTestSection, PolicySection, ResourceSection, SharedOptions
from advisor.policy_file.problems import problem_of
from advisor.policy_file.text import MAX_BYTES, Absent, Document, PlainDumper, read_document, too_large


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy file, understood: the policy itself, and which topics carry traffic in which format.

    `traffic` maps topic -> format; empty stands for the one topic `<prefix>.traffic` in native JSON.
    """

    policy: Policy
    traffic: Mapping[str, str] = field(default_factory=dict)


def load_policy(path: Path) -> PolicyFile:
    """What does this policy file say? Raises ConfigError with every problem, also if it cannot be read."""
    source = str(path)
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)  # a byte too many is enough to know
        if len(raw) > MAX_BYTES:
            raise ConfigError(source, [too_large()])
        return parse_policy(raw.decode("utf-8-sig"), source)
    except OSError as error:
        fix = "name a policy file that exists and can be read"
        raise ConfigError(
            source, [Problem("the file", source, f"cannot be read: {error.strerror}", fix)]
        ) from error
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        found = raw[error.start : error.end]
        raise ConfigError(
            source, [Problem(f"line {line}", found, "is not UTF-8", "save it as UTF-8")]
        ) from error


def parse_policy(text: str, source: str) -> PolicyFile:
    """What does this policy text say? `source` names it in the error.

    Raises ConfigError with every problem found in it: in single values, between values, in the YAML.
    """
    document = read_document(text)
    problems: list[tuple[int, Problem]] = [(0, problem) for problem in document.problems]
    if document.data is None:
        raise ConfigError(source, document.problems or [_nothing()])
    section = None
    try:
        section = PolicySection.model_validate(document.data)
    except ValidationError as error:
        problems += (problem_of(one, document) for one in error.errors(include_url=False))
    problems += _disagreements(document)
    if section is None or problems:
        raise ConfigError(source, [problem for _, problem in sorted(problems, key=lambda pair: pair[0])])
    return _policy_file(section)


def policy_document(policy: Policy, traffic: Mapping[str, str]) -> dict[str, Any]:
    """What would a file say that spells this policy out in full, defaults included? As plain data."""
    document: dict[str, Any] = {
        "version": 1,
        "resources": {name: _resource_document(r) for name, r in policy.resources.items()},
        "budget": {"currency": policy.currency, "per_campaign": policy.budgets.per_campaign},
        "traffic": {topic: {"format": written} for topic, written in traffic.items()},
        "stale_after": format_duration(policy.stale_after),
        "horizon": format_duration(policy.horizon),
        "plan_ahead": format_duration(policy.plan_ahead),
        "step": format_duration(policy.step),
    }
    if policy.sources:
        document["sources"] = [
            {"source": s.source, "max_mode": s.max_mode.value, "max_uplift": s.max_uplift}
            for s in policy.sources.values()
        ]
    return document


def dump_policy(file: PolicyFile) -> str:
    """The policy as a YAML text that spells out every default; reading it back gives the same version."""
    document = policy_document(file.policy, file.traffic)
    return yaml.dump(document, Dumper=PlainDumper, sort_keys=False, width=100)


def policy_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a policy file, for editors. It checks single values, not relations."""
    schema = PolicySection.model_json_schema(schema_generator=_EditorSchema)
    # ids are matched by pattern, and pydantic leaves keys that match none alone
    schema["properties"]["resources"]["additionalProperties"] = False
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Headstart policy"}


class _EditorSchema(GenerateJsonSchema):
    """Writes defaults as people write them: a duration is `10m`."""

    def encode_default(self, dft: Any) -> Any:
        return format_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)


def _nothing() -> Problem:
    return Problem("the file", Absent.NOTHING, "holds nothing", "start with `version: 1` and `resources:`")


def _disagreements(document: Document) -> Iterable[tuple[int, Problem]]:
    for found in disagreements(document.data):
        where = document.where(found.location)
        yield document.line(found.location) or 0, Problem(where, found.value, found.message, found.fix)


def _policy_file(section: PolicySection) -> PolicyFile:
    """Resolve the defaults and put everything in the order of its name, so that equal versions are equal."""
    resources = {
        name: _resource(name, section.resources[name], section.defaults) for name in sorted(section.resources)
    }
    sources = {
        one.source: SourcePolicy(one.source, one.max_mode, one.max_uplift)
        for one in sorted(section.sources, key=lambda one: one.source)
    }
    traffic = {topic: section.traffic[topic].format for topic in sorted(section.traffic)}

    def policy(version: str) -> Policy:
        return Policy(
            version=version,
            resources=resources,
            sources=sources,
            currency=section.budget.currency,
            budgets=Budgets(per_campaign=section.budget.per_campaign),
            stale_after=section.stale_after,
            horizon=section.horizon,
            plan_ahead=section.plan_ahead,
            step=section.step,
        )

    return PolicyFile(policy(_version(policy_document(policy(""), traffic))), traffic)


def _version(document: Mapping[str, Any]) -> str:
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _resource(name: str, own: ResourceSection, defaults: SharedOptions) -> ResourcePolicy:
    """A resource's own word counts, then `defaults`, then the built-in default; `ramp` option by option.

    A `running_quantile` among the defaults is not for a resource that nothing else scales.
    """
    shared = {option: getattr(defaults, option) for option in SharedOptions.model_fields}
    shared |= {option: getattr(own, option) for option in own.model_fields_set & shared.keys()}
    if not shared["reactive"]:
        shared["running_quantile"] = None
    ramp = {option: getattr(defaults.ramp, option) for option in ("factor", "every", "hold")}
    if "ramp" in own.model_fields_set:
        ramp |= {option: getattr(own.ramp, option) for option in own.ramp.model_fields_set}
    return ResourcePolicy(
        resource=name,
        serves=dict(sorted(own.serves.items())),
        unit_capacity=own.unit_capacity,
        minimum=own.min,
        maximum=own.max,
        load_test=_load_test(own.load_test),
        **{**shared, "ramp": RampPolicy(**ramp)},
    )


def _load_test(section: LoadTestSection | None) -> LoadTest | None:
    if section is None:
        return None
    return LoadTest(section.on, section.rate_per_s, section.units, section.sustained, section.reference or "")


def _load_test_document(test: LoadTest | None) -> dict[str, Any] | None:
    if test is None:
        return None
    return {
        "on": test.on.isoformat(),
        "rate_per_s": test.rate_per_s,
        "units": test.units,
        "sustained": format_duration(test.sustained),
        "reference": test.reference or None,
    }


def _resource_document(resource: ResourcePolicy) -> dict[str, Any]:
    return {
        "serves": dict(resource.serves),
        "unit_capacity": resource.unit_capacity,
        "load_test": _load_test_document(resource.load_test),
        "min": resource.minimum,
        "max": resource.maximum,
        "tier": resource.tier,
        "lead_time": format_duration(resource.lead_time),
        "headroom": resource.headroom,
        "quantile": resource.quantile,
        "running_quantile": resource.running_quantile,
        "mode": resource.mode.value,
        "reactive": resource.reactive,
        "ramp": {
            "factor": resource.ramp.factor,
            "every": format_duration(resource.ramp.every),
            "hold": format_duration(resource.ramp.hold),
        },
        "price_per_unit_hour": resource.price_per_unit_hour,
    }
