"""Where calls wait between a client and the API server, whatever has become of the client meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

from aiohttp import web


class Gate:
    """Where the calls of one kind wait while it is shut; open, it holds each up for `slow_s` at most.

    A call that waited is passed on whatever has become of its caller meanwhile: as a packet that was late.
    `afterwards`: it is the API server's answer that waits. `came` is set when a call waits at the shut gate,
    `answered` when one that came through has its answer; `on_came` and `on_answered` are called then, in the
    proxy's thread. `kept` calls have waited at the shut gate, `statuses` is what the API server said to those
    that were let go. Everything else may be called from any thread.
    """

    def __init__(
        self,
        fits: Callable[[web.Request], bool],
        loop: asyncio.AbstractEventLoop,
        *,
        shut: bool,
        afterwards: bool = False,
        slow_s: float = 0.0,
        on_came: Callable[[], None] = lambda: None,
        on_answered: Callable[[], None] = lambda: None,
    ) -> None:
        self.fits, self.afterwards = fits, afterwards
        self.came, self.answered = threading.Event(), threading.Event()
        self.kept = 0
        self.statuses: list[int] = []
        self._loop, self._slow_s = loop, slow_s
        self._on_came, self._on_answered = on_came, on_answered
        self._is_shut, self._is_open = asyncio.Event(), asyncio.Event()
        (self._is_shut if shut else self._is_open).set()

    def shut(self) -> None:
        """Whoever waits or comes from now on stays."""
        self._loop.call_soon_threadsafe(self._turn, self._is_open, self._is_shut)

    def open(self) -> None:
        """Whoever waits goes on."""
        self._loop.call_soon_threadsafe(self._turn, self._is_shut, self._is_open)

    def keep_these(self) -> None:
        """Whoever waits stays, and whoever comes from now on passes."""
        self._loop.call_soon_threadsafe(self._is_shut.clear)

    async def wait(self) -> bool:
        """Wait as a call. Was it kept?"""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_shut.wait(), self._slow_s)
        if not self._is_shut.is_set():
            return False
        self.kept += 1
        self.came.set()
        self._on_came()
        await self._is_open.wait()
        return True

    def tell_answered(self) -> None:
        """A call that came through has its answer."""
        self.answered.set()
        self._on_answered()

    @staticmethod
    def _turn(before: asyncio.Event, after: asyncio.Event) -> None:
        before.clear()
        after.set()
