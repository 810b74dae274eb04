"""How is a platform called: how often, how many at once, for how long, and how often again?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from aiolimiter import AsyncLimiter
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential_jitter,
)

from advisor.domain.reason import Reason
from advisor.errors import ActuationError

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Bounds on the calls of one account or cluster. Times in seconds.

    `per_s` calls begin in a second and `at_once` are under way; one attempt takes `timeout_s` at most, and
    there are `attempts`, with growing, jittered waits of at most `longest_wait_s` between them.
    """

    per_s: float = 20.0
    at_once: int = 8
    timeout_s: float = 10.0
    attempts: int = 3
    longest_wait_s: float = 4.0

    @property
    def slowest_call(self) -> timedelta:
        """The longest that one call can take with all its attempts, and with waiting for its turn."""
        waits_s = (self.attempts - 1) * (self.longest_wait_s + 1.0)
        return timedelta(seconds=self.attempts * self.timeout_s + waits_s)


class Calls:
    """The calls to one account or cluster, by whichever actuator: they share its limits."""

    def __init__(self, limits: CallLimits) -> None:
        self.limits = limits
        self._pace = AsyncLimiter(max(limits.per_s, 1.0), 1.0)
        self._at_once = asyncio.Semaphore(limits.at_once)

    async def make(self, resource: str, attempt: Callable[[], Awaitable[Answer]]) -> Answer:
        """Make one call, again if it fails in a way that may pass. Raises the last attempt's ActuationError.

        A conflict is not tried again here: what to do about it has to be decided anew. A call that would
        still wait for its turn when its slowest has to be over is given up: what is promised is kept.
        """
        longest_s = self.limits.slowest_call.total_seconds()
        try:
            async with asyncio.timeout(longest_s):
                return await self._made(resource, attempt)
        except TimeoutError as error:
            detail = f"not done within {longest_s:g} s, its turn and all its attempts included"
            raise ActuationError(resource, detail, retryable=True, reason=Reason.ACT_TIMED_OUT) from error

    async def _made(self, resource: str, attempt: Callable[[], Awaitable[Answer]]) -> Answer:
        limits = self.limits
        async for trial in AsyncRetrying(
            stop=stop_after_attempt(limits.attempts),
            wait=_asked_for_or(limits.longest_wait_s),
            retry=retry_if_exception(_may_pass),
            reraise=True,
        ):
            with trial:
                async with self._at_once, self._pace:
                    return await self._attempt(resource, attempt)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _attempt(self, resource: str, attempt: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            async with asyncio.timeout(self.limits.timeout_s):
                return await attempt()
        except TimeoutError as error:
            detail = f"no answer within {self.limits.timeout_s:g} s"
            raise ActuationError(resource, detail, retryable=True, reason=Reason.ACT_TIMED_OUT) from error


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, ActuationError) and error.retryable and error.reason is not Reason.ACT_CONFLICT


def _asked_for_or(longest_s: float) -> Callable[[RetryCallState], float]:
    """Wait as long as the platform asked for, if it did and that is not too long; otherwise ever longer."""
    otherwise = wait_exponential_jitter(multiplier=0.2, max=longest_s)

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, ActuationError) else None
        return otherwise(state) if asked is None else min(asked, longest_s)

    return wait
