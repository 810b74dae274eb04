"""What does a validation error mean to the author of a policy: where, what, and how to mend it?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from advisor.errors import Problem
from advisor.policy_file.checks import did_you_mean
from advisor.policy_file.fixed_model import FixedSection
from advisor.policy_file.limits_model import (
    ApprovalSection,
    BudgetSection,
    CapsSection,
    FreezeSection,
    HoursSection,
    ModeCapsSection,
    PoolSection,
)
from advisor.policy_file.model import PolicySection, ServiceSection, SourceSection, TrafficSection
from advisor.policy_file.price_model import PriceSection
from advisor.policy_file.resource_model import (
    IrreversibleSection,
    LoadTestSection,
    RampSection,
    ResourceSection,
    SharedOptions,
)
from advisor.policy_file.section import options_of
from advisor.policy_file.text import Absent, Document, Location
from advisor.policy_file.times import Weekday
from advisor.policy_file.values import OWN, Tier
from advisor.resource_id import is_fixed


def _number(value: float) -> str:
    """A limit as people write it: 1,000,000 and not 1e+06."""
    return f"{value:,}".removesuffix(".0")


_SAYS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "is missing",
    "extra_forbidden": lambda _: "is not an option here",
    "string_type": lambda _: "must be text",
    "string_too_long": lambda limits: f"must be at most {limits['max_length']} characters",
    "string_pattern_mismatch": lambda _: "is not written as it must be",
    "int_type": lambda _: "must be a whole number",
    "int_from_float": lambda _: "must be a whole number",
    "float_type": lambda _: "must be a number",
    "finite_number": lambda _: "must be a finite number",
    "bool_type": lambda _: "must be true or false",
    "greater_than": lambda limits: f"must be more than {_number(limits['gt'])}",
    "greater_than_equal": lambda limits: f"must be at least {_number(limits['ge'])}",
    "less_than_equal": lambda limits: f"must be at most {_number(limits['le'])}",
    "enum": lambda limits: f"must be one of {limits['expected'].replace(chr(39), '')}",
    "literal_error": lambda limits: f"must be {limits['expected'].replace(chr(39), '')}",
    "model_type": lambda _: "must be a mapping of options",
    "dict_type": lambda _: "must be a mapping",
    "list_type": lambda _: "must be a list",
    "too_short": lambda _: "must not be empty",
    OWN: lambda limits: str(limits["message"]),
}
"""The models' error types in the words of the file; a type not listed here keeps pydantic's own words."""

_FIXES = {
    "model_type": "write its options below it, one `name: value` to a line, indented",
    "dict_type": "write its entries below it, one `name: value` to a line, indented",
    "list_type": "write its entries below it, one `- entry` to a line, or leave it out",
    "too_short": "add an entry, or leave the option out",
    "missing": "add it, see deploy/policy.example.yaml",
}
"""How to mend an error where the option itself has no example to offer."""

_AMOUNTS: dict[str | int, str] = {
    "serves": "write the share of the service's demand that arrives here, such as 1.0",
    "price": "write how much of it a unit has, such as 0.5",
}
"""How to mend a value in a mapping of free names to amounts, by the mapping."""

_SECTIONS: dict[tuple[str, ...], type[BaseModel]] = {
    (): PolicySection,
    ("resources", "*"): ResourceSection,
    ("resources", "*", "ramp"): RampSection,
    ("resources", "*", "load_test"): LoadTestSection,
    ("resources", "*", "irreversible"): IrreversibleSection,
    ("resources", "*", "price"): PriceSection,
    ("defaults",): SharedOptions,
    ("defaults", "ramp"): RampSection,
    ("services", "*"): ServiceSection,
    ("traffic", "*"): TrafficSection,
    ("sources", "*"): SourceSection,
    ("budget",): BudgetSection,
    ("pools", "*"): PoolSection,
    ("caps",): CapsSection,
    ("caps", "*"): ModeCapsSection,
    ("caps", "*", "hours"): HoursSection,
    ("freezes", "*"): FreezeSection,
    ("approval",): ApprovalSection,
}

_NOT_IN_THE_FILE = {"[key]", "[fixed]", "[scalable]"}
"""Parts of a location that tell pydantic's readers something, and nobody else."""

_ALTERNATIVES = {"mode": ["observe", "recommend", "approve", "auto"], "tier": list(get_args(Tier))}
_ALTERNATIVES["max_mode"] = _ALTERNATIVES["mode"]


def problem_of(error: ErrorDetails, document: Document) -> tuple[int, Problem]:
    """What is this error in the author's words? With its line, to sort by (0 if there is none)."""
    kind, context = error["type"], error.get("ctx", {})
    # what stands first is a key of the file itself, whatever it is called
    location = error["loc"][:1] + tuple(part for part in error["loc"][1:] if part not in _NOT_IN_THE_FILE)
    says = _SAYS.get(kind)
    message = says(context) if says else error["msg"]
    if kind == "extra_forbidden" and (elsewhere := _of_the_other_kind(location)):
        message = elsewhere
    value = Absent.NOTHING if kind == "missing" else _short(error["input"])
    problem = Problem(document.where(location), value, message, _fix(kind, location, error["input"], context))
    return document.line(location) or 0, problem


def _fix(kind: str, location: Location, value: object, context: Mapping[str, Any]) -> str:
    name = location[-1] if location else ""
    section = _section_at(location[:-1])
    if kind == OWN:
        return str(context["fix"])
    if kind == "extra_forbidden" and section is not None:
        options = options_of(section)
        return did_you_mean(name, options, f"remove it; the options here are {', '.join(options)}")
    if name in _ALTERNATIVES and isinstance(value, str):
        return did_you_mean(value, iter(_ALTERNATIVES[str(name)]), "take one of these")
    if kind == "string_type" and isinstance(value, int | float):
        return "put it in quotes"
    field = options_of(section).get(str(name)) if section is not None else None
    if field is not None and field.examples and isinstance(field.examples[0], str | int | float):
        written = str(field.examples[0]).lower() if field.examples[0] is True else field.examples[0]
        return f"for example `{name}: {written}`"
    if location[-2:-1] == ("days",) and isinstance(value, str):
        return did_you_mean(value[:3].lower(), get_args(Weekday), "write three letters, such as mon")
    amount = _AMOUNTS.get(location[-2] if len(location) > 1 else "")
    return amount or _FIXES.get(kind, "see deploy/policy.example.yaml")


def _of_the_other_kind(location: Location) -> str | None:
    """What is wrong with an option that only what can be scaled has, or only what cannot be?"""
    section, option = _section_at(location[:-1]), location[-1]
    if section is FixedSection and option in ResourceSection.model_fields:
        return "is not an option of what cannot be scaled: its limit is all there is"
    if section is ResourceSection and option in FixedSection.model_fields:
        return "is an option of fixed:// resources only: what can be scaled has unit_capacity, min and max"
    return None


def _section_at(location: Location) -> type[BaseModel] | None:
    """Which section of the file is this the location of? None for a mapping of free names."""
    if len(location) == 2 and location[0] == "resources" and is_fixed(str(location[1])):
        return FixedSection
    for pattern, section in _SECTIONS.items():
        if len(pattern) == len(location) and all(
            p in ("*", part) for p, part in zip(pattern, location, strict=True)
        ):
            return section
    return None


def _short(value: object) -> object:
    """A value fit for one line of an error: long text is cut, collections are counted."""
    if isinstance(value, str) and len(value) > 80:
        return value[:77] + "..."
    if isinstance(value, list | Mapping) and len(value) > 3:
        return f"{len(value)} entries"
    return value
