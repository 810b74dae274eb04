"""Where in AWS is a resource: which account, which region, and what is its name there?"""

from __future__ import annotations

from dataclasses import dataclass

from advisor.domain.reason import Reason
from advisor.errors import ActuationError


@dataclass(frozen=True, slots=True)
class Address:
    """A resource id taken apart: `aws://account/region/kind/name[/name ...]`."""

    resource: str
    account: str
    region: str
    kind: str
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        """The first of its names; most kinds have no other."""
        return self.names[0]

    @property
    def within(self) -> str | None:
        """The second of its names: a service of a cluster, an alias of a function, an index of a table."""
        return self.names[1] if len(self.names) > 1 else None


def address_of(resource: str) -> Address:
    """Take a resource id apart. Raises ActuationError for an id that is none of AWS."""
    scheme, _, rest = resource.partition("://")
    parts = rest.split("/")
    if scheme != "aws" or len(parts) < 4 or not all(parts):
        detail = "is no id of an AWS resource; write aws://account/region/kind/name"
        raise ActuationError(resource, detail, retryable=False, reason=Reason.NO_ACTUATOR)
    account, region, kind, *names = parts
    return Address(resource, account, region, kind, tuple(names))


def with_names(resource: str, least: int, most: int, shape: str) -> Address:
    """The address of a resource whose kind has so many names; `shape` shows how they are written."""
    address = address_of(resource)
    if not least <= len(address.names) <= most:
        detail = f"has {len(address.names)} names behind its kind; write aws://account/region/{shape}"
        raise ActuationError(resource, detail, retryable=False, reason=Reason.NO_ACTUATOR)
    return address
