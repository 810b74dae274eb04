"""`headstart hold`: nobody acts on a resource, or for a campaign, until somebody resumes it."""

from __future__ import annotations

from typing import Annotated

import typer

from advisor.settings import load_settings
from streams.cli.giving import By, Json, NoWait, Why, give
from streams.cli.outcome import exit_codes


def hold(
    scope: Annotated[str, typer.Argument(help="Id of a resource or of a campaign.")],
    by: By = None,
    why: Why = "",
    no_wait: NoWait = False,
    as_json: Json = False,
) -> None:
    """Hold a resource or a campaign: nothing is changed there until `headstart resume`. Floors stay.

    It stops capacity from being changed, and nobody from sending: the send gate goes on to answer from the
    capacity that is there, so a campaign that is held may still be sent. Each person's hold stands by itself;
    one resume ends all of a scope.

    Exit code 0: it holds. 1: no worker answered within 10 s. 2: refused, and why. 3: Kafka cannot be
    reached. Examples:

        headstart hold bf-2026 --why "its audience is being corrected"

        headstart hold k8s://prod/shop/hpa/web-shop
    """
    from streams.codec.commands import CommandKind, OnScope

    with exit_codes():
        settings = load_settings()
    give(settings, OnScope(CommandKind.HOLD, scope), by, why, wait=not no_wait, as_json=as_json)
