"""The ablations as Markdown tables: a row a part taken out, a column a set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tests.benchmarks.ablation_runs import INTO, Marks, Outcome

GRID, IN_FLIGHT = "grid", "in_flight"
NONE = "-"

Results = Mapping[tuple[str, str, str], Outcome]
"""Marks by run (`grid` or `in_flight`), set and part."""

GRID_SAYS = (
    "Mean pinball loss over q50, q90, q95, q99, as a multiple of the full model's: over all points / inside "
    "event windows. In brackets the share of values at or below q95, in %, likewise. The first row gives the "
    "full model's loss itself, in multiples of the mean of what came. Bold is a multiple that "
    "differs from 1 by more than chance: 95 of 100 resamples of the days forecast lie on its side of 1."
)

FEWEST_DAYS = 5
"""Of fewer days nobody can say what is chance."""

RESAMPLES, SEED, SURE = 4_000, 1, 0.95
IN_FLIGHT_SAYS = (
    f"The same for forecasts made {INTO.seconds // 60} minutes into each event, over the rest of its window: "
    "the cutoffs of the first table hardly ever lie inside an event."
)


def tables(results: Results, names: Sequence[str], parts: Sequence[str], thin: int = 1) -> str:
    """Both tables with their captions. The first of `parts` is what the others are held against."""
    thinned = "" if thin == 1 else f" Only one in {thin} cutoffs and events was used."
    lines = [GRID_SAYS + thinned, "", *_table(results, GRID, names, parts)]
    flown = [name for name in names if results[IN_FLIGHT, name, parts[0]].everywhere is not None]
    if flown:
        lines += ["", IN_FLIGHT_SAYS + thinned, "", *_table(results, IN_FLIGHT, flown, parts)]
    return "\n".join(lines) + "\n"


def cell(outcome: Outcome, full: Outcome | None) -> str:
    """Ratios to the full model's losses, and coverage: `1.12 / 1.40 (94.8 / 91.2)`.

    The losses themselves for the full model, which has nothing to be held against (None). One figure of
    each where nothing was inside.
    """
    whole = outcome if full is None else full
    pairs = [(outcome.everywhere, whole.everywhere), (outcome.inside, whole.inside)]
    seen = [(marks, beside) for marks, beside in pairs if marks is not None and beside is not None]
    losses = [f"{marks.pinball:.4f}" if full is None else _ratio(marks, beside) for marks, beside in seen]
    covered = [f"{100 * marks.cover95:.1f}" for marks, _ in seen]
    return f"{' / '.join(losses)} ({' / '.join(covered)})" if seen else NONE


def is_sure(marks: Marks, whole: Marks) -> bool:
    """Do the days agree that this loss is above the full model's, or below it? A bootstrap over days."""
    days = len(whole.by_day)
    if days < FEWEST_DAYS:
        return False
    drawn = np.random.default_rng(SEED).integers(0, days, (RESAMPLES, days))
    more = (np.array(marks.by_day) - np.array(whole.by_day))[drawn].sum(axis=1)
    return max(float((more > 0).mean()), float((more < 0).mean())) >= SURE


def _ratio(marks: Marks, whole: Marks) -> str:
    ratio = f"{marks.pinball / whole.pinball:.2f}"
    return f"**{ratio}**" if is_sure(marks, whole) and ratio != "1.00" else ratio


def _table(results: Results, run: str, names: Sequence[str], parts: Sequence[str]) -> list[str]:
    full = parts[0]
    head = [f"{name}, {_points(results[run, name, full])}" for name in names]
    lines = [_line(["taken out", *head]), _line(["---"] * (1 + len(names)))]
    for part in parts:
        beside = [None if part == full else results[run, name, full] for name in names]
        cells = [cell(results[run, name, part], whole) for name, whole in zip(names, beside, strict=True)]
        lines.append(_line([part, *cells]))
    return lines


def _points(outcome: Outcome) -> str:
    counts = [f"{marks.points:,}" for marks in (outcome.everywhere, outcome.inside) if marks is not None]
    return f"{' / '.join(counts)} points"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
