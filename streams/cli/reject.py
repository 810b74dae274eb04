"""`headstart reject`: nothing is to be done for a campaign as it is announced now."""

from __future__ import annotations

from typing import Annotated

import typer

from advisor.settings import load_settings
from streams.cli.giving import By, Json, NoWait, Revision, Why, give
from streams.cli.outcome import BAD_INPUT, exit_codes, fail


def reject(
    campaign_id: Annotated[str, typer.Argument(help="Id of the campaign.", metavar="CAMPAIGN")],
    revision: Revision = None,
    by: By = None,
    why: Why = "",
    no_wait: NoWait = False,
    as_json: Json = False,
) -> None:
    """Reject a campaign: whatever was approved for it before counts no more. A later approval does.

    Exit code 0: it is rejected. 1: no worker answered within 10 s. 2: refused, and why. 3: Kafka cannot be
    reached. Example:

        headstart reject bf-2026 --why "over the quarter's budget"
    """
    from streams.campaign_inbox import read_inbox
    from streams.codec.commands import Reject

    with exit_codes():
        settings = load_settings()
        if revision is None:
            entry = read_inbox(settings).book.get(campaign_id)
            if entry is None:
                where = "is not on the inbox. Fix: see `headstart campaign list --all`"
                raise fail(f"{campaign_id!r} {where}", BAD_INPUT)
            revision = entry.revision
    give(settings, Reject(campaign_id, revision), by, why, wait=not no_wait, as_json=as_json)
