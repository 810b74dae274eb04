"""`headstart approve`: how far Headstart may go for a campaign, by default as far as its plan goes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from advisor.policy_file import load_policy
from advisor.settings import load_settings
from streams.cli.giving import By, Json, NoWait, Revision, Why, give
from streams.cli.outcome import BAD_INPUT, exit_codes, fail

if TYPE_CHECKING:
    from streams.plan import CampaignPlan


def approve(
    campaign_id: Annotated[str, typer.Argument(help="Id of the campaign.", metavar="CAMPAIGN")],
    *,
    most: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RESOURCE=UNITS",
            help="At most so many of this one; repeat. The others stay as the plan has them.",
        ),
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="Most extra cost. Default: the plan's own and 5 % more.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="When it expires. Default: as the policy says, or the plan's end.")
    ] = None,
    revision: Revision = None,
    by: By = None,
    why: Why = "",
    policy: Annotated[
        Path | None, typer.Option(help="Policy file. Default: HEADSTART_POLICY_FILE, then policy.yaml.")
    ] = None,
    no_wait: NoWait = False,
    as_json: Json = False,
) -> None:
    """Approve a campaign within bounds: inside them floors are raised, outside you are asked again.

    Without options the bounds are the present plan's: its units, its extra cost and 5 % more, for that moves
    a little with every forecast, from its first step to its last. Each --most changes that of one resource
    and of no other. Times are local to the campaign, or carry an offset. Exit code 0: it is approved. 1: no
    worker answered within 10 s. 2: refused, and why, or a bad policy. 3: Kafka cannot be reached. Examples:

        headstart approve bf-2026

        headstart approve bf-2026 --most k8s://prod/shop/hpa/web-shop=60 --max-cost 400
        --until 2026-11-27T09:00
    """
    from streams.codec.commands import Approve
    from streams.envelope_of_plan import envelope_of
    from streams.plan import NoSuchCampaignError, plan_campaign

    with exit_codes():
        settings = load_settings()
        policy_file = load_policy(policy or settings.policy_file)
        units = dict(_units(text) for text in most or ())
        try:
            planned = plan_campaign(settings, policy_file, campaign_id, datetime.now(UTC))
        except NoSuchCampaignError as error:
            raise fail(str(error), BAD_INPUT) from error
        bounds = envelope_of(planned, policy_file.policy, units)
        if not bounds.most_units:
            raise fail(
                f"the plan of {campaign_id!r} asks for nothing. Fix: say how much with --most", BAD_INPUT
            )
    word = Approve(
        campaign_id=campaign_id,
        revision=planned.campaign.revision if revision is None else revision,
        most_units=bounds.most_units,
        max_cost=bounds.max_cost if max_cost is None else max_cost,
        currency=policy_file.policy.currency,
        start=bounds.start,
        end=bounds.end,
        expires_at=bounds.expires_at if until is None else _time(until, planned),
    )
    give(settings, word, by, why, wait=not no_wait, as_json=as_json)


def _units(text: str) -> tuple[str, int]:
    """RESOURCE=UNITS as a pair. Ends the command for anything else."""
    resource, _, units = text.rpartition("=")
    if not resource or not units.isdecimal():
        raise fail(f"--most {text!r} is not RESOURCE=UNITS. Fix: write e.g. sim://shop/web=60", BAD_INPUT)
    return resource, int(units)


def _time(text: str, planned: CampaignPlan) -> datetime:
    """A time as a person writes it, local to the campaign. Ends the command for anything else."""
    try:
        written = datetime.fromisoformat(text)
    except ValueError as error:
        raise fail(f"--until {text!r} is no time. Fix: write e.g. 2026-11-27T10:00", BAD_INPUT) from error
    aware = written if written.tzinfo else written.replace(tzinfo=ZoneInfo(planned.campaign.timezone))
    return aware.astimezone(UTC)
