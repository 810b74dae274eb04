"""What is a section of a policy file: a mapping that accepts its own options, and nothing else?"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo


class Section(BaseModel):
    """A mapping that accepts its own options only, and values of exactly the right kind."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def options_of(section: type[BaseModel]) -> dict[str, FieldInfo]:
    """A section's options by the words that stand in the file (`from` is no name in Python)."""
    return {field.alias or name: field for name, field in section.model_fields.items()}
