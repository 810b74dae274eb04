"""Tables that never break a word: an id that does not fit in a column gets lines of its own."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = Sequence[Text | str]


def show_table(
    out: Console, title: str, columns: Sequence[str], rows: Sequence[Row], numbers: str = ""
) -> None:
    """Print rows under a title: as a table where every word fits, otherwise row by row.

    Columns that are named in `numbers` (one word each) are aligned to the right.
    """
    cells = [[cell if isinstance(cell, Text) else Text(cell) for cell in row] for row in rows]
    out.print(Text(title, style="italic"), soft_wrap=True)  # above the table, which may be narrower than it
    if _fits(out.width, columns, cells):
        table = Table()
        for name in columns:
            table.add_column(name, justify="right" if name in numbers.split() else "left")
        for row in cells:
            table.add_row(*row)
        out.print(table)
        return
    for row in cells:
        for number, (name, cell) in enumerate(zip(columns, row, strict=True)):
            if cell.plain:
                label = "" if number == 0 else f"    {name}: "
                out.print(Text.assemble(("  - " if number == 0 else label), cell), soft_wrap=True)


def _fits(width: int, columns: Sequence[str], rows: Sequence[Sequence[Text]]) -> bool:
    """Is there room for the longest word of every column, with borders and padding between them?"""
    longest = [
        max(len(word) for text in (name, *(row[at].plain for row in rows)) for word in (text.split() or [""]))
        for at, name in enumerate(columns)
    ]
    return sum(longest) + 3 * len(columns) + 1 <= width
