"""What the libraries log while a broker is away is told in moderation; our own lines all pass."""

from __future__ import annotations

import logging
from typing import Any

from streams.logs import REPEATED_AFTER_S, Sparingly


def record(
    logger: str, message: str, *arguments: object, at_s: float, exc_info: Any = None
) -> logging.LogRecord:
    """A log record as of this time."""
    made = logging.LogRecord(logger, logging.ERROR, __file__, 1, message, arguments, exc_info)
    made.created = at_s
    return made


def refused() -> Any:
    """The error of a broker that is away, as logging is given it."""
    error = ConnectionRefusedError("nobody listens")
    return type(error), error, error.__traceback__


def test_a_noisy_message_passes_once_in_ten_seconds_whatever_its_numbers() -> None:
    """Each message by itself: another one of the same library passes meanwhile."""
    sparingly = Sparingly()
    lines = [("aiokafka", "no node %d", n) for n in range(1000)]

    passed = [n for n, line in enumerate(lines) if sparingly.filter(record(*line, at_s=n * 0.1))]

    assert passed == [0, 100, 200, 300, 400, 500, 600, 700, 800, 900]
    assert REPEATED_AFTER_S == 10.0
    assert sparingly.filter(record("aiokafka.consumer", "fetch failed", at_s=99.9))


def test_a_noisy_error_is_told_in_one_line() -> None:
    """Its kind and its words stay, its traceback goes."""
    told = record("faust.app", "Crashed in %s", "agent", at_s=0, exc_info=refused())

    assert Sparingly().filter(told)
    assert told.getMessage() == "Crashed in agent: ConnectionRefusedError: nobody listens"
    assert told.exc_info is None


def test_our_own_lines_pass_as_they_are() -> None:
    """However often, and with the traceback of whatever nobody foresaw."""
    sparingly = Sparingly()
    ours = [record("streams.failures", "unforeseen", at_s=0, exc_info=refused()) for _ in range(3)]

    assert [sparingly.filter(line) for line in ours] == [True, True, True]
    assert all(line.exc_info for line in ours)
