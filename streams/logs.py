"""One line an event: JSON for machines, coloured text for people at a terminal."""

from __future__ import annotations

import logging
import sys

import structlog

# Libraries that repeat themselves hundreds of times a second while a broker is away.
NOISY = ("aiokafka", "botocore", "faust", "httpcore2", "httpx2", "kafka", "mode")
REPEATED_AFTER_S = 10.0


class Sparingly(logging.Filter):
    """Lets a message of the noisy libraries through once in a while, and without its traceback.

    What they report is a broker's or a platform's trouble and not a fault in the code. At level DEBUG all of
    it passes.
    """

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Should this be written? `created` is the record's own time in epoch seconds."""
        if record.name.split(".")[0] not in NOISY:
            return True
        what = (record.name, str(record.msg))  # the template: numbers in it do not make it another message
        if record.created - self._last.get(what, float("-inf")) < REPEATED_AFTER_S:
            return False
        self._last[what] = record.created
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            record.msg, record.args = f"{record.getMessage()}: {type(error).__name__}: {error}", ()
        record.exc_info = record.exc_text = None
        return True


def configure(level: str, form: str) -> None:
    """Set up logging to stderr. `form` is json, text, or auto: text where stderr is a terminal."""
    as_text = form == "text" or (form == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if as_text else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    if level != "DEBUG":
        handler.addFilter(Sparingly())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
