"""Draws the pictures of docs/forecasting.md anew.

python -m tests.benchmarks.figures FOLDER [--out docs/images]

FOLDER holds the sets that have agreed cutoffs (see `ablation_sets`), all of them. This lies here and not
under docs/, which is text and pictures only, because it stands on the sets and the parts of the ablations.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

from streams.backtest.report.style import house_style, png
from tests.benchmarks import figure_cases as cases
from tests.benchmarks import figure_plots as plots
from tests.benchmarks.ablation_sets import GRIDS, Trial, load

COLORS = 256
Sets = Mapping[str, Trial]
Drawn = tuple[str, Figure]


def anatomy(sets: Sets) -> Drawn:
    """How a forecast is made up."""
    case = cases.match_day(sets["wc98"])
    title = (
        f"A forecast made at {case.forecast.cutoff:%H:%M UTC on %-d %B %Y}: the ordinary day, and on top "
        "what matches\ndid before. Below: the factor of the first of them, and the past ones it rests on"
    )
    return title, plots.draw_match_day(case)


def in_flight(sets: Sets) -> Drawn:
    """How a running campaign is corrected."""
    case = cases.flight(sets["wc98"])
    title = (
        f"{case.match.title}: of all matches the furthest above its forecast.\n"
        "What comes in corrects the rest: as of the start, 10 and 30 minutes in"
    )
    return title, plots.draw_flight(case)


def bad_cases(sets: Sets) -> Drawn:
    """Where it went wrong."""
    found = [cases.worst(sets[name]) for name in ("wc98", "nasa95")]
    title = "The event forecast worst on wc98 and on nasa95, by the pinball loss inside its window"
    return title, plots.draw_bad(found)


def calibration(sets: Sets) -> Drawn:
    """How honest the bands are."""
    found = [cases.kept(sets[name]) for name in GRIDS]
    title = "How often demand stayed at or below what was forecast: on the dotted line the band is honest"
    return title, plots.draw_calibration(found)


def level_shift(sets: Sets) -> Drawn:
    """What becomes of a level that shifts together with the first campaigns."""
    case = cases.shift(sets["wc98"])
    title = (
        "On 10 June 1998 the level rose with the first matches. Who credits matches with all that lies\n"
        "above the week before counts the rise twice: in the level, and in every match to come"
    )
    return title, plots.draw_shift(case)


def small(picture: bytes) -> bytes:
    """The same PNG in a palette of its own, a third of the size: these are kept in the repository."""
    out = io.BytesIO()
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(COLORS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        out, format="PNG", optimize=True
    )
    return out.getvalue()


PICTURES: dict[str, Callable[[Sets], Drawn]] = {
    "anatomy": anatomy,
    "in-flight": in_flight,
    "bad-cases": bad_cases,
    "calibration": calibration,
    "level-shift": level_shift,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Draws every picture, or those named."""
    parser = argparse.ArgumentParser(description="Draws the pictures of docs/forecasting.md anew.")
    parser.add_argument("folder", type=Path, help="where NAME.csv.gz and NAME.events.csv lie")
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="where the pictures go")
    parser.add_argument(
        "--only", nargs="+", choices=PICTURES, default=list(PICTURES), help="these pictures only"
    )
    asked = parser.parse_args(arguments)
    sets = {name: load(asked.folder, name) for name in GRIDS}
    asked.out.mkdir(parents=True, exist_ok=True)
    for name in asked.only:
        with house_style():
            title, figure = PICTURES[name](sets)
            path = asked.out / f"{name}.png"
            path.write_bytes(small(png(figure, title)))
        sys.stdout.write(f"{path}: {path.stat().st_size / 1024:.0f} KB\n")


if __name__ == "__main__":
    main()
