"""Giving a command: show it, send it, wait for the answer, and print that in words and exit codes."""

from __future__ import annotations

import getpass
import json
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.markup import escape

from advisor.domain.controls import EVERYTHING
from advisor.settings import Settings
from streams.cli.outcome import BAD_INPUT, FAILED, exit_codes, fail

if TYPE_CHECKING:
    from streams.codec.commands import Word
    from streams.control_room import Reply

By = Annotated[str | None, typer.Option(help="Who says so. Default: your login name.")]
Why = Annotated[str, typer.Option(help="For those who read it later.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait for the answer.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Revision = Annotated[int | None, typer.Option(help="The one you have seen. Default: the present one.")]


def login_name(by: str | None) -> str:
    """Who gives the command: whoever was named, or whoever is logged in. Ends the command if nobody is."""
    if by is None:
        try:
            by = getpass.getuser()
        except (KeyError, OSError) as error:
            raise fail("there is no login name. Fix: say who you are with --by", BAD_INPUT) from error
    if not by.strip():
        raise fail("--by is empty. Fix: say who you are", BAD_INPUT)
    return by.strip()


def one_scope(scope: str | None, everything: bool) -> str:
    """What a command is about: one scope or everything, and never everything by an omission."""
    if (scope is None) is not everything:
        raise fail("say what is meant. Fix: name one scope, or give --everything instead", BAD_INPUT)
    return EVERYTHING if scope is None else scope


def give(
    settings: Settings,
    word: Word,
    by: str | None,
    why: str,
    *,
    wait: bool,
    as_json: bool,
) -> None:
    """Show a command, send it, and print what became of it.

    Ends with exit code 0 if it was accepted (or, without waiting, sent), 1 if nobody answered in time,
    2 if it was refused, 3 if Kafka cannot be reached or lacks a topic.
    """
    from streams.codec.commands import command_data
    from streams.control_room import ANSWER_WITHIN_S, ask, new_command, send_command

    with exit_codes():
        command = new_command(word, login_name(by), why)
    said = {"id": command.id, "kind": command.kind.value, **command_data(command)}
    out = Console(stderr=as_json)
    out.print(f"[bold]{command.kind}[/] {_shown(command_data(command))}", soft_wrap=True, highlight=False)
    with exit_codes():
        reply = None
        if wait:
            reply = ask(settings, command)
        else:
            send_command(settings, command)
    if as_json:
        typer.echo(_json(said, reply))
    elif reply is not None:
        _print(out, reply)
    if reply is None and wait:
        waited = f"nobody has dealt with it within {ANSWER_WITHIN_S:g} s, though Kafka has it"
        raise fail(f"{waited}. Fix: see that a worker runs; it counts as soon as one does", FAILED)
    if reply is not None and not reply.accepted:
        raise typer.Exit(BAD_INPUT)


def _shown(data: dict[str, Any]) -> str:
    """The command's data as a person reads it."""
    return escape(", ".join(f"{name} {_value(value)}" for name, value in data.items()))


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {inner}" for name, inner in value.items()) + "}"
    return str(value)


def _print(out: Console, reply: Reply) -> None:
    from streams.control_words import standing_lines

    heading = "[green]accepted:[/]" if reply.accepted else "[red]refused:[/]"
    out.print(f"{heading} {escape(reply.text)}", soft_wrap=True, highlight=False)
    lines = standing_lines(reply.controls)
    out.print("what stands now:" if lines else "nothing is held, frozen, approved or rejected now")
    for line in lines:
        out.print(f"  {escape(line)}", soft_wrap=True, highlight=False)


def _json(said: dict[str, Any], reply: Reply | None) -> str:
    answer: dict[str, Any] = {"accepted": None, "text": "", "reasons": [], "controls": None}
    if reply is not None:
        answer = msgspec.to_builtins(reply)
    return json.dumps({"command": said, **answer}, indent=2)
