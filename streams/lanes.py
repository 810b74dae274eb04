"""One platform operation at a time per resource, and none that holds up the others.

A call that takes half a minute must not keep a raise elsewhere waiting: whoever starts work waits a moment
for it, and goes on with what has ended by then. The rest is handed out when it has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


class Lanes(Generic[Result]):
    """Work by resource, at most one piece each. `patience_s` None waits for all of it, as a replay must."""

    def __init__(self, patience_s: float | None) -> None:
        self._patience_s = patience_s
        self._under_way: dict[str, asyncio.Task[Result]] = {}

    def is_free(self, resource: str) -> bool:
        """Is nothing under way there?"""
        return resource not in self._under_way

    @property
    def busy(self) -> frozenset[str]:
        """The resources on which something is under way."""
        return frozenset(self._under_way)

    async def run(self, work: Mapping[str, Callable[[], Coroutine[Any, Any, Result]]]) -> dict[str, Result]:
        """Start this work, wait for a moment, and hand out all that has ended, whenever it was started.

        Raises what a piece of work raised: that is a fault of ours, for whatever a platform does is a result.
        """
        for resource, piece in work.items():
            self._under_way[resource] = asyncio.create_task(piece(), name=f"platform {resource}")
        return await self._ended(self._patience_s)

    async def finish(self) -> dict[str, Result]:
        """Wait for all that is under way, however long it takes, and hand it out."""
        return await self._ended(None)

    async def _ended(self, patience_s: float | None) -> dict[str, Result]:
        if self._under_way:
            await asyncio.wait(self._under_way.values(), timeout=patience_s)
        ended = {resource: task for resource, task in self._under_way.items() if task.done()}
        for resource in ended:
            del self._under_way[resource]
        return {resource: task.result() for resource, task in ended.items()}

    async def stop(self) -> None:
        """Call off what is under way, and wait for its end."""
        tasks = list(self._under_way.values())
        self._under_way.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
