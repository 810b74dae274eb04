"""What do the people who own the estate allow? Reads and writes a policy file; reports all its problems."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema

from advisor.actuation.connections import Connections
from advisor.domain.policy import Policy
from advisor.errors import ConfigError, Problem
from advisor.policy_file.build import build_policy
from advisor.policy_file.checks import disagreements
from advisor.policy_file.connection_model import connections_document, connections_of
from advisor.policy_file.document import policy_document
from advisor.policy_file.model import PolicySection
from advisor.policy_file.price_model import asked_by
from advisor.policy_file.problems import problem_of
from advisor.policy_file.resource_model import ResourceSection
from advisor.policy_file.text import MAX_BYTES, Absent, Document, PlainDumper, read_document, too_large
from advisor.policy_file.times import write_duration
from advisor.prices.csv_file import load_prices, packaged_prices
from advisor.prices.table import PriceTable
from advisor.prices.unit_price import Asked, UnitPrice, unit_price
from advisor.resource_id import FIXED_ID_PATTERN, SCALABLE_ID_PATTERN


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy file, understood: the policy itself, and which topics carry traffic in which format.

    `traffic` maps topic -> format; empty stands for the one topic `<prefix>.traffic` in native JSON.
    `connections` are the clusters and accounts that may be contacted; what is decided does not rest on them.
    `prices` tells where the prices are from that were taken from a table, by resource; they are in `policy`
    already, so two files that differ in nothing else mean the same.
    """

    policy: Policy
    traffic: Mapping[str, str] = field(default_factory=dict)
    prices: Mapping[str, UnitPrice] = field(default_factory=dict, compare=False)
    connections: Connections = field(default_factory=Connections)


@dataclass(frozen=True, slots=True)
class AskedPrices:
    """What a policy asks of price tables, by resource; its currency; the file that `prices:` names."""

    currency: str
    file: str | None
    by_resource: Mapping[str, Asked]


def load_policy(path: Path) -> PolicyFile:
    """What does this policy file say? Raises ConfigError with every problem, also if it cannot be read."""
    return parse_policy(read_policy(path), str(path), path.parent)


def read_policy(path: Path) -> str:
    """The text of a policy file. Raises ConfigError where it cannot be read."""
    source = str(path)
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)  # a byte too many is enough to know
        if len(raw) > MAX_BYTES:
            raise ConfigError(source, [too_large()])
        return raw.decode("utf-8-sig")
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


def parse_policy(text: str, source: str, folder: Path = Path()) -> PolicyFile:
    """What does this policy text say? `source` names it in the error; `prices:` is relative to `folder`.

    Raises ConfigError with every problem found in it: in single values, between values, in the YAML, in
    the file of prices.
    """
    document = read_document(text)
    if document.data is None:
        raise ConfigError(source, document.problems or [_nothing()])
    table, of_prices = _price_table(document, folder)
    section, problems = _validated(document, table)
    if section is None or table is None or problems:
        raise ConfigError(source, [*problems, *of_prices])
    return _policy_file(section, table, folder)


def parse_asked(text: str, source: str) -> AskedPrices:
    """Which items of price tables does this policy text name? None of them is looked up.

    Raises ConfigError with every problem of the policy, except that an item has no price.
    """
    document = read_document(text)
    if document.data is None:
        raise ConfigError(source, document.problems or [_nothing()])
    section, problems = _validated(document, None)
    if section is None or problems:
        raise ConfigError(source, problems)
    return AskedPrices(section.budget.currency, section.prices, _asked(section))


def dump_policy(file: PolicyFile) -> str:
    """The policy as a YAML text that spells out every default; reading it back gives the same version."""
    document = policy_document(file.policy, file.traffic) | connections_document(file.connections)
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


def _validated(
    document: Document, table: PriceTable | None
) -> tuple[PolicySection | None, Sequence[Problem]]:
    """The validated section, if single values are right, and every problem in the order of lines."""
    problems: list[tuple[int, Problem]] = [(0, problem) for problem in document.problems]
    section = None
    try:
        section = PolicySection.model_validate(document.data)
    except ValidationError as error:
        problems += (problem_of(one, document) for one in error.errors(include_url=False))
    problems += _disagreements(document, table)
    return section, [problem for _, problem in sorted(problems, key=lambda pair: pair[0])]


def _price_table(document: Document, folder: Path) -> tuple[PriceTable | None, Sequence[Problem]]:
    """The prices to go by, the policy's own over the packaged ones; no table where its own has problems."""
    named = document.data.get("prices") if isinstance(document.data, dict) else None
    if not isinstance(named, str):
        return packaged_prices(), ()
    try:
        return load_prices(folder / named).over(packaged_prices()), ()
    except ConfigError as error:
        where = document.where(("prices",))
        return None, [replace(p, path=f"{where}: {named}, {p.path}") for p in error.problems]


def _asked(section: PolicySection) -> dict[str, Asked]:
    """What each resource that takes its price from a table asks it for, in the order of names."""
    scalable = (
        (name, own) for name, own in sorted(section.resources.items()) if isinstance(own, ResourceSection)
    )
    return {name: asked_by(own.price) for name, own in scalable if own.price is not None}


def _disagreements(document: Document, table: PriceTable | None) -> Iterable[tuple[int, Problem]]:
    for found in disagreements(document.data, table):
        where = document.where(found.location)
        yield document.line(found.location) or 0, Problem(where, found.value, found.message, found.fix)


def _policy_file(section: PolicySection, table: PriceTable, folder: Path) -> PolicyFile:
    traffic = {topic: section.traffic[topic].format for topic in sorted(section.traffic)}
    prices = {
        name: unit_price(asked, table, section.budget.currency) for name, asked in _asked(section).items()
    }
    policy = build_policy(section, prices)
    policy = replace(policy, version=_version(policy_document(policy, traffic)))
    return PolicyFile(policy, traffic, prices, connections_of(section.clusters, section.accounts, folder))


def _version(document: Mapping[str, Any]) -> str:
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
