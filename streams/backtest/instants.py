"""How a backtest writes times: ISO 8601 with Z, as its input files have them."""

from __future__ import annotations

from datetime import datetime


def written(instant: datetime) -> str:
    """The text of an aware UTC datetime, e.g. 2026-11-27T10:00:00Z."""
    return instant.isoformat().replace("+00:00", "Z")
