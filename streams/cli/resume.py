"""`headstart resume`: what was held or frozen may be acted on again."""

from __future__ import annotations

from typing import Annotated

import typer

from advisor.settings import load_settings
from streams.cli.giving import By, Json, NoWait, Why, give, one_scope
from streams.cli.outcome import exit_codes


def resume(
    scope: Annotated[str | None, typer.Argument(help="Id of a resource or of a campaign.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="All that is held or frozen.")] = False,
    by: By = None,
    why: Why = "",
    no_wait: NoWait = False,
    as_json: Json = False,
) -> None:
    """Resume a resource or a campaign, or everything: its holds and freezes are over.

    All of them, whoever gave them; the answer names their people and reasons.

    Exit code 0: it goes on. 1: no worker answered within 10 s. 2: refused, and why. 3: Kafka cannot be
    reached. Examples:

        headstart resume bf-2026

        headstart resume --everything
    """
    from streams.codec.commands import CommandKind, OnScope

    with exit_codes():
        settings = load_settings()
    word = OnScope(CommandKind.RESUME, one_scope(scope, everything))
    give(settings, word, by, why, wait=not no_wait, as_json=as_json)
