"""`headstart send-gate`: may a campaign be sent now, and how fast?"""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from advisor.settings import load_settings
from streams.cli.outcome import BAD_INPUT, FAILED, exit_codes, fail

if TYPE_CHECKING:
    from advisor.settings import Settings
    from streams.send_gate_reading import Told


def send_gate(
    campaign_id: Annotated[str, typer.Argument(help="Id of the campaign.", metavar="CAMPAIGN")],
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on, and print every change, until the campaign is over.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each answer.")] = False,
) -> None:
    """Answer the senders: may a campaign be sent now, how fast, and from when on faster?

    The answer is the decider's, from capacity that was seen ready; a step still to come counts once the
    decider says that it has come. Nothing may be sent before the campaign's start. Where a replayed stream
    is the clock, now is when this was decided. Exit code 0: something may be sent now. 1: nothing. 2: no
    such campaign was decided on. 3: Kafka cannot be reached. Examples:

        headstart send-gate bf-2026 && ./send.sh

        headstart send-gate bf-2026 --watch
    """
    from streams.send_gate_reading import read_told

    with exit_codes():
        settings = load_settings()
        told = read_told(settings, campaign_id)
        if told is None:
            raise fail(
                f"nothing was decided on campaign {campaign_id!r} yet. Fix: see `headstart campaign list`, "
                "and that a worker runs",
                BAD_INPUT,
            )
        last = _say(told, campaign_id, "", as_json=as_json)
        if watch:
            told = _watch(settings, told, campaign_id, last, as_json=as_json)
    if told.answer(datetime.now(UTC)).share <= 0:
        raise typer.Exit(FAILED)


def _watch(settings: Settings, told: Told, campaign_id: str, last: str, *, as_json: bool) -> Told:
    """Print whatever is new until the campaign is over; what was said of it last."""
    from streams.send_gate_reading import follow_told, read_told

    with closing(follow_told(settings, campaign_id)) as news:
        next(news)  # from here on nothing is missed: what was said in between is read once more
        told = read_told(settings, campaign_id) or told
        last = _say(told, campaign_id, last, as_json=as_json)
        while not told.is_over(datetime.now(UTC)):
            told = next(news) or told
            last = _say(told, campaign_id, last, as_json=as_json)
    return told


def _say(told: Told, campaign_id: str, last: str, *, as_json: bool) -> str:
    """Print the answer if it is not the last one again."""
    from streams.codec.plan_report import SendGateReport, gate_data

    answer = told.answer(datetime.now(UTC))
    if answer.text == last:
        return last
    if as_json:
        report = SendGateReport(
            campaign_id=campaign_id,
            revision=told.record.entry.revision,
            may_send=answer.share > 0,
            readiness=told.record.readiness,
            text=answer.text,
            decided_at=told.record.decided_at,
            send_gate=gate_data(answer),
        )
        typer.echo(msgspec.json.encode(report).decode())
    else:
        colour = "green" if answer.share > 0 else "red"
        said, *rest = answer.text.partition(",")
        Console().print(Text.assemble((said, f"bold {colour}"), *rest), soft_wrap=True, highlight=False)
    return answer.text
