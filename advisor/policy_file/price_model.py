"""How does a policy say which item of a price table a unit is paid for by?"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from advisor.policy_file.section import Section
from advisor.policy_file.values import wrong
from advisor.prices.table import DIMENSION_PATTERN, ITEM_PATTERN
from advisor.prices.unit_price import Asked

MOST_SHARING = 10_000
"""The most units that share one item; anything above is a typing error."""


def _item(value: str) -> str:
    if not re.fullmatch(ITEM_PATTERN, value):
        raise wrong("is not an item's name", "write one such as aws/eu-central-1/ec2/m7g.large")
    return value


Item = Annotated[str, AfterValidator(_item), Field(json_schema_extra={"pattern": ITEM_PATTERN})]
Amount = Annotated[float, Field(ge=0, le=1e9)]


class PriceSection(Section):
    """An item of a price table, how much of its dimensions a unit has, and how many units share one."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"propertyNames": {"pattern": DIMENSION_PATTERN}}
    )
    __pydantic_extra__: dict[str, Amount] = Field(init=False)

    item: Item = Field(
        examples=["aws/eu-central-1/ec2/m7g.large"],
        description="What is paid for, as the price table names it. Beside it stands, for an item with "
        "several dimensions, how much of each a unit has: `vcpu: 0.5`.",
    )
    units_per_item: int = Field(
        default=1, ge=1, le=MOST_SHARING, examples=[8], description="How many units share one item."
    )

    @model_validator(mode="after")
    def _dimensions_have_names(self) -> PriceSection:
        amounts = self.__pydantic_extra__
        for name in amounts:
            if not re.fullmatch(DIMENSION_PATTERN, name):
                raise wrong(f"has `{name}`, which is not a dimension's name", "write e.g. vcpu: 0.5")
        if amounts and not any(amounts.values()):
            raise wrong("has nothing of any dimension", "write how much a unit has, such as vcpu: 0.5")
        return self


def _from_name(value: object) -> object:
    if isinstance(value, str):
        return {"item": value}
    if value is None or isinstance(value, dict | PriceSection):
        return value
    raise wrong("is not an item", "write an item's name, such as aws/eu-central-1/ec2/m7g.large")


Price = Annotated[
    PriceSection | None, BeforeValidator(_from_name, json_schema_input_type=Item | PriceSection | None)
]
"""An item by its name alone, or with amounts."""


def asked_by(section: PriceSection) -> Asked:
    """What a validated section asks the price table for."""
    return Asked(section.item, dict(section.__pydantic_extra__ or {}), section.units_per_item)


def asked_in(said: object) -> Asked | None:
    """What plain data asks the price table for; None where it is not written as it must be."""
    try:
        raw: Any = _from_name(said)
        return None if raw is None else asked_by(PriceSection.model_validate(raw))
    except ValueError:  # also pydantic's own: the model reports it
        return None
