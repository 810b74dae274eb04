"""How is a table of prices kept in a file? As CSV that a spreadsheet opens, one row an item."""

from __future__ import annotations

import csv
import io
import os
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import IO

from advisor.errors import ConfigError, Problem
from advisor.prices.table import ITEM_PATTERN, PriceRow, PriceTable

COLUMNS = ("item", "currency", "price_per_hour", "as_of", "source")

MAX_BYTES = 4 * 1024 * 1024
"""The largest file read; a row takes about 100 bytes."""


@cache
def packaged_prices() -> PriceTable:
    """AWS's list prices on demand, without any discount, for a few regions, as far as they come with us."""
    text = resources.files("advisor.prices").joinpath("aws.csv").read_text(encoding="utf-8")
    return parse_prices(text, "advisor/prices/aws.csv")


def load_prices(path: Path) -> PriceTable:
    """The prices in a file. Raises ConfigError with every problem, also if it cannot be read."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise ConfigError(str(path), [Problem("the file", path.name, "is over 4 MiB", "leave rows out")])
        return parse_prices(raw.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        problem = Problem(f"line {line}", raw[error.start : error.end], "is not UTF-8", "save it as UTF-8")
        raise ConfigError(str(path), [problem]) from error
    except (OSError, ValueError) as error:  # a path with a zero byte in it is a ValueError
        why = error.strerror if isinstance(error, OSError) else str(error)
        fix = "name a file of prices; `headstart prices update --file` makes one"
        raise ConfigError(
            str(path), [Problem("the file", str(path), f"cannot be read: {why}", fix)]
        ) from error


def parse_prices(text: str, source: str) -> PriceTable:
    """The prices in a CSV text. Raises ConfigError with every problem; `source` names it there."""
    problems: list[Problem] = []
    rows: dict[str, PriceRow] = {}
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        columns = tuple(reader.fieldnames or ())
        if sorted(columns) != sorted(COLUMNS):
            fix = f"write `{','.join(COLUMNS)}` as the first line"
            raise ConfigError(source, [Problem("line 1", ",".join(columns), "are not the columns", fix)])
        for cells in reader:
            line = f"line {reader.line_num}"
            found = [Problem(f"{line}, {p.path}", p.value, p.message, p.fix) for p in _problems(cells)]
            if not found and cells["item"] in rows:
                fix = "keep one of the two"
                found = [Problem(f"{line}, item", cells["item"], "has a price already", fix)]
            problems += found
            if not found:
                rows[cells["item"]] = _row(cells)
    except csv.Error as error:
        problem = Problem(f"line {reader.line_num}", "", f"is not CSV: {error}", "check its quotes")
        raise ConfigError(source, [*problems, problem]) from error
    if problems:
        raise ConfigError(source, problems)
    return PriceTable(rows)


def write_prices(path: Path, rows: Iterable[PriceRow]) -> None:
    """Puts these rows into the file in place of what is there: all of them or, where that fails, none.

    Raises ConfigError where it cannot be written.
    """
    target = path.resolve()  # a link goes on pointing at the file
    try:
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o644
        with tempfile.NamedTemporaryFile(
            "w", dir=target.parent, prefix=f".{target.name}.", encoding="utf-8", newline="", delete=False
        ) as stream:
            try:
                _write(stream, rows)
                stream.flush()
                os.fsync(stream.fileno())
                os.chmod(stream.name, mode)
                os.replace(stream.name, target)
            except BaseException:
                Path(stream.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        fix = "name a file in a folder that can be written to"
        message = f"cannot be written: {error.strerror}"
        raise ConfigError(str(path), [Problem("the file", str(path), message, fix)]) from error


def _write(stream: IO[str], rows: Iterable[PriceRow]) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([row.item, row.currency, row.price_per_hour, row.as_of or "", row.source])


def _row(cells: Mapping[str, str]) -> PriceRow:
    price = float(cells["price_per_hour"])
    as_of = date.fromisoformat(cells["as_of"]) if cells["as_of"] else None
    return PriceRow(cells["item"], cells["currency"], price, as_of, cells["source"])


def _problems(cells: Mapping[str | None, str | None]) -> Iterator[Problem]:
    """What is wrong with the cells of one row? The path is the column."""
    if None in cells or None in cells.values():
        yield Problem("the row", list(cells.values()), "has not five cells", "write one for each column")
        return
    written = {str(name): str(cell) for name, cell in cells.items()}
    checks = (
        ("item", _is_item, "is not an item's name", "use letters, digits and . _ / + : -"),
        ("currency", re.compile(r"[A-Z]{3}").fullmatch, "is not an ISO 4217 code", "write e.g. USD"),
        ("price_per_hour", _is_price, "is not a price", "write a number that is 0 or more, such as 0.0978"),
        (
            "as_of",
            _is_day,
            "is not a day",
            "write a day such as 2026-10-12, or nothing",
        ),
        ("source", _is_said, "does not say where the price is from", "write a few words"),
    )
    for column, holds, message, fix in checks:
        if not holds(written[column]):
            yield Problem(column, written[column], message, fix)


def _is_item(text: str) -> bool:
    return re.fullmatch(ITEM_PATTERN, text) is not None


def _is_price(text: str) -> bool:
    return re.fullmatch(r"[0-9]+(\.[0-9]+)?([eE]-?[0-9]+)?", text) is not None and float(text) <= 1e12


def _is_day(text: str) -> bool:
    if not text:
        return True
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_said(text: str) -> bool:
    return bool(text.strip()) and all(c.isprintable() for c in text)
