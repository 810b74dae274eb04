"""The progress bar is for people: a file or a pipe gets nothing of it."""

import io

import pytest
from rich.console import Console

from streams.cli.progress import Bar


def drawn(*, terminal: bool, quiet: bool = False) -> str:
    """What a bar writes that ends half-way through its second task."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=100)
    with Bar("reading", 10, quiet=quiet, console=console) as bar:
        bar.show("forecast", 10, 10)
        bar.show("report", 3, 6)
    return out.getvalue()


def test_a_terminal_is_told_what_is_done_of_what() -> None:
    """The newest title, and how much of its own total is done."""
    said = drawn(terminal=True)

    assert "report" in said
    assert "50%" in said


@pytest.mark.parametrize(("terminal", "quiet"), [(True, True), (False, False)])
def test_without_a_terminal_or_when_told_to_be_quiet_nothing_is_written(terminal: bool, quiet: bool) -> None:
    """Not even an empty line: the output belongs to whoever reads it by machine."""
    assert drawn(terminal=terminal, quiet=quiet) == ""
