"""How much is a quantity as Kubernetes writes it, e.g. `500m` or `2Gi`, and how is one written?"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal

_QUANTITY = re.compile(r"([+-]?\d*\.?\d+(?:[eE][+-]?\d+)?)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {unit: 1 << (10 * (number + 1)) for number, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))}


def quantity(text: object) -> Decimal:
    """The number that a quantity stands for: cores, bytes or pieces. Raises ValueError for no quantity."""
    said = _QUANTITY.fullmatch(str(text).strip())
    if said is None:
        raise ValueError(f"{text!r} is no quantity; one is written as 500m, 2 or 1Gi")
    number, unit = Decimal(said[1]), said[2] or ""
    if unit in _BINARY:
        return number * _BINARY[unit]
    return number.scaleb(_DECIMAL.get(unit, 0))


def written(amount: Decimal, resource: str) -> str:
    """A quantity of a resource, rounded up: memory and storage in Mi, cores by the thousandth."""
    if "memory" in resource or "storage" in resource:
        return f"{(amount / _BINARY['Mi']).to_integral_value(ROUND_CEILING)}Mi"
    thousandths = (amount * 1000).to_integral_value(ROUND_CEILING)
    return str(int(thousandths / 1000)) if thousandths % 1000 == 0 else f"{thousandths}m"
