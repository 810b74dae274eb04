"""Waiting with a deadline: what the other tests use in place of sleeping."""

from __future__ import annotations

from itertools import count

import pytest

from tests.support.deadline import eventually, eventually_async


def test_it_returns_the_first_truthy_value() -> None:
    """Looking goes on until the value is truthy, and that value is the answer."""
    numbers = count()

    assert eventually(lambda: next(numbers) // 3, 5, every_s=0) == 1


def test_it_fails_with_what_was_seen_last() -> None:
    """A missed deadline names what was waited for and what was there instead."""
    with pytest.raises(AssertionError, match=r"all records: not true within 0\.01 s; last seen: \[\]"):
        eventually(list, 0.01, every_s=0.001, what="all records")


def test_only_the_listed_exceptions_count_as_not_yet() -> None:
    """An expected exception is waited out; any other ends the waiting at once."""
    answers = iter([ConnectionError("not up"), ConnectionError("not up"), "up"])

    def look() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert eventually(look, 5, every_s=0, ignoring=(ConnectionError,)) == "up"
    with pytest.raises(ZeroDivisionError):
        eventually(lambda: 1 / 0, 5, ignoring=(ConnectionError,))


def test_an_exception_that_never_ends_is_the_cause_of_the_failure() -> None:
    """When the deadline passes over an expected exception, the failure is chained to it."""

    def look() -> bool:
        raise ConnectionError("not up")

    with pytest.raises(AssertionError, match="not up") as failure:
        eventually(look, 0.01, every_s=0.001, ignoring=(ConnectionError,))

    assert isinstance(failure.value.__cause__, ConnectionError)


async def test_on_an_event_loop_it_awaits() -> None:
    """The asynchronous twin waits in the same way."""
    numbers = count()

    async def look() -> int:
        return next(numbers) // 3

    async def never() -> bool:
        return False

    assert await eventually_async(look, 5, every_s=0) == 1
    with pytest.raises(AssertionError, match="never: not true"):
        await eventually_async(never, 0.01, every_s=0.001)
