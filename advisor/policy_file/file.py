"""What do the people who own the estate allow? Reads and writes a policy file; reports all its problems."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema

from advisor.domain.policy import Policy
from advisor.errors import ConfigError, Problem
from advisor.policy_file.build import build_policy
from advisor.policy_file.checks import disagreements
from advisor.policy_file.document import policy_document
from advisor.policy_file.model import PolicySection
from advisor.policy_file.problems import problem_of
from advisor.policy_file.text import MAX_BYTES, Absent, Document, PlainDumper, read_document, too_large
from advisor.policy_file.times import write_duration
from advisor.resource_id import FIXED_ID_PATTERN, SCALABLE_ID_PATTERN


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


def dump_policy(file: PolicyFile) -> str:
    """The policy as a YAML text that spells out every default; reading it back gives the same version."""
    document = policy_document(file.policy, file.traffic)
    return yaml.dump(document, Dumper=PlainDumper, sort_keys=False, width=100)


def policy_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a policy file, for editors. It checks single values, not relations."""
    schema = PolicySection.model_json_schema(schema_generator=_EditorSchema)
    schema["properties"]["resources"] |= {
        "patternProperties": {
            SCALABLE_ID_PATTERN: {"$ref": "#/$defs/ResourceSection"},
            FIXED_ID_PATTERN: {"$ref": "#/$defs/FixedSection"},
        },
        "additionalProperties": False,  # pydantic leaves ids alone that match no pattern
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Headstart policy"}


class _EditorSchema(GenerateJsonSchema):
    """Writes defaults as people write them: a duration is `10m`."""

    def encode_default(self, dft: Any) -> Any:
        return write_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)


def _nothing() -> Problem:
    return Problem("the file", Absent.NOTHING, "holds nothing", "start with `version: 1` and `resources:`")


def _disagreements(document: Document) -> Iterable[tuple[int, Problem]]:
    for found in disagreements(document.data):
        where = document.where(found.location)
        yield document.line(found.location) or 0, Problem(where, found.value, found.message, found.fix)


def _policy_file(section: PolicySection) -> PolicyFile:
    traffic = {topic: section.traffic[topic].format for topic in sorted(section.traffic)}
    policy = build_policy(section)
    return PolicyFile(replace(policy, version=_version(policy_document(policy, traffic))), traffic)


def _version(document: Mapping[str, Any]) -> str:
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
