"""The errors Headstart raises on purpose.

    HeadstartError
    ├── ConfigError       a policy or setting that cannot be used; carries every problem found
    ├── DecodeError       a message that cannot be read; carries the Reason for the dead-letter topic
    ├── PriceListError    a price list that does not answer, or not as it should
    └── ActuationError    a call to the platform that failed; says whether trying again can help

Messages name the thing, the value and the fix. "Nothing to do" and "not enough data" are values
(see :class:`advisor.domain.reason.Reason`), not errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.domain.reason import Reason


class HeadstartError(Exception):
    """Base of every error that Headstart raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a configuration: where, what was found, and how to mend it."""

    path: str
    value: object
    message: str
    fix: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message} (found {self.value!r}). Fix: {self.fix}"


class ConfigError(HeadstartError):
    """A configuration that cannot be used. `problems` holds all of them, not only the first."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        super().__init__("\n".join([f"{source}: {count}", *(f"  {p}" for p in self.problems)]))


class DecodeError(HeadstartError):
    """A message that cannot be read. `reason` is the word the dead-letter topic carries."""

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}")


class PriceListError(HeadstartError):
    """A price list that could not be asked, or whose answer cannot be understood."""


class ActuationError(HeadstartError):
    """A platform call that failed.

    `reason` names the kind of trouble, `retryable` says whether the same call can succeed later, and
    `retry_after` how long the platform asked to be left alone, in seconds, if it did.
    """

    def __init__(
        self,
        resource: str,
        detail: str,
        *,
        retryable: bool,
        reason: Reason = Reason.ACT_FAILED,
        retry_after: float | None = None,
    ) -> None:
        self.resource = resource
        self.detail = detail
        self.retryable = retryable
        self.reason = reason
        self.retry_after = retry_after
        super().__init__(f"{resource}: {detail}")
