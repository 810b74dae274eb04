"""What can go wrong with a call, on demand: so often, for this service or operation."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from threading import Event

from werkzeug.wrappers import Request, Response

from tests.aws.wire import Call, RefusedError, refused

SAID = {
    "throttled": ("Throttling", "Rate exceeded", 400),
    "429": ("TooManyRequestsException", "Rate exceeded", 429),
    "500": ("InternalFailure", "We have a problem", 500),
    "503": ("ServiceUnavailable", "Try again later", 503),
    "expired": ("ExpiredToken", "The security token included in the request is expired", 403),
    "skewed": ("SignatureDoesNotMatch", "Signature expired: 20261127T055000Z is now earlier than", 403),
    "forbidden": ("AccessDenied", "User is not authorized to perform this", 403),
    "contended": ("ScalingActivityInProgress", "Activity is in progress", 400),
    "full": ("LimitExceeded", "You have reached your limit", 400),
}
"""Faults that are answers: code, message, status."""


@dataclass
class Fault:
    """What befalls the next `times` calls of an operation (or of all): a word of SAID, `reset` or `stall`."""

    kind: str
    operation: str | None = None
    times: int = 1

    def befalls(self, call: Call) -> bool:
        """Is it this call's turn?"""
        return self.times > 0 and self.operation in (None, call.operation)


class Faults:
    """The faults to come, and how stalled calls are let go."""

    def __init__(self) -> None:
        self.to_come: list[Fault] = []
        self.retry_after: str | None = None
        self.let_go = Event()

    def add(self, kind: str, operation: str | None = None, times: int = 1) -> None:
        """Let something go wrong with the next calls."""
        self.to_come.append(Fault(kind, operation, times))

    def cut_off(self) -> None:
        """From now on no call gets an answer."""
        self.add("reset", times=1_000_000)

    def clear(self) -> None:
        """Nothing goes wrong any more, and whatever stalls goes on."""
        self.to_come.clear()
        self.let_go.set()
        self.let_go = Event()

    def strike(self, call: Call, request: Request) -> Response | None:
        """The answer of whatever befalls this call. A call that stalls is carried out after that, late."""
        fault = next((f for f in self.to_come if f.befalls(call)), None)
        if fault is None:
            return None
        fault.times -= 1
        if fault.kind == "stall":
            self.let_go.wait(30.0)
            return None
        if fault.kind == "reset":
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return Response(status=500)
        answer = refused(call, RefusedError(*SAID[fault.kind]))
        if self.retry_after:
            answer.headers["Retry-After"] = self.retry_after
        return answer
