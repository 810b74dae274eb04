"""`headstart freeze`: the kill switch."""

from __future__ import annotations

from typing import Annotated

import typer

from advisor.settings import load_settings
from streams.cli.giving import By, Json, NoWait, Why, give, one_scope
from streams.cli.outcome import exit_codes


def freeze(
    resource: Annotated[str | None, typer.Argument(help="Id of a resource.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="Every resource.")] = False,
    by: By = None,
    why: Why = "",
    no_wait: NoWait = False,
    as_json: Json = False,
) -> None:
    """Freeze a resource, or everything: nothing is changed until `headstart resume`. Floors stay.

    A campaign is not frozen but held: `headstart hold CAMPAIGN`.

    Exit code 0: it is frozen. 1: no worker answered within 10 s. 2: refused, and why. 3: Kafka cannot be
    reached. Examples:

        headstart freeze --everything --why "incident 4711"

        headstart freeze k8s://prod/shop/hpa/web-shop
    """
    from streams.codec.commands import CommandKind, OnScope

    with exit_codes():
        settings = load_settings()
    word = OnScope(CommandKind.FREEZE, one_scope(resource, everything))
    give(settings, word, by, why, wait=not no_wait, as_json=as_json)
