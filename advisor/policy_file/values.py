"""How is each kind of value in a policy written, and what is said when it is not?

Errors raised here carry a message that is ready to print, and the way to mend the value. Times are in
:mod:`advisor.policy_file.times`, whom a resource serves in :mod:`advisor.policy_file.served`.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from advisor.domain.policy import Mode
from advisor.resource_id import RESOURCE_ID_PATTERN, why_not_a_resource_id

OWN = "headstart"
"""The type of the errors raised here; `message` and `fix` are in their context."""

MOST_UNITS = 1_000_000
"""The most units of one resource; anything above is a typing error."""


def wrong(message: str, fix: str) -> PydanticCustomError:
    """The error to raise for a value: what is wrong with it, and how to mend it."""
    # pydantic fills {names} in the template from the context; values are never part of the template
    return PydanticCustomError(OWN, "{message}", {"message": message, "fix": fix})


def service_name(value: str) -> str:
    """The name of a service, as it stands in the traffic. Raises the error to print for anything else."""
    if not re.fullmatch(r"\w[\w.:/@+-]{0,254}", value):
        raise wrong(
            "is not a service name",
            "use letters, digits and . : / @ + - _, at most 255 of them, as in the traffic's `service` field",
        )
    return value


def _resource_id(value: str) -> str:
    if why := why_not_a_resource_id(value):
        raise wrong(why.message, why.fix)
    return value


def _topic_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,249}", value) or value in {".", ".."}:
        raise wrong("is not a Kafka topic name", "use letters, digits and . _ -, at most 249 of them")
    return value


def _free_text(value: str) -> str:
    if any(not (c.isprintable() or c.isspace()) for c in value) or not value.strip():
        raise wrong("must be readable text", "write a few words without control characters")
    return value


def _pool_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", value):
        raise wrong("is not a pool's name", "use letters, digits and . _ -, such as shop-db-connections")
    return value


def _rising(values: list[int]) -> list[int]:
    if any(after <= before for before, after in pairwise(values)):
        raise wrong("must rise from each size to the next", "sort the sizes, and name each once")
    return values


def _each_once(values: list[str]) -> list[str]:
    if twice := [value for value, times in Counter(values).items() if times > 1]:
        raise wrong(f"names {twice[0]} twice", "name each once")
    return values


ResourceId = Annotated[
    str, AfterValidator(_resource_id), WithJsonSchema({"type": "string", "pattern": RESOURCE_ID_PATTERN})
]
ServiceName = Annotated[
    str, AfterValidator(service_name), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 255})
]
TopicName = Annotated[
    str, AfterValidator(_topic_name), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 249})
]
PoolName = Annotated[
    str, AfterValidator(_pool_name), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 128})
]
FreeText = Annotated[str, AfterValidator(_free_text), Field(max_length=1000)]
ResourceIds = Annotated[list[ResourceId], AfterValidator(_each_once)]
Sizes = Annotated[list[Annotated[int, Field(ge=0, le=MOST_UNITS)]], AfterValidator(_rising)]
Money = Annotated[float, Field(gt=0, le=1e12)]
PerUnit = Annotated[float, Field(gt=0, le=1e12)]
ModeName = Annotated[Mode, Field(strict=False)]
Tier = Literal["quota", "reservation", "balancer", "data", "cache", "nodes", "pods"]
