"""Whom does a resource serve? The ways to write it, brought to one: service -> calls here per request.

A formula such as `0.08 * web-shop + 0.3 * checkout` is read by its spaces, for a service's name may hold
any of `- . : / @ +`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from advisor.policy_file.values import service_name, wrong

EVERYTHING = "*"
"""What is written for every service there is."""

MOST = 1000.0
"""The largest share: more than a thousand calls per request is a typing error."""

_NUMBER = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
_FIX = "write terms such as `0.3 * checkout`, joined by ` + `, with spaces around * and +"


def read_demand(formula: str) -> dict[str, float]:
    """What share of each service's demand does this formula add up? A service named twice adds up too.

    Raises the error to print, which names the term, for what is no such sum.
    """
    shares: dict[str, float] = {}
    for term in _terms(formula):
        service, share = _term(term)
        shares[service] = shares.get(service, 0.0) + share
        if shares[service] > MOST:
            raise wrong(f"counts `{service}` more than {MOST:g} times in all", _FIX)
    return shares


def _terms(formula: str) -> list[list[str]]:
    terms: list[list[str]] = [[]]
    for word in formula.split():
        if word == "+":
            terms.append([])
        else:
            terms[-1].append(word)
    if [] in terms:
        what = "starts or ends with +, or has two in a row" if len(terms) > 1 else "is empty"
        raise wrong(what, _FIX)
    return terms


def _term(words: Sequence[str]) -> tuple[str, float]:
    """The service and the share of one term. Raises the error to print."""
    said = " ".join(words)
    match words:
        case [name]:
            factor = "1"
        case [first, "*", second] if _is_number(first) != _is_number(second):
            factor, name = (first, second) if _is_number(first) else (second, first)
        case _:
            raise wrong(f"holds the term `{said}`, which is not a number times a service", _FIX)
    if _is_number(name):
        raise wrong(f"holds the term `{said}`, which names no service", _FIX)
    try:
        service_name(name)
    except PydanticCustomError as error:
        raise wrong(f"holds the term `{said}`, and `{name}` is not a service name", _FIX) from error
    share = float(factor)
    if not 0 < share <= MOST:
        fix = f"write a number above 0 and at most {MOST:g} before the service"
        raise wrong(f"holds the term `{said}`, whose number must be more than 0, at most {MOST:g}", fix)
    return name, share


def _is_number(word: str) -> bool:
    return re.fullmatch(_NUMBER, word) is not None


def _serves(value: object) -> object:
    """Bring the ways to write `serves` to the one they mean: service -> share."""
    if isinstance(value, str):
        return {value: 1.0}
    if isinstance(value, list | dict) and EVERYTHING in value:
        raise wrong("names * beside others, or with a share", f'write `serves: "{EVERYTHING}"`, alone')
    if not isinstance(value, list):
        return value
    names = [item for item in value if isinstance(item, str)]
    if len(names) < len(value):
        raise wrong("must list service names", "write [web-shop, search], or {web-shop: 1.0, checkout: 0.3}")
    if len(set(names)) < len(names):
        raise wrong("names a service twice", "name each service once; a share is written {web-shop: 2.0}")
    return dict.fromkeys(names, 1.0)


def _served_name(value: str) -> str:
    return value if value == EVERYTHING else service_name(value)


def _demand(value: object) -> object:
    if not isinstance(value, str):
        raise wrong("must be a formula", _FIX)
    return read_demand(value)


_Share = Annotated[float, Field(gt=0, le=MOST)]
_SERVES_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
        {
            "type": "object",
            "additionalProperties": {"type": "number", "exclusiveMinimum": 0, "maximum": MOST},
            "minProperties": 1,
        },
    ]
}
Serves = Annotated[
    dict[Annotated[str, AfterValidator(_served_name)], _Share],
    Field(min_length=1),
    BeforeValidator(_serves),
    WithJsonSchema(_SERVES_SCHEMA),
]
Demand = Annotated[
    dict[str, float], BeforeValidator(_demand), WithJsonSchema({"type": "string", "minLength": 1})
]
