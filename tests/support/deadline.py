"""Waiting for something to become true, with a deadline instead of a sleep."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Watch:
    """A deadline and what was last seen, so that a failure tells more than "timed out"."""

    what: str
    timeout_s: float
    deadline: float
    last: str = "never looked"

    @classmethod
    def start(cls, fn: Callable[[], object], timeout_s: float, what: str | None) -> _Watch:
        name = what or str(getattr(fn, "__name__", repr(fn)))
        return cls(name, timeout_s, time.monotonic() + timeout_s)

    def fail_if_over(self, cause: BaseException | None) -> None:
        if time.monotonic() >= self.deadline:
            message = f"{self.what}: not true within {self.timeout_s:g} s; last seen: {self.last}"
            raise AssertionError(message) from cause


def eventually(
    fn: Callable[[], T],
    timeout_s: float,
    *,
    every_s: float = 0.05,
    ignoring: tuple[type[Exception], ...] = (),
    what: str | None = None,
) -> T:
    """What does `fn` return once it is truthy? Raises AssertionError if that takes over `timeout_s`.

    Exceptions listed in `ignoring` count as "not yet"; all others pass through at once. `fn` is called
    at least once, and once more after the deadline has passed.
    """
    watch = _Watch.start(fn, timeout_s, what)
    while True:
        cause: BaseException | None = None
        try:
            value = fn()
        except ignoring as error:
            watch.last, cause = repr(error), error
        else:
            if value:
                return value
            watch.last = repr(value)
        watch.fail_if_over(cause)
        time.sleep(every_s)


async def eventually_async(
    fn: Callable[[], Awaitable[T]],
    timeout_s: float,
    *,
    every_s: float = 0.05,
    ignoring: tuple[type[Exception], ...] = (),
    what: str | None = None,
) -> T:
    """What does the coroutine function `fn` return once it is truthy? Else as :func:`eventually`."""
    watch = _Watch.start(fn, timeout_s, what)
    while True:
        cause: BaseException | None = None
        try:
            value = await fn()
        except ignoring as error:
            watch.last, cause = repr(error), error
        else:
            if value:
                return value
            watch.last = repr(value)
        watch.fail_if_over(cause)
        await asyncio.sleep(every_s)
