"""`headstart campaign`: announce, list and cancel campaigns on Kafka."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from advisor.domain.timegrid import to_iso
from advisor.settings import load_settings
from streams.cli.outcome import BAD_INPUT, exit_codes, fail

if TYPE_CHECKING:
    from streams.campaign_book import BookEntry
    from streams.campaign_inbox import Inbox

SOURCE = "/headstart/cli"

app = typer.Typer(help="Announce, list and cancel campaigns.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Source = Annotated[str, typer.Option(help="CloudEvents source; the policy's `sources:` trust it or not.")]


@app.command()
def submit(
    *,
    campaign_id: Annotated[str | None, typer.Option("--id", help="Stable id of the campaign.")] = None,
    kind: Annotated[str | None, typer.Option(help="e.g. flash_sale; effects are learned per kind.")] = None,
    start: Annotated[str | None, typer.Option(help="e.g. 2026-11-27T10:00:00, local or with offset.")] = None,
    end: Annotated[str | None, typer.Option(help="As --start, and after it.")] = None,
    service: Annotated[list[str] | None, typer.Option(help="A service it leads to; repeat for more.")] = None,
    timezone: Annotated[str | None, typer.Option(help="IANA zone of local times. Default: UTC.")] = None,
    local_time: Annotated[
        bool, typer.Option("--local-time", help="People are reached at --start by their own clocks.")
    ] = False,
    audience_timezone: Annotated[
        list[str] | None, typer.Option(help="With it, who lives where: Europe/Berlin=0.9; repeat for more.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    channel: Annotated[list[str] | None, typer.Option(help="email, push ...; repeat for more.")] = None,
    audience: Annotated[float | None, typer.Option(help="People reached.")] = None,
    send_rate: Annotated[float | None, typer.Option(help="Messages a minute.")] = None,
    uplift_p50: Annotated[float | None, typer.Option(help="Demand becomes so many times the usual.")] = None,
    uplift_p90: Annotated[float | None, typer.Option(help="The same, exceeded one time in ten.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who to ask about it.")] = None,
    team: Annotated[str | None, typer.Option(help="Whose it is.")] = None,
    max_cost: Annotated[float | None, typer.Option(help="Most to pay for extra capacity.")] = None,
    currency: Annotated[str, typer.Option(help="Of --max-cost.")] = "EUR",
    revision: Annotated[int | None, typer.Option(help="Default: one above what the inbox holds.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="JSON or YAML: the event's data, or a whole CloudEvent.")
    ] = None,
    source: Source = SOURCE,
    as_json: Json = False,
) -> None:
    """Announce a campaign, or a new revision of one. Flags add to --file and win over it.

    Exit code 0: Kafka has it. 2: something in it is wrong; every problem is named. 3: Kafka cannot be reached
    or has no such topic. Examples:

        headstart campaign submit --id bf-2026 --kind flash_sale --service web-shop --timezone Europe/Berlin
        --start 2026-11-27T10:00:00 --end 2026-11-27T14:00:00 --uplift-p50 3 --uplift-p90 5.5

        headstart campaign submit --file black-friday.yaml
    """
    from streams.campaign_inbox import read_inbox, send_to_inbox
    from streams.cli.campaign_input import announcement, read_file, shares

    flags: dict[str, Any] = {
        "campaign_id": campaign_id,
        "revision": revision,
        "kind": kind,
        "start": start,
        "end": end,
        "services": service,
        "timezone": timezone,
        "local_time": local_time or None,
        "audience_timezones": shares(audience_timezone or []) or None,
        "name": name,
        "channels": channel,
        "audience": audience,
        "send_rate_per_min": send_rate,
        "owner": owner,
        "team": team,
        "expected_uplift": _both("p50", uplift_p50, "p90", uplift_p90),
        "budget": {"currency": currency, "max_cost": max_cost} if max_cost is not None else None,
    }
    with exit_codes():
        settings = load_settings()
        attributes, data = read_file(file) if file else ({}, {})
        data |= {field: value for field, value in flags.items() if value not in (None, [])}
        # the revision may have to come from Kafka: everything else is checked before asking it
        announcement(attributes, {"revision": 1} | data, source, datetime.now(UTC))
        if "revision" not in data:
            data["revision"] = read_inbox(settings).next_revision(data["campaign_id"])
        campaign, message = announcement(attributes, data, source, datetime.now(UTC))
        partition, offset = send_to_inbox(settings, message)
    _said(
        "announced",
        campaign.campaign_id,
        campaign.revision,
        partition,
        offset,
        as_json,
    )


@app.command("list")
def list_campaigns(
    everything: Annotated[bool, typer.Option("--all", help="Also cancelled and withdrawn ones.")] = False,
    as_json: Json = False,
) -> None:
    """List the campaigns that stand, from the inbox itself: the highest revision of each.

    Exit code 0, or 3 if Kafka cannot be reached. Examples:

        headstart campaign list

        headstart campaign list --all --json
    """
    from streams.campaign_book import Standing
    from streams.campaign_inbox import read_inbox

    with exit_codes():
        inbox = read_inbox(load_settings())
    entries = [e for e in inbox.book.entries if everything or e.standing is Standing.SCHEDULED]
    entries.sort(key=lambda e: (e.campaign.start.timestamp() if e.campaign else 0.0, e.campaign_id))
    if as_json:
        typer.echo(_list_json(entries, inbox))
    else:
        _print_list(entries, inbox)


@app.command()
def cancel(
    campaign_id: Annotated[str, typer.Argument(help="Id of the campaign.")],
    revision: Annotated[int | None, typer.Option(help="Default: one above what the inbox holds.")] = None,
    source: Source = SOURCE,
    as_json: Json = False,
) -> None:
    """Cancel a campaign: its capacity is let go of gently, and only a higher revision brings it back.

    Exit code 0: Kafka has it. 2: no such campaign stands. 3: Kafka cannot be reached. Example:

        headstart campaign cancel bf-2026
    """
    from streams.campaign_book import Standing
    from streams.campaign_inbox import read_inbox, send_to_inbox
    from streams.codec.campaigns import encode_cancellation

    with exit_codes():
        settings = load_settings()
        if revision is None:
            inbox = read_inbox(settings)
            entry = inbox.book.get(campaign_id)
            if entry is None or entry.standing is not Standing.SCHEDULED:
                state = f"is {entry.standing}" if entry else "is not on the inbox"
                raise fail(f"{campaign_id!r} {state}. Fix: see `headstart campaign list --all`", BAD_INPUT)
            revision = inbox.next_revision(campaign_id)
        message = encode_cancellation(campaign_id, revision, announced_at=datetime.now(UTC), source=source)
        partition, offset = send_to_inbox(settings, message)
    _said("cancelled", campaign_id, revision, partition, offset, as_json)


def _both(low: str, low_value: float | None, high: str, high_value: float | None) -> dict[str, Any] | None:
    """Two figures that belong together; only the ones given, so that a lone one is reported as such."""
    given = {low: low_value, high: high_value}
    return {name: value for name, value in given.items() if value is not None} or None


def _said(what: str, campaign_id: str, revision: int, partition: int, offset: int, as_json: bool) -> None:
    if as_json:
        place = {"partition": partition, "offset": offset}
        typer.echo(json.dumps({"campaign_id": campaign_id, "revision": revision} | place))
    else:
        said = f"[green]{what}[/] {escape(campaign_id)}, revision {revision}"
        Console().print(said, highlight=False, soft_wrap=True)


def _row(entry: BookEntry, inbox: Inbox) -> dict[str, Any]:
    campaign, assessed = entry.campaign, inbox.assessed(entry)
    return {
        "campaign_id": entry.campaign_id,
        "revision": entry.revision,
        "standing": entry.standing.value,
        "name": campaign.name if campaign else "",
        "kind": campaign.kind if campaign else "",
        "start": to_iso(campaign.start) if campaign else None,
        "end": to_iso(campaign.end) if campaign else None,
        "services": list(campaign.services) if campaign else [],
        "source": campaign.source if campaign else "",
        "readiness": assessed.readiness.value if assessed and assessed.readiness else None,
        "reasons": [reason.value for reason in assessed.reasons] if assessed else [],
    }


def _list_json(entries: list[BookEntry], inbox: Inbox) -> str:
    unread = [{"partition": u.partition, "offset": u.offset, "error": u.error} for u in inbox.unread]
    return json.dumps({"campaigns": [_row(entry, inbox) for entry in entries], "unread": unread}, indent=2)


def _print_list(entries: list[BookEntry], inbox: Inbox) -> None:
    table = Table(title="Campaigns", title_justify="left")
    for column in ("id", "revision", "standing", "name", "kind", "start", "end", "services", "readiness"):
        table.add_column(column, overflow="fold")
    for entry in entries:
        row = _row(entry, inbox)
        cells = [row["campaign_id"], str(row["revision"]), row["standing"], row["name"], row["kind"]]
        cells += [row["start"] or "", row["end"] or "", ", ".join(row["services"])]
        cells.append(" ".join([row["readiness"] or "not assessed yet", *row["reasons"]]))
        table.add_row(*(escape(cell) for cell in cells))
    Console().print(table if entries else "no campaign stands")
    for unread in inbox.unread:
        where = f"partition {unread.partition}, offset {unread.offset}"
        Console(stderr=True).print(f"[yellow]unread:[/] {where}: {escape(unread.error)}", soft_wrap=True)
