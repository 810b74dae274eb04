"""Whatever breaks a worker ends as one sentence, with the exit code that goes with it."""

from __future__ import annotations

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError, RequestTimedOutError, UnknownError
from structlog.testing import capture_logs

from advisor.domain.reason import Reason
from advisor.errors import DecodeError, HeadstartError
from streams.failures import WorkerFailedError, failure, named
from streams.kafka_clients import KafkaUnreachableError


@pytest.mark.parametrize(
    "error",
    [
        KafkaConnectionError("no broker"),
        KafkaTimeoutError(),
        RequestTimedOutError(),
        TimeoutError(),
        ConnectionResetError("gone"),
    ],
)
def test_a_broker_that_does_not_answer_is_kafka_being_away(error: Exception) -> None:
    """The command then ends with 3, and says in which part it was noticed."""
    ended = failure("ingest", error)

    assert isinstance(ended, KafkaUnreachableError)
    assert str(ended).startswith(f"ingest: Kafka does not answer ({type(error).__name__}")


@pytest.mark.parametrize(
    "error", [UnknownError("?"), DecodeError(Reason.NOT_JSON, "no JSON"), OSError("disk full")]
)
def test_any_other_foreseen_error_is_the_workers_own(error: Exception) -> None:
    """The command ends with 1; the sentence names the part, the error's kind and its words; no traceback."""
    with capture_logs() as logs:
        ended = failure("feed", error)

    assert isinstance(ended, WorkerFailedError)
    assert str(ended) == f"feed failed: {type(error).__name__}: {error}"
    assert logs == []


def test_an_unforeseen_error_leaves_its_traceback_in_the_log() -> None:
    """It is a fault in the code: the sentence alone would not help anybody to mend it."""
    with capture_logs() as logs:
        ended = failure("assessor", KeyError("web"))

    assert isinstance(ended, WorkerFailedError)
    assert [(line["event"], line["part"]) for line in logs] == [("unforeseen", "assessor")]
    assert isinstance(logs[0]["exc_info"], KeyError)


def test_an_error_named_once_keeps_its_name() -> None:
    """What failed inside of a part is not named again by what is around it."""
    with pytest.raises(HeadstartError) as inner, named("restoring state"):
        raise UnknownError("?")

    assert failure("faust", inner.value) is inner.value
    assert isinstance(inner.value.__cause__, UnknownError)
