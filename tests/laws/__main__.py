"""`make laws`: runs many random timelines on all cores, and tells the first that breaks a law in words.

make laws N=10000        the timelines 0 to 9999
make laws SEED=123       that one alone
"""

from __future__ import annotations

import argparse
import sys
from multiprocessing import Pool, cpu_count

from rich.progress import track

from tests.laws.draw import timeline
from tests.laws.laws import Broken, first_broken
from tests.laws.shrink import shrunk
from tests.laws.words import story


def broken_by(seed: int) -> tuple[int, Broken | None]:
    """The law that the timeline of a seed breaks, if it does."""
    try:
        return seed, first_broken(timeline(seed))
    except Exception as error:
        error.add_note(f"in timeline {seed}: make laws SEED={seed} shows it again")
        raise


def broken_among(seeds: range, processes: int = 0) -> list[tuple[int, Broken]]:
    """The seeds whose timelines break a law, lowest first."""
    with Pool(processes or cpu_count()) as pool:
        answers = pool.imap_unordered(broken_by, seeds, chunksize=4)
        shown = track(answers, total=len(seeds), description="timelines", disable=not sys.stdout.isatty())
        return sorted(((seed, found) for seed, found in shown if found is not None), key=lambda pair: pair[0])


def explained(seed: int, broken: Broken) -> str:
    """The smallest timeline that breaks the same law, in words."""
    return story(*shrunk(timeline(seed), broken))


def main() -> int:
    """Exit status 1 if any timeline breaks a law."""
    parser = argparse.ArgumentParser(prog="tests.laws", description="Laws of planning over random timelines.")
    parser.add_argument("--n", type=int, default=500, help="how many timelines")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="one timeline alone")
    given = parser.parse_args()
    seeds = (
        range(given.first, given.first + given.n) if given.seed is None else range(given.seed, given.seed + 1)
    )
    found = broken_among(seeds, processes=1 if len(seeds) == 1 else 0)
    if not found:
        print(f"{len(seeds)} timelines: every law holds at every minute")
        return 0
    print(explained(*found[0]))
    laws = sorted({(broken.law.split(":")[0], seed) for seed, broken in found})
    print(f"\n{len(found)} of {len(seeds)} timelines break a law:")
    for law, seed in laws:
        print(f"  SEED={seed}  {law}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
