"""Reads what a replay or a backtest takes: a demand trace and a campaign calendar, CSV, plain or gzipped.

Every bad row is reported, by line number, in one ConfigError.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import IO, TypeVar

import numpy as np

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds, to_epoch_s
from advisor.errors import ConfigError, Problem

SOURCE = "/headstart/replay"
MAX_PROBLEMS = 100
YEARS = range(1970, 2200)
"""Years that a time may have, as in an announcement, so that no sum with it leaves the calendar."""
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


def read_demand(path: Path) -> tuple[Seconds, Floats]:
    """Every row of a CSV of `timestamp_utc,value`: seconds since the epoch, rising, and values; shapes (n,).

    Rows may stand in any order and lie at any distance; one instant may have several. Rows of the same
    instant are ordered by value, so that equal rows in another order give equal arrays. Raises ConfigError,
    also for a file without rows.
    """
    slots = [slot for _, slot in _parsed(path, ("timestamp_utc", "value"), _slot)]
    if not slots:
        fix = "give it the demand that was seen, a row a slot"
        raise ConfigError(str(path), [Problem("the file", 0, "has no rows", fix)])
    times_s = np.array([to_epoch_s(slot.start) for slot in slots], dtype=np.int64)
    values = np.array([slot.value for slot in slots], dtype=np.float64)
    order = np.lexsort((values, times_s))
    return times_s[order], values[order]


def read_calendar(path: Path, services: Sequence[str], known_from: datetime) -> tuple[Campaign, ...]:
    """The campaigns in a CSV of `start_utc,end_utc,name,kind[,announced_utc,audience,magnitude_hint]`.

    In file order. Unknown columns are ignored; a header alone is a calendar without campaigns. All of them
    lead to `services`. One without `announced_utc` is known from `known_from` on. Raises ConfigError.
    """

    def parse(row: Row) -> Campaign:
        return _campaign(row, tuple(services), known_from)

    rows = _told_apart(_parsed(path, ("start_utc", "end_utc", "name", "kind"), parse))
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
    if written.year not in YEARS:
        raise ValueError(f"{text!r} is not between {YEARS.start} and {YEARS.stop}: {_TIME_FIX}")
    return written.astimezone(UTC)


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
        magnitude_hint=_number(row, "magnitude_hint") if row.get("magnitude_hint") else None,
    )


def _told_apart(rows: list[tuple[int, Campaign]]) -> list[tuple[int, Campaign]]:
    """The same rows, with campaigns of one id told apart by what differs, whatever the order of the rows.

    Two holidays of one name may begin at one midnight, and names in another script have no plain letters.
    """
    count = Counter(campaign.campaign_id for _, campaign in rows)

    def own(campaign: Campaign) -> Campaign:
        if count[campaign.campaign_id] == 1:
            return campaign
        differs = f"{campaign.name}\n{campaign.kind}\n{campaign.end:%Y%m%dT%H%M%S}"
        mark = hashlib.sha256(differs.encode()).hexdigest()[:8]
        return replace(campaign, campaign_id=f"{campaign.campaign_id}-{mark}")

    return [(line, own(campaign)) for line, campaign in rows]


def _time(row: Row, column: str) -> datetime:
    try:
        return parse_instant(row[column])
    except ValueError as error:
        raise _Bad(column, row[column], "is no time", _TIME_FIX) from error


def _amount(row: Row, column: str) -> float:
    amount = _parsed_float(row, column)
    if not math.isfinite(amount) or amount < 0:
        raise _Bad(column, row[column], "is not a number of 0 or more", "leave out the row for a gap")
    return amount


def _number(row: Row, column: str) -> float:
    number = _parsed_float(row, column)
    if not math.isfinite(number):
        raise _Bad(column, row[column], "is not a finite number", "leave the cell empty if nobody knows")
    return number


def _parsed_float(row: Row, column: str) -> float:
    try:
        return float(row[column])
    except ValueError as error:
        raise _Bad(column, row[column], "is no number", "write e.g. 660 or 66.5") from error


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
