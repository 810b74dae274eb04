"""What is shown on a terminal without losing a letter: tables and outlines that never break a word.

An id that does not fit in a column gets lines of its own, and one that is longer than a line is left to
the terminal to wrap: what is copied from the screen is whole.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = Sequence[Text | str]


def show_table(
    out: Console,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Row],
    numbers: str = "",
    *,
    ruled: bool = False,
) -> None:
    """Print rows under a title: as a table where every word fits, otherwise row by row.

    Columns that are named in `numbers` (one word each) are aligned to the right. A `ruled` table has a line
    between its rows: for those with cells of several lines.
    """
    cells = [[cell if isinstance(cell, Text) else Text(cell) for cell in row] for row in rows]
    # above the table, which may be narrower than it
    out.print(Text(title, style="italic"), soft_wrap=True)
    widths = _widths(out.width, columns, cells)
    if widths is not None:
        table = Table(show_lines=ruled)
        for name, width in zip(columns, widths, strict=True):
            table.add_column(name, justify="right" if name in numbers.split() else "left", width=width)
        for row in cells:
            table.add_row(*row)
        out.print(table)
        return
    for row in cells:
        for number, (name, cell) in enumerate(zip(columns, row, strict=True)):
            if cell.plain:
                label = "  - " if number == 0 else f"    {name}: "
                out.print(Text.assemble(label, Text("; ").join(cell.split("\n"))), soft_wrap=True)


def show_outline(out: Console, head: str, parts: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Print a sentence, then titles with lines under them.

    On a terminal lines go on under their own beginning; in a pipe each is one line, however long. A line
    that begins with spaces belongs to the one before it.
    """
    _print_folded(out, Text(head, style="bold"), "", "")
    for title, lines in parts:
        _print_folded(out, Text(title, style="bold"), "", "  ")
        for line in lines:
            detail = line.startswith(" ")
            indent = "      " if detail else "    "
            _print_folded(out, Text(line.strip()), indent if detail else "  - ", indent)


def _print_folded(out: Console, text: Text, first: str, later: str) -> None:
    """One paragraph, folded between words where `out` is a terminal."""
    plain = " ".join(text.plain.split())  # what people wrote may hold line ends
    lines = [plain]
    if out.is_terminal:
        room = max(20, out.width - cell_len(later))
        lines = textwrap.wrap(plain, room, break_long_words=False, break_on_hyphens=False) or lines
    for number, line in enumerate(lines):
        out.print(Text((later if number else first) + line, style=text.style), soft_wrap=True)


def _widths(width: int, columns: Sequence[str], rows: Sequence[Sequence[Text]]) -> list[int] | None:
    """How wide is each column? None if there is no room for the longest word of every one.

    What is left over goes to those with longer lines, evenly, none getting more than it can use.
    """
    texts = [(name, *(row[at].plain for row in rows)) for at, name in enumerate(columns)]
    widths = [max(map(cell_len, " ".join(column).split()), default=0) for column in texts]
    most = [max(map(cell_len, "\n".join(column).split("\n"))) for column in texts]
    spare = width - sum(widths) - 3 * len(columns) - 1  # borders and padding
    if spare < 0:
        return None
    by_wish = sorted(range(len(columns)), key=lambda at: most[at] - widths[at])
    for done, at in enumerate(by_wish):
        more = min(most[at] - widths[at], spare // (len(columns) - done))
        widths[at] += more
        spare -= more
    return widths
