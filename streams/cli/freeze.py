"""`headstart freeze`: the kill switch."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from advisor.settings import load_settings
from streams.cli.giving import By, Json, NoWait, Why, give, one_scope
from streams.cli.outcome import exit_codes


def freeze(
    resource: Annotated[str | None, typer.Argument(help="Id of a resource.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="Every resource.")] = False,
    disarm: Annotated[
        bool, typer.Option("--disarm", help="Also take back what platforms would carry out by themselves.")
    ] = False,
    by: By = None,
    why: Why = "",
    no_wait: NoWait = False,
    as_json: Json = False,
) -> None:
    """Freeze a resource, or everything: nothing is changed until `headstart resume`. Floors stay.

    A campaign is not frozen but held: `headstart hold CAMPAIGN`. Steps that are armed at a platform are
    listed, for they will come to pass all the same, unless --disarm takes them back.

    Exit code 0: it is frozen. 1: no worker answered within 10 s. 2: refused, and why. 3: Kafka cannot be
    reached. Examples:

        headstart freeze --everything --why "incident 4711"

        headstart freeze --everything --disarm

        headstart freeze k8s://prod/shop/hpa/web-shop
    """
    from streams.cli.armed import armed_lines
    from streams.codec.commands import CommandKind, OnScope
    from streams.estate_now import read_states

    with exit_codes():
        settings = load_settings()
    word = OnScope(CommandKind.FREEZE, one_scope(resource, everything), disarm)
    give(settings, word, by, why, wait=not no_wait, as_json=as_json)
    with exit_codes():
        states = read_states(settings)
    for line in armed_lines(states, word.scope):
        Console(stderr=True).print(line, soft_wrap=True, highlight=False)
