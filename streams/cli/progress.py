"""The progress bar of commands that take long."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


class Bar:
    """How far a command is, on stderr; nothing at all if `quiet`, or where no person reads it (no terminal).

    A context manager: it is drawn while the block runs. `total` is what will be done first, under `title`.
    """

    def __init__(self, title: str, total: int, *, quiet: bool, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=console, disable=quiet or not console.is_terminal)
        self._task = self._progress.add_task(title, total=total)

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, title: str, done: int, total: int) -> None:
        """So much of `total` is done of what `title` says."""
        self._progress.update(self._task, description=title, completed=done, total=total)
