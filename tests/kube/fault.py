"""What can go wrong with a call to an API server."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web

STALL_S = 30.0


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with a call of this method (any, if empty) to a path that holds `within`.

    "answer" is an answer of `status` in place of the API server's, "text" one that is not JSON, "reset" cuts
    the connection, "stall" says nothing for long. `afterwards`: the API server has done what was asked.
    """

    method: str = ""
    how: Literal["answer", "text", "reset", "stall"] = "answer"
    status: int = 503
    retry_after_s: int | None = None
    afterwards: bool = False
    within: str = ""


async def spoilt(fault: Fault, request: web.Request) -> web.StreamResponse:
    """What the caller gets instead of the API server's answer."""
    if fault.how == "reset":
        assert request.transport is not None
        request.transport.abort()
        return web.Response()
    if fault.how == "stall":
        await asyncio.sleep(STALL_S)
    headers = {} if fault.retry_after_s is None else {"Retry-After": str(fault.retry_after_s)}
    if fault.how == "text":
        return web.Response(status=fault.status, text="<html>upstream trouble</html>", headers=headers)
    return web.Response(
        status=fault.status,
        text=json.dumps(_status(fault.status)),
        content_type="application/json",
        headers=headers,
    )


def _status(code: int) -> dict[str, Any]:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f"a fault of the test: {code}",
        "code": code,
    }
