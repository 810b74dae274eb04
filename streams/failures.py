"""What broke the worker, as a sentence for whoever reads its last line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    NoBrokersAvailable,
    NodeNotReadyError,
    RequestTimedOutError,
)

from advisor.errors import HeadstartError
from streams.kafka_clients import KafkaUnreachableError

log = structlog.get_logger(__name__)

UNREACHABLE = (
    KafkaConnectionError,
    KafkaTimeoutError,
    NoBrokersAvailable,
    NodeNotReadyError,
    RequestTimedOutError,
    ConnectionError,
    TimeoutError,
)


class WorkerFailedError(HeadstartError):
    """A part of the worker failed, or ended that should not have."""


def failure(part: str, error: BaseException) -> HeadstartError:
    """What to end the worker with, when this part of it failed with this error?

    KafkaUnreachableError where Kafka did not answer, else WorkerFailedError. An error that nobody foresaw
    is a fault of ours: its traceback goes to the log, for whoever mends it.
    """
    if isinstance(error, KafkaUnreachableError | WorkerFailedError):
        return error
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, UNREACHABLE):
        return KafkaUnreachableError(
            f"{part}: Kafka does not answer ({said}). Fix: see to the brokers; a worker started anew goes on "
            "where this one ended"
        )
    if not isinstance(error, HeadstartError | KafkaError | OSError):
        log.error("unforeseen", part=part, exc_info=error)
    return WorkerFailedError(f"{part} failed: {said}")


@contextmanager
def named(part: str) -> Iterator[None]:
    """Whatever fails in here ends as the :func:`failure` of this part."""
    try:
        yield
    except Exception as error:
        raise failure(part, error) from error
