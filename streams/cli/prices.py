"""`headstart prices`: what does the policy's capacity cost, and since when is that known?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from advisor.errors import HeadstartError
from advisor.policy_file import AskedPrices, PolicyFile, load_policy, parse_asked, read_policy
from advisor.prices.csv_file import load_prices, write_prices
from advisor.prices.table import PriceRow, PriceTable
from advisor.settings import load_settings
from streams.cli.layout import show_table
from streams.cli.outcome import BAD_INPUT, exit_codes, fail
from streams.cli.price_remarks import old_prices
from streams.clock import wall_clock

LIST_PRICES = (
    "Prices that come with Headstart are AWS's list prices on demand, without savings plans, reservations, "
    "spot, credits or tax. Where you pay less, say so in a file of your own: `prices:` in the policy."
)
NEEDS_EXTRA = (
    "asking AWS for prices needs boto3. Fix: install Headstart with its aws extra, e.g. "
    "pip install 'headstart[aws]'"
)

PolicyOption = Annotated[
    Path | None,
    typer.Option(help="Policy file. Default: HEADSTART_POLICY_FILE, else policy.yaml.", show_default=False),
]

app = typer.Typer(rich_markup_mode="markdown")


@app.callback(invoke_without_command=True)
def prices(
    context: typer.Context,
    policy: PolicyOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List what one unit of each resource costs an hour, where that is from and since when it is known.

    Exit code 0: the prices are listed. 2: the policy or its prices cannot be used. Examples:

        headstart prices

        headstart prices --policy policy.yaml --json | jq .resources
    """
    if context.invoked_subcommand is not None:
        if policy is not None or as_json:
            raise typer.BadParameter(f"write options behind `{context.invoked_subcommand}`")
        return
    with exit_codes():
        file = load_policy(policy or load_settings().policy_file)
    if as_json:
        said = {
            "policy": file.policy.version,
            "currency": file.policy.currency,
            "resources": list(_listed(file)),
        }
        typer.echo(json.dumps(said, indent=2))
    else:
        _print(Console(), file, wall_clock().now().date())


@app.command()
def update(
    policy: PolicyOption = None,
    file: Annotated[
        Path | None,
        typer.Option(help="CSV file to write. Default: the one that the policy's `prices:` names."),
    ] = None,
    region: Annotated[
        str, typer.Option(help="Where the Price List API is asked; it answers for all regions.")
    ] = "us-east-1",
) -> None:
    """Ask the AWS Price List API what the policy's items cost, and write that into a CSV file of prices.

    Rows of other items stay in the file as they are. What AWS answers is its list price on demand; it needs
    credentials that allow pricing:GetProducts. All items are written or, where one has no price, none.
    Exit code 0: the file is written. 1: AWS cannot be asked. 2: the policy or an item is wrong. Examples:

        headstart prices update --file prices.csv

        headstart prices update --policy policy.yaml --region eu-central-1
    """
    with exit_codes():
        path = policy or load_settings().policy_file
        asked = parse_asked(read_policy(path), str(path))
        target = file or (path.parent / asked.file if asked.file else None)
        if target is None:
            raise fail("the policy names no file of prices. Fix: name one: --file prices.csv", BAD_INPUT)
        before = load_prices(target) if target.exists() else PriceTable({})
        rows = _answers(asked, region)
        write_prices(target, {**before.rows, **{row.item: row for row in rows}}.values())
    _print_update(Console(), target, before, rows)
    if asked.file is None or (path.parent / asked.file).resolve() != target.resolve():
        note = f"{path} does not name {target}. Add `prices: {target.name}` beside `budget:`."
        Console().print(f"[yellow]note:[/] {escape(note)}", soft_wrap=True, highlight=False)


def _answers(asked: AskedPrices, endpoint: str) -> list[PriceRow]:
    """What AWS says of the items that are its own."""
    items = sorted({row for one in asked.by_resource.values() for row in one.rows if row.startswith("aws/")})
    if not items:
        raise fail("the policy has no `price: aws/...`: there is nothing to ask AWS for", BAD_INPUT)
    try:
        from advisor.actuation.aws.price_list import ENDPOINTS, ask_prices, price_list_client
    except ImportError as error:
        raise HeadstartError(NEEDS_EXTRA) from error
    if endpoint not in ENDPOINTS:
        raise fail(f"--region {endpoint}: the API is asked in {', '.join(ENDPOINTS)}", BAD_INPUT)
    return ask_prices(price_list_client(endpoint), items, asked.currency, wall_clock().now().date())


def _listed(file: PolicyFile) -> Iterator[dict[str, Any]]:
    """Every resource that can be scaled, with its price and what is known of it."""
    for name, resource in file.policy.resources.items():
        if resource.is_fixed:
            continue
        taken = file.prices.get(name)
        yield {
            "resource": name,
            "price_per_unit_hour": resource.price_per_unit_hour,
            "item": taken.asked.item if taken else None,
            "amounts": dict(taken.asked.amounts) if taken else {},
            "units_per_item": taken.asked.units_per_item if taken else 1,
            "as_of": taken.as_of.isoformat() if taken and taken.as_of else None,
            "source": taken.source if taken else None,
        }


def _print(out: Console, file: PolicyFile, on: date) -> None:
    rows = []
    for listed in _listed(file):
        name, price = listed["resource"], listed["price_per_unit_hour"]
        taken = file.prices.get(name)
        item = str(taken.asked) if taken else "-" if price is None else "written in the policy"
        shown = "none" if price is None else f"{price:.6g}"
        rows.append((name, item, shown, listed["as_of"] or "-", listed["source"] or "-"))
    columns = ("resource", "item", f"{file.policy.currency} per unit and hour", "as of", "source")
    show_table(out, f"Prices of policy {file.policy.version}", columns, rows, ruled=True)
    for remark in old_prices(file.prices, on):
        out.print(f"[yellow]note:[/] {escape(remark)}", soft_wrap=True, highlight=False)
    if file.prices:
        out.print(LIST_PRICES, soft_wrap=True, highlight=False)


def _print_update(out: Console, target: Path, before: PriceTable, rows: list[PriceRow]) -> None:
    lines = []
    for row in rows:
        old = before.rows.get(row.item)
        was = f"{old.price_per_hour:.6g} {old.currency}, {old.as_of}" if old else "-"
        lines.append((row.item, f"{row.price_per_hour:.6g}", was))
    columns = ("item", f"{rows[0].currency} per hour", "before")
    show_table(out, f"{target}: as of {rows[0].as_of}", columns, lines)
