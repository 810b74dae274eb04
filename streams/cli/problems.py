"""Every problem of a configuration at once, on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from advisor.errors import Problem


def print_problems(console: Console, source: str, problems: Sequence[Problem]) -> None:
    """Show every problem of a configuration: where, what is wrong, what was found, how to mend it."""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    console.print(f"[bold red]{escape(source)}: {count}[/]", soft_wrap=True)
    for problem in problems:
        said = f"{escape(problem.path)}[/] {escape(problem.message)} (found {escape(repr(problem.value))})"
        console.print(f"  [bold]{said}", soft_wrap=True, highlight=False)
        console.print(f"      [green]fix:[/] {escape(problem.fix)}", soft_wrap=True, highlight=False)
