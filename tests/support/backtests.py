"""Files for backtests, and the command run over them as a user would."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from typer.testing import CliRunner, Result

from advisor.domain.demand import Floats
from streams.cli.main import app

CALENDAR = "start_utc,end_utc,name,kind,announced_utc,audience,magnitude_hint"


@dataclass(frozen=True)
class Ran:
    """What the command left behind."""

    result: Result
    out: Path

    @property
    def bytes(self) -> bytes:
        """`forecasts.csv.gz`, to the byte."""
        return (self.out / "forecasts.csv.gz").read_bytes()

    @property
    def rows(self) -> list[dict[str, str]]:
        """`forecasts.csv.gz`, a mapping a row."""
        return list(csv.DictReader(gzip.decompress(self.bytes).decode().splitlines()))

    @property
    def bands(self) -> Floats:
        """The quantiles of every row, shape (rows, 4)."""
        return np.array([[float(row[q]) for q in ("q50", "q90", "q95", "q99")] for row in self.rows])

    @property
    def scores(self) -> dict[str, Any]:
        """`scores.json`, which has to be strict JSON."""

        def refuse(word: str) -> None:
            raise AssertionError(f"{word} is no JSON")

        scores: dict[str, Any] = json.loads((self.out / "scores.json").read_text(), parse_constant=refuse)
        return scores


def backtest(demand: Path, campaigns: Path, out: Path, *more: str, **options: str) -> Ran:
    """Runs `headstart backtest`; `options` are its flags, `more` is handed over as it is."""
    given = {"demand": str(demand), "campaigns": str(campaigns), "out": str(out)} | options
    flags = [word for name, text in given.items() for word in (f"--{name.replace('_', '-')}", text)]
    return Ran(CliRunner().invoke(app, ["backtest", *flags, *more]), out)


def write_demand(path: Path, rows: Iterable[tuple[str, float]]) -> Path:
    """A demand file of these rows, in this order."""
    path.write_text("timestamp_utc,value\n" + "".join(f"{time},{value!r}\n" for time, value in rows))
    return path


def write_calendar(path: Path, rows: Sequence[str] = ()) -> Path:
    """A calendar of these rows, or one without campaigns."""
    path.write_text("\n".join([CALENDAR, *rows]) + "\n")
    return path
