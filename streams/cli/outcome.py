"""How a command ends: 0 done, 1 failed, 2 bad input or policy, 3 Kafka unreachable or topics wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.markup import escape

from advisor.errors import ConfigError, DecodeError, HeadstartError
from streams.cli.problems import print_problems

FAILED = 1
BAD_INPUT = 2
BAD_KAFKA = 3


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turns the errors we raise on purpose into a sentence on stderr and the exit code that goes with it."""
    try:
        yield
    except ConfigError as error:
        print_problems(Console(stderr=True), error.source, error.problems)
        raise typer.Exit(BAD_INPUT) from error
    except DecodeError as error:
        raise fail(str(error), BAD_INPUT) from error
    except HeadstartError as error:
        from streams.kafka_clients import KafkaUnreachableError, TopicMissingError

        is_kafka = isinstance(error, KafkaUnreachableError | TopicMissingError)
        raise fail(str(error), BAD_KAFKA if is_kafka else FAILED) from error


def fail(message: str, code: int) -> typer.Exit:
    """Says what went wrong on stderr; the caller raises what is returned."""
    Console(stderr=True).print(f"[bold red]error:[/] {escape(message)}", soft_wrap=True, highlight=False)
    return typer.Exit(code)
