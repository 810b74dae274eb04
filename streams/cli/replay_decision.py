"""`headstart replay-decision`: does a recorded decision come out again?"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.markup import escape

from advisor.domain.timegrid import to_iso
from advisor.domain.units import in_units
from advisor.settings import load_settings
from streams.cli.layout import show_table
from streams.cli.outcome import BAD_INPUT, FAILED, exit_codes, fail
from streams.cli.progress import Bar

if TYPE_CHECKING:
    from streams.decision_replay import Replayed


def replay_decision(
    audit_id: Annotated[
        str, typer.Argument(help="Id of a CloudEvent on the audit topic.", metavar="AUDIT_ID")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make a recorded decision again from its recorded inputs alone, and compare the two byte by byte.

    Reads the audit and the inputs topic and changes nothing. Exit code 0: the same comes out. 1: it
    differs, and what differs is printed. 2: no such record, or it cannot be made again, and why. 3: Kafka
    cannot be reached. `headstart why RESOURCE` prints ids. Example:

        headstart replay-decision 1f0c2a9be4d34c7d8e6a5b4c3d2e1f00
    """
    from streams.audit_log import InputsTopic, read_audit
    from streams.decision_replay import Sameness
    from streams.decision_replay import replay_decision as make_again

    with exit_codes(), Bar("audit topic", 0, quiet=as_json) as bar:
        settings = load_settings()
        with closing(read_audit(settings, lambda done, total: bar.show("audit topic", done, total))) as audit:
            record = next((r for r in audit if r.event.id == audit_id), None)
        if record is None:
            raise fail(
                f"no record {audit_id!r} is on the audit topic. Fix: `headstart why RESOURCE` prints ids",
                BAD_INPUT,
            )
        inputs = InputsTopic(settings, lambda done, total: bar.show("inputs topic", done, total))
        done = make_again(record, inputs)
    if as_json:
        typer.echo(msgspec.json.encode({**msgspec.to_builtins(done), "data": record.event.data}).decode())
    else:
        _print(Console(), done, record.event.data)
    codes = {Sameness.SAME: 0, Sameness.DIFFERS: FAILED, Sameness.CANNOT: BAD_INPUT}
    raise typer.Exit(codes[done.sameness])


def _print(out: Console, done: Replayed, data: Mapping[str, Any]) -> None:
    colour = {"same": "green", "differs": "red", "cannot": "yellow"}[done.sameness]
    out.print(f"[bold {colour}]{done.sameness}[/]: {escape(done.why)}", soft_wrap=True, highlight=False)
    out.print(
        escape(f"{done.type} on {done.subject} at {to_iso(done.time)}"), soft_wrap=True, highlight=False
    )
    for line in decided(data):
        out.print(f"  {escape(line)}", soft_wrap=True, highlight=False)
    if done.differences:
        rows = [(found.where, _short(found.recorded), _short(found.again)) for found in done.differences]
        show_table(out, "What differs", ("where", "recorded", "again"), rows)


def decided(data: Mapping[str, Any]) -> list[str]:
    """What an audit record says was decided, in a few lines."""
    lines = []
    recommendation = data.get("recommendation") or data.get("after") or {}
    if "readiness" in recommendation:
        lines.append(f"readiness {recommendation['readiness']}")
    for step in recommendation.get("steps", ()):
        lines.append(f"from {step['act_at']} at least {step['floor']}, at most {in_units(step['ceiling'])}")
    cost = recommendation.get("cost") or recommendation.get("extra_cost") or {}
    if cost.get("extra") is not None:
        lines.append(f"extra cost {cost['currency']} {cost['extra']:,.2f}")
    reasons = recommendation.get("reasons") or data.get("reasons") or ()
    if reasons:
        lines.append(f"because {', '.join(reasons)}")
    return lines


def _short(value: Any) -> str:
    text = "(nothing)" if value is None else msgspec.json.encode(value).decode()
    return text if len(text) <= 200 else f"{text[:200]}..."
