"""How are durations written? As a whole number and a unit: `90s`, `6m`, `24h`, `30d`."""

from __future__ import annotations

import re
from datetime import timedelta

PATTERN = r"^[1-9][0-9]{0,8}[smhd]$"
"""A duration as a regular expression, the same for Python and JSON Schema."""

_UNIT_S = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


def parse_duration(text: str) -> timedelta:
    """How long is `6m`? Raises ValueError, with the way to write it, for anything else."""
    if not re.fullmatch(PATTERN, text) or text.endswith("\n"):
        raise ValueError(
            f"{text!r} is not a duration: write a whole number and s, m, h or d, such as 90s or 6m"
        )
    seconds = int(text[:-1]) * _UNIT_S[text[-1]]
    try:
        return timedelta(seconds=seconds)
    except OverflowError as error:
        raise ValueError(f"{text!r} is longer than any calendar") from error


def format_duration(duration: timedelta) -> str:
    """How is a duration written, in the largest unit that fits? Raises ValueError for part seconds."""
    seconds = duration.total_seconds()
    if seconds <= 0 or seconds != int(seconds):
        raise ValueError(f"{duration!r} is not a positive whole number of seconds")
    unit, width = next((unit, width) for unit, width in _UNIT_S.items() if seconds % width == 0)
    return f"{int(seconds) // width}{unit}"
