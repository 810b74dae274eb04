"""What does each part of the forecast earn? The rolling backtest with one part taken out at a time.

python -m tests.benchmarks.ablations FOLDER [--out build/ablations] [--thin 1] [--sets NAME ...]

FOLDER holds sets (see `ablation_sets`). Two processes run side by side, each with one set and one part.
Writes `ablations.md`, the tables, and `ablations.json`, the raw figures.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.ablation_parts import FULL, PARTS
from tests.benchmarks.ablation_runs import Outcome, run_grid, run_in_flight
from tests.benchmarks.ablation_sets import load, names_in
from tests.benchmarks.ablation_tables import GRID, IN_FLIGHT, Results, tables

PROCESSES = 2
EVERYTHING = (FULL, *PARTS)
RUNS = {GRID: run_grid, IN_FLIGHT: run_in_flight}


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs everything, prints the tables and writes them."""
    parser = argparse.ArgumentParser(description="What does each part of the forecast earn?")
    parser.add_argument("folder", type=Path, help="where NAME.csv.gz and NAME.events.csv lie")
    parser.add_argument("--out", type=Path, default=Path("build/ablations"), help="where the tables go")
    parser.add_argument("--thin", type=int, default=1, help="use every so-manieth cutoff only")
    parser.add_argument("--sets", nargs="+", help="these sets only")
    asked = parser.parse_args(arguments)
    names = [name for name in names_in(asked.folder) if asked.sets is None or name in asked.sets]
    results = run_all(asked.folder, names, asked.thin)
    text = tables(results, names, [part.name for part in EVERYTHING], asked.thin)
    figures = [
        {"run": run, "set": name, "part": part, **asdict(outcome)}
        for (run, name, part), outcome in sorted(results.items())
    ]
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "ablations.md").write_text(text)
    (asked.out / "ablations.json").write_text(json.dumps(figures, indent=2) + "\n")
    sys.stdout.write(text)


def run_all(folder: Path, names: Sequence[str], thin: int) -> Results:
    """Every set with every part out, at most two at a time; says on stderr what is done."""
    jobs = [(run, name, number) for name in names for run in RUNS for number in range(len(EVERYTHING))]
    results: dict[tuple[str, str, str], Outcome] = {}
    with ProcessPoolExecutor(PROCESSES) as workers:
        running = {workers.submit(run_one, folder, *job, thin): job for job in jobs}
        for done in as_completed(running):
            run, name, number = running[done]
            results[run, name, EVERYTHING[number].name] = done.result()
            sys.stderr.write(f"{len(results)}/{len(jobs)} {name}, {run}: {EVERYTHING[number].name}\n")
    return results


def run_one(folder: Path, run: str, name: str, number: int, thin: int) -> Outcome:
    """One set with one part out; parts go by number, for functions do not travel between processes."""
    return RUNS[run](load(folder, name), EVERYTHING[number], thin)


if __name__ == "__main__":
    main()
