"""Is READY true? Worlds that share none of our constants, and the verdicts that Headstart gives in them.

python -m tests.benchmarks.readiness [--seeds 20] [--campaigns 50] [--as-declared] [--out FILE]

Each seed is a world of its own (see `advisor.simulation.readiness_world`), with so many campaigns put to the
test. Prints how often each verdict came true and how often a campaign that was READY turned out short, and
writes the same as JSON. Two processes run side by side.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from rich.console import Console
from rich.table import Table

from advisor.domain.policy import Policy
from advisor.domain.readiness import Readiness
from advisor.domain.reason import Reason
from advisor.simulation.readiness_world.life import live
from advisor.simulation.readiness_world.outcomes import Outcome, Tally, outcomes, tally
from advisor.simulation.readiness_world.world import draw_world
from streams.cli.progress import Bar

PROCESSES = 2
RISK = Policy("", {}).risk
"""What worlds' policies leave at its default."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Live through every world, print the tables, write the figures."""
    parser = argparse.ArgumentParser(description="Is READY true?")
    parser.add_argument("--seeds", type=int, default=20, help="how many worlds")
    parser.add_argument("--campaigns", type=int, default=50, help="how many campaigns in each")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument(
        "--as-declared",
        action="store_true",
        help="worlds only in which nobody ever corrects a capacity that was contradicted",
    )
    parser.add_argument("--out", type=Path, default=Path("build/readiness.json"), help="where it goes")
    asked = parser.parse_args(arguments)
    seeds = range(asked.first, asked.first + asked.seeds)
    found = live_all(seeds, asked.campaigns, as_declared=asked.as_declared)
    console = Console()
    console.print(*tables(tally(found)), sep="\n")
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(figures(found, asked.seeds), indent=2) + "\n")


def live_all(seeds: Sequence[int], campaigns: int, *, as_declared: bool = False) -> list[Outcome]:
    """Every world lived through, two at a time; outcomes in order of seeds."""
    results: dict[int, tuple[Outcome, ...]] = {}
    with Bar("worlds", len(seeds), quiet=False) as bar, ProcessPoolExecutor(PROCESSES) as workers:
        running = {workers.submit(live_one, seed, campaigns, as_declared): seed for seed in seeds}
        for done in as_completed(running):
            results[running[done]] = done.result()
            bar.show("worlds", len(results), len(seeds))
    return [outcome for seed in seeds for outcome in results[seed]]


def live_one(seed: int, campaigns: int, as_declared: bool) -> tuple[Outcome, ...]:
    """What became of the campaigns of one world."""
    return tuple(outcomes(live(draw_world(seed, campaigns, corrects=False if as_declared else None))))


def tables(counted: Tally) -> tuple[Table, Table, str]:
    """The confusion matrix, what came of each Reason of an AT_RISK, and the rate that matters, for people."""
    matrix = Table(title="verdict at the last safe moment", title_justify="left")
    for column in ("verdict", "short", "not short", "came true"):
        matrix.add_column(column, justify="left" if column == "verdict" else "right")
    for verdict in reversed(Readiness):
        _row(matrix, verdict, counted.confusion[verdict, True], counted.confusion[verdict, False])
    reasons = Table(title="AT_RISK, by Reason", title_justify="left")
    for column in ("reason", "short", "not short", "came true"):
        reasons.add_column(column, justify="left" if column == "reason" else "right")
    for reason in sorted({reason for reason, _ in counted.reasons}):
        _row(reasons, reason, counted.reasons[reason, True], counted.reasons[reason, False])
    rate = (
        f"false READY: {counted.false_ready} of {counted.ready} = {counted.false_ready_rate:.2%}, "
        f"at most {counted.upper_95:.2%} (one-sided 95 %), the policy's risk is {RISK:.0%}; "
        f"READY at all: {counted.ready / max(counted.campaigns, 1):.0%} of {counted.campaigns}"
    )
    return matrix, reasons, rate


def figures(found: Sequence[Outcome], seeds: int) -> dict[str, object]:
    """The same for machines."""
    counted = tally(found)
    at_start = [one for one in found if one.at_start.readiness is Readiness.READY]
    return {
        "campaigns": counted.campaigns,
        "seeds": seeds,
        "ready": counted.ready,
        "false_ready": counted.false_ready,
        "false_ready_rate": counted.false_ready_rate,
        "upper_95": counted.upper_95,
        "ready_share": counted.ready / max(counted.campaigns, 1),
        "ready_at_start": len(at_start),
        "false_ready_at_start": sum(one.is_short for one in at_start),
        "confusion": {
            verdict: {"short": counted.confusion[verdict, True], "met": counted.confusion[verdict, False]}
            for verdict in Readiness
        },
        "reasons": {
            reason: {"short": counted.reasons[reason, True], "met": counted.reasons[reason, False]}
            for reason in sorted({reason for reason, _ in counted.reasons})
        },
        "risk": RISK,
        "false": [
            {"seed": one.seed, "campaign": one.campaign_id, "on": one.short_on, "minutes": one.short_minutes}
            for one in found
            if one.is_short and one.at_last_moment.readiness is Readiness.READY
        ],
    }


def _row(table: Table, name: Readiness | Reason, short: int, met: int) -> None:
    share = f"{short / (short + met):.1%}" if short + met else "-"
    table.add_row(name.value, str(short), str(met), share)


if __name__ == "__main__":
    main()
