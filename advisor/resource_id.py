"""Is this the canonical id of a resource? One thing has one spelling, for ids are keys on Kafka."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NAME = r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?"
_WORD = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
_KIND = r"[a-z][a-z0-9-]{0,62}"
_LETTERS = "letters, digits, `.`, `_` and `-`"


@dataclass(frozen=True, slots=True)
class _Form:
    """How ids of one scheme look: a pattern for machines; a shape, an example and its letters for people."""

    pattern: str
    shape: str
    example: str
    letters: str


FORMS = {
    "k8s": _Form(
        rf"k8s://{_WORD}/{_NAME}/{_KIND}/{_NAME}",
        "k8s://cluster/namespace/kind/name",
        "k8s://prod/shop/hpa/web-shop",
        "namespace, kind and name in lowercase letters, digits and `-`",
    ),
    "aws": _Form(
        rf"aws://[0-9]{{12}}/[a-z]{{2}}(?:-[a-z]+)+-[0-9]/{_KIND}/{_WORD}(?:/{_WORD})*",
        "aws://account/region/kind/name",
        "aws://123456789012/eu-central-1/asg/shop-web",
        f"twelve digits, a region, a kind in lowercase, a name in {_LETTERS}",
    ),
    "own": _Form(
        rf"own://{_KIND}(?:/{_WORD})+",
        "own://actuator/name",
        "own://varnish/edge-shop",
        f"the actuator in lowercase letters, digits and `-`, the name in {_LETTERS} and `/`",
    ),
    "sim": _Form(
        rf"sim://{_WORD}(?:/{_WORD})*", "sim://name", "sim://shop/web", f"{_LETTERS} and `/` between them"
    ),
    "fixed": _Form(
        rf"fixed://{_WORD}(?:/{_WORD})*",
        "fixed://name",
        "fixed://payment-provider",
        f"{_LETTERS} and `/` between them",
    ),
}
"""The schemes a policy may use. An ECS service or similar has a name of several parts; what people write an
actuator for themselves begins with the name of that actuator."""

FIXED = "fixed"
"""The scheme of what cannot be scaled: a limit to plan against."""


def _one_of(schemes: Iterable[str]) -> str:
    return "^(?:" + "|".join(FORMS[scheme].pattern for scheme in schemes) + ")$"


RESOURCE_ID_PATTERN = _one_of(FORMS)
"""All of them as one regular expression, the same for Python and JSON Schema."""

SCALABLE_ID_PATTERN = _one_of(scheme for scheme in FORMS if scheme != FIXED)
FIXED_ID_PATTERN = _one_of([FIXED])


@dataclass(frozen=True, slots=True)
class WhyNot:
    """What is wrong with an id, and how to mend it."""

    message: str
    fix: str


def why_not_a_resource_id(text: str) -> WhyNot | None:
    """What is wrong with this resource id? None for a canonical one."""
    scheme, separator, _ = text.partition("://")
    form = FORMS.get(scheme) if separator else None
    if form is None:
        shapes = ", ".join(form.shape for form in FORMS.values())
        return WhyNot("does not start with a known scheme", f"write one of {shapes}")
    if re.fullmatch(form.pattern, text) is None:
        return WhyNot(f"is not written as {form.shape}", f"for example {form.example}: {form.letters}")
    return None


def scheme_of(resource: str) -> str:
    """Which platform does a resource id belong to? `k8s`, `aws`, `sim`, `fixed` ..."""
    return resource.partition("://")[0]


def parts_of(resource: str) -> tuple[str, ...]:
    """The parts of a resource id after its scheme: `k8s://prod/shop/hpa/web` has prod, shop, hpa and web."""
    return tuple(resource.partition("://")[2].split("/"))


def is_fixed(resource: str) -> bool:
    """Is this the id of something that cannot be scaled?"""
    return scheme_of(resource) == FIXED and resource != FIXED
