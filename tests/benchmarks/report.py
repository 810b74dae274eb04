"""Where the benchmarks' figures go: a table for the reader, a JSON under build/ for whoever compares runs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

OUT = Path(__file__).parents[2] / "build" / "benchmarks"
Row = Mapping[str, str | float]


def publish(name: str, rows: Sequence[Row]) -> Path:
    """Print the rows as a table and write them, with the machine, to build/benchmarks/NAME.json."""
    table = Table(*rows[0], title=name)
    for row in rows:
        table.add_row(*(f"{cell:,.4g}" if isinstance(cell, float) else cell for cell in row.values()))
    Console(width=110).print(table)
    machine = {
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
    }
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"{name}.json"
    path.write_text(json.dumps({**machine, "rows": [dict(row) for row in rows]}, indent=2) + "\n")
    return path
