"""Reads what a replay publishes: a demand trace and a campaign calendar, both CSV, plain or gzipped.

Every bad row is reported, by line number, in one ConfigError.
"""

from __future__ import annotations

import csv
import gzip
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import IO, TypeVar

from advisor.domain.campaign import Campaign
from advisor.errors import ConfigError, Problem

SOURCE = "/headstart/replay"
MAX_PROBLEMS = 100
_TIME_FIX = "write ISO 8601 with Z, e.g. 2026-11-27T10:00:00Z"

Row = dict[str, str]
Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class Slot:
    """One row of a trace: the mean or total `value` of the slot that starts at `start` (aware UTC)."""

    start: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Trace:
    """A demand trace in order of time. `width` is the commonest distance between two slots."""

    slots: tuple[Slot, ...]
    width: timedelta


class _Bad(Exception):  # noqa: N818 - never leaves this module
    """A cell that cannot be used: which, what is wrong, what was found, and the fix."""

    def __init__(self, column: str, value: object, message: str, fix: str) -> None:
        super().__init__(message)
        self.column, self.value, self.message, self.fix = column, value, message, fix


def read_trace(path: Path, start: datetime | None = None, end: datetime | None = None) -> Trace:
    """The demand in a CSV of `timestamp_utc,value` (slot start), from `start` on and before `end`.

    Rows rise in time; missing rows are gaps. Raises ConfigError, also if fewer than two slots are left.
    """
    slots = _parsed(path, ("timestamp_utc", "value"), _slot)
    unordered = [
        Problem(f"line {line}", later.start.isoformat(), "is not later than the row before", "sort the rows")
        for (_, earlier), (line, later) in pairwise(slots)
        if later.start <= earlier.start
    ]
    if unordered:
        raise ConfigError(str(path), _capped(unordered))
    kept = [s for _, s in slots if (start is None or s.start >= start) and (end is None or s.start < end)]
    if len(kept) < 2:
        window = f"{start or 'the beginning'} to {end or 'the end'}"
        fix = "choose a window that the trace covers"
        raise ConfigError(str(path), [Problem("the file", len(kept), f"has too few slots in {window}", fix)])
    widths = Counter(later.start - earlier.start for earlier, later in pairwise(kept))
    return Trace(tuple(kept), widths.most_common(1)[0][0])


def read_calendar(path: Path, services: Sequence[str], known_from: datetime) -> tuple[Campaign, ...]:
    """The campaigns in a CSV of `start_utc,end_utc,name,kind[,announced_utc,audience]`, in file order.

    Unknown columns are ignored; a header alone is a calendar without campaigns. All of them lead to
    `services`. One without `announced_utc` is known from `known_from` on. Raises ConfigError.
    """

    def parse(row: Row) -> Campaign:
        return _campaign(row, tuple(services), known_from)

    rows = _parsed(path, ("start_utc", "end_utc", "name", "kind"), parse)
    first_line: dict[str, int] = {}
    twice = [
        Problem(f"line {line}", c.campaign_id, f"is line {first_line[c.campaign_id]} again", "remove one")
        for line, c in rows
        if first_line.setdefault(c.campaign_id, line) != line
    ]
    if twice:
        raise ConfigError(str(path), _capped(twice))
    return tuple(campaign for _, campaign in rows)


def parse_instant(text: str) -> datetime:
    """The aware UTC time that an ISO 8601 text with Z or an offset means. Raises ValueError."""
    written = datetime.fromisoformat(text)
    if written.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone: {_TIME_FIX}")
    try:
        return written.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is on no calendar: {_TIME_FIX}") from error


def campaign_id_of(name: str, start: datetime) -> str:
    """A stable id for a calendar row: its name in plain letters, and its start."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:200] or "campaign"
    return f"{slug}-{start:%Y%m%dt%H%M%S}z"


def _slot(row: Row) -> Slot:
    return Slot(_time(row, "timestamp_utc"), _amount(row, "value"))


def _campaign(row: Row, services: tuple[str, ...], known_from: datetime) -> Campaign:
    start, end = _time(row, "start_utc"), _time(row, "end_utc")
    if end <= start:
        raise _Bad("end_utc", row["end_utc"], f"is not after start_utc = {row['start_utc']}", "mend either")
    name, kind = row["name"], row["kind"]
    if not name or not kind:
        empty = "kind" if name else "name"
        raise _Bad(empty, "", "is empty", f"give every campaign a {empty}")
    return Campaign(
        campaign_id=campaign_id_of(name, start),
        revision=1,
        kind=kind,
        start=start,
        end=end,
        services=services,
        announced_at=_time(row, "announced_utc") if row.get("announced_utc") else known_from,
        source=SOURCE,
        name=name,
        audience=_amount(row, "audience") if row.get("audience") else None,
    )


def _time(row: Row, column: str) -> datetime:
    try:
        return parse_instant(row[column])
    except ValueError as error:
        raise _Bad(column, row[column], "is no time", _TIME_FIX) from error


def _amount(row: Row, column: str) -> float:
    try:
        amount = float(row[column])
    except ValueError as error:
        raise _Bad(column, row[column], "is no number", "write e.g. 660 or 66.5") from error
    if not math.isfinite(amount) or amount < 0:
        raise _Bad(column, row[column], "is not a number of 0 or more", "leave out the row for a gap")
    return amount


def _parsed(path: Path, required: Sequence[str], parse: Callable[[Row], Parsed]) -> list[tuple[int, Parsed]]:
    """Every row, with its line number. Raises one ConfigError with every row that cannot be used."""
    parsed, problems = [], []
    try:
        with _opened(path) as stream:
            for line, row in _rows(csv.DictReader(stream), required):
                try:
                    parsed.append((line, parse(row)))
                except _Bad as bad:
                    problems.append(Problem(f"line {line}, {bad.column}", bad.value, bad.message, bad.fix))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        problems.append(Problem("the file", str(error), "cannot be read", "name a CSV file, .csv or .csv.gz"))
    except _Bad as bad:
        problems.append(Problem(bad.column, bad.value, bad.message, bad.fix))
    if problems:
        raise ConfigError(str(path), _capped(problems))
    return parsed


def _rows(reader: csv.DictReader[str], required: Sequence[str]) -> Iterator[tuple[int, Row]]:
    header = [name.strip() for name in reader.fieldnames or ()]
    if missing := [name for name in required if name not in header]:
        fix = f"start the file with the line {','.join(required)}"
        raise _Bad("line 1", ",".join(header), f"lacks the column {', '.join(missing)}", fix)
    reader.fieldnames = header
    for row in reader:
        # a short row leaves cells out, a long one collects the rest under None
        yield reader.line_num, {name: (row[name] or "").strip() for name in header}


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _capped(problems: list[Problem]) -> list[Problem]:
    """The first MAX_PROBLEMS; a file with more has one cause that they show."""
    more = len(problems) - MAX_PROBLEMS
    if more <= 0:
        return problems
    rest = Problem("the file", more, "has so many more problems", "mend these first")
    return [*problems[:MAX_PROBLEMS], rest]
