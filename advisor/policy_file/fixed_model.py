"""What may a policy say of what cannot be scaled, and which resources are of that kind?"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from advisor.policy_file.resource_model import ResourceSection, WhomSection
from advisor.policy_file.values import PerUnit, ResourceId
from advisor.resource_id import is_fixed


class FixedSection(WhomSection):
    """Something that cannot be scaled: a limit to plan against."""

    limit: PerUnit = Field(
        examples=[400], description="The most requests per second that it takes, whatever is paid."
    )
    headroom: float = Field(
        default=0.0,
        ge=0,
        le=5,
        examples=[0.1],
        description="Ratio kept free above predicted demand; what `defaults` say does not count here.",
    )
    quantile: float | None = Field(
        default=None,
        ge=0.5,
        le=0.999,
        examples=[0.95],
        description="The quantile of demand held against the limit. Default: as `defaults` say.",
    )


class _Fixed(dict[str, Any]):
    """The options of a resource whose id says that it cannot be scaled."""


def _by_scheme(resources: object) -> object:
    if not isinstance(resources, dict):
        return resources
    return {
        name: _Fixed(said) if isinstance(said, dict) and isinstance(name, str) and is_fixed(name) else said
        for name, said in resources.items()
    }


def _kind(said: object) -> Literal["[fixed]", "[scalable]"]:
    return "[fixed]" if isinstance(said, _Fixed | FixedSection) else "[scalable]"


_AnyResource = Annotated[
    Annotated[ResourceSection, Tag("[scalable]")] | Annotated[FixedSection, Tag("[fixed]")],
    Discriminator(_kind),
]
Resources = Annotated[dict[ResourceId, _AnyResource], BeforeValidator(_by_scheme)]
"""Every resource by its id; what a `fixed://` id may say differs."""
