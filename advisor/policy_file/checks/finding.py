"""What is a disagreement, and how is plain data read in which anything may be of the wrong kind?"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeGuard

from advisor.durations import parse_duration
from advisor.policy_file.text import Location
from advisor.resource_id import is_fixed

Plain = Mapping[str, object]
"""A mapping of the file, its values unchecked."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement: where, what was found there, what is wrong, and how to mend it."""

    location: Location
    value: object
    message: str
    fix: str


def did_you_mean(word: object, known: Iterable[str], otherwise: str) -> str:
    """What did the author probably mean? `otherwise` where nothing known is close."""
    close = difflib.get_close_matches(str(word), list(known), n=1)
    return f"did you mean `{close[0]}`?" if close else otherwise


def all_resources(data: Plain) -> Iterator[tuple[str, Plain]]:
    """Every resource that has options, by id."""
    for resource, section in mapping(data.get("resources")).items():
        if isinstance(section, Mapping):
            yield resource, section


def scalable_resources(data: Plain) -> Iterator[tuple[str, Plain]]:
    """Every resource that has options and can be scaled, by id."""
    return ((name, section) for name, section in all_resources(data) if not is_fixed(name))


def own_or_default(data: Plain, section: Plain, option: str) -> object:
    """What does a resource say, or `defaults` for it? None where neither says anything."""
    return section.get(option, mapping(data.get("defaults")).get(option))


def mapping(value: object) -> Plain:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def entries(value: object) -> list[object]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def is_whole(value: object) -> TypeGuard[int]:
    """Is this a whole number? `true` is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[float]:
    """Is this a number that one can reckon with?"""
    return is_whole(value) or (isinstance(value, float) and math.isfinite(value))


def duration_of(section: Plain, name: str, default: timedelta | None = None) -> timedelta | None:
    """The duration written here, `default` where none is, None where it cannot be read or is zero."""
    text = section.get(name)
    if name not in section:
        return default
    if not isinstance(text, str):
        return None
    try:
        return parse_duration(text)
    except ValueError:
        return None  # the model reports it, with the way to write it
