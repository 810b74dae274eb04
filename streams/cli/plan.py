"""`headstart plan`: is a campaign safe, what is done for it and when, and what does it cost?"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from advisor.domain.advice import CampaignReadiness, Readiness, ResourceDecision
from advisor.domain.money import Cost
from advisor.policy_file import load_policy
from advisor.settings import load_settings
from streams.cli.outcome import BAD_INPUT, exit_codes, fail

if TYPE_CHECKING:
    from streams.plan import CampaignPlan

COLOURS = {Readiness.READY: "green", Readiness.AT_RISK: "yellow", Readiness.NOT_READY: "red"}


def plan(
    campaign_id: Annotated[str, typer.Argument(help="Id of the campaign.", metavar="CAMPAIGN")],
    policy: Annotated[
        Path | None, typer.Option(help="Policy file. Default: HEADSTART_POLICY_FILE, then policy.yaml.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show a campaign's readiness, its backward schedule, its extra cost and the reasons, as of now.

    Decides as the worker would, from the same topics, and changes nothing; a worker has to be running for
    the campaign to be forecast. Times are in the campaign's own time zone. Exit code 0: the plan is shown,
    whatever it says. 2: no such campaign stands, or a bad policy. 3: Kafka cannot be reached. Examples:

        headstart plan bf-2026

        headstart plan bf-2026 --json | jq .readiness.readiness
    """
    from streams.plan import NoSuchCampaignError, plan_campaign

    with exit_codes():
        settings = load_settings()
        policy_file = load_policy(policy or settings.policy_file)
        try:
            planned = plan_campaign(settings, policy_file, campaign_id, datetime.now(UTC))
        except NoSuchCampaignError as error:
            raise fail(str(error), BAD_INPUT) from error
    if as_json:
        typer.echo(msgspec.json.encode(planned).decode())
    else:
        _print(Console(), planned)


def _print(out: Console, planned: CampaignPlan) -> None:
    zone = ZoneInfo(planned.campaign.timezone)
    out.print(sentence(planned), soft_wrap=True, highlight=False)
    if planned.readiness is None:
        return
    out.print(_findings(planned.readiness))
    for made in planned.resources:
        recommendation = made.recommendation
        title = f"{recommendation.resource} ({recommendation.mode})"
        if not recommendation.steps:
            out.print(f"\n{escape(title)}: nothing to do, {', '.join(recommendation.reasons)}")
            continue
        out.print(_schedule(title, made, zone))


def sentence(planned: CampaignPlan) -> str:
    """The one answer for both sides, with rich's markup: verdict, why, from when on, at what cost."""
    campaign, readiness = planned.campaign, planned.readiness
    start = campaign.start.astimezone(ZoneInfo(campaign.timezone))
    head = f"[bold]{escape(campaign.title)}[/], {start:%A %d %B %Y %H:%M} {campaign.timezone}"
    if readiness is None:
        return f"{head}: over, nothing is done for it"
    verdict = readiness.readiness
    why = "; ".join(
        f"{finding.resource + ': ' if finding.resource else ''}{finding.detail}"
        for finding in readiness.findings
        if finding.readiness is verdict
    )
    parts = [f"{head}: [bold {COLOURS[verdict]}]{verdict.replace('_', ' ')}[/], because {escape(why)}"]
    if readiness.earliest_safe_start is not None:
        earliest = readiness.earliest_safe_start.astimezone(ZoneInfo(campaign.timezone))
        parts.append(f"earliest safe start {earliest:%A %H:%M}")
    if readiness.extra_cost.extra is not None:
        parts.append(f"extra cost {_money(readiness.extra_cost)}")
    return "; ".join(parts)


def _findings(readiness: CampaignReadiness) -> Table:
    table = Table(title="Why", title_justify="left")
    for column in ("verdict", "reason", "resource", "detail"):
        table.add_column(column, overflow="fold")
    for found in readiness.findings:
        colour = COLOURS[found.readiness]
        table.add_row(
            f"[{colour}]{found.readiness}[/]", found.reason, escape(found.resource), escape(found.detail)
        )
    return table


def _schedule(title: str, made: ResourceDecision, zone: ZoneInfo) -> Table:
    table = Table(title=escape(title), title_justify="left")
    table.add_column("act at")
    table.add_column("floor", justify="right")
    table.add_column("ceiling", justify="right")
    for step in made.recommendation.steps:
        table.add_row(f"{step.act_at.astimezone(zone):%a %d %b %H:%M}", str(step.floor), str(step.ceiling))
    return table


def _money(cost: Cost) -> str:
    return f"{cost.currency} {cost.extra:,.2f}"
