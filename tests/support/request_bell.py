"""Something is to happen at a platform once so many more requests have come in."""

from __future__ import annotations

from collections.abc import Callable


class RequestBell:
    """Counts requests as they come in; whoever serves them calls `came`, from one thread at a time."""

    def __init__(self) -> None:
        self._left = 0
        self._do: Callable[[], object] | None = None

    def at(self, number: int, do: Callable[[], object] | None) -> None:
        """Do this once so many more have come in, before the last of them is carried out; None: nothing."""
        self._left, self._do = number, do

    def came(self) -> None:
        """A request has come in."""
        self._left -= 1
        if self._left == 0 and self._do is not None:
            self._do()
