"""`headstart rehearse`: a small raise of each of a campaign's resources, for real, days before it matters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from advisor.durations import format_duration
from advisor.policy_file import load_policy
from advisor.settings import Settings, load_settings
from streams.cli.giving import By, Json, Why, login_name
from streams.cli.outcome import BAD_INPUT, FAILED, exit_codes, fail
from streams.clock import wall_clock

if TYPE_CHECKING:
    from advisor.domain.controls import Rehearsal
    from advisor.domain.resource_state import ResourceState
    from advisor.policy_file import PolicyFile
    from streams.codec.commands import Rehearse
    from streams.rehearsal_report import Rehearsed, Report

FOLLOW_UP = timedelta(minutes=30)
"""For the way back, once all has been seen: floors go down by steps, maxima last."""


def rehearse(
    campaign_id: Annotated[str, typer.Argument(help="Id of the campaign.", metavar="CAMPAIGN")],
    resource: Annotated[
        list[str] | None, typer.Option(help="Only this resource; may be given again.", show_default=False)
    ] = None,
    minutes: Annotated[
        int,
        typer.Option(min=1, max=1440, help="When floors go back at the latest; maxima follow a hold later."),
    ] = 30,
    watch: Annotated[
        int, typer.Option(min=0, max=86_400, help="Seconds to watch for, once units serve.")
    ] = 300,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before anything is raised.")] = False,
    by: By = None,
    why: Why = "",
    as_json: Json = False,
) -> None:
    """Raise each resource of a campaign by one small step for real, watch it, and put it back.

    It measures how long units take, proves permissions, and shows who takes floors back (Argo CD, Terraform,
    another autoscaler), days before it matters. What was measured is planned with from then on. The running
    worker does it, through the same guardrails as everything else.

    Exit code 0: all went well and is put back. 1: something needs attention; the report says what. 2:
    refused, and why. 3: Kafka cannot be reached. Examples:

        headstart rehearse bf-2026

        headstart rehearse bf-2026 --resource k8s://prod/shop/hpa/web-shop --yes --json
    """
    from streams.codec.commands import Rehearse
    from streams.control_room import ask, new_command

    out = Console(stderr=as_json)
    with exit_codes():
        settings = load_settings()
        policy_file = load_policy(settings.policy_file)
        floors, left_out, states = _chosen(settings, policy_file, campaign_id, resource)
        for name, reason in left_out.items():
            _say(out, f"[yellow]left out:[/] {escape(name)}: {escape(reason)}")
        if not floors:
            raise fail("nothing can be rehearsed. Fix: see above what keeps each resource from it", BAD_INPUT)
        now = wall_clock().now()
        word = Rehearse(campaign_id, tuple(sorted(floors.items())), now + timedelta(minutes=minutes), watch)
        _ask_first(out, word, states, yes=yes)
        reply = ask(settings, new_command(word, login_name(by), why))
        if reply is None:
            raise fail("no worker answered. Fix: see that one runs; it begins as soon as one does", FAILED)
        _say(out, escape(reply.text))
        if not reply.accepted:
            raise typer.Exit(BAD_INPUT)
        begun = [r for r in reply.controls.rehearsals if r.resource in floors]
        report = _watched(settings, policy_file, begun, states, left_out, out)
    _print(out, report, word, as_json=as_json)
    if report.warnings:
        raise typer.Exit(FAILED)


def _chosen(
    settings: Settings, file: PolicyFile, campaign_id: str, only: list[str] | None
) -> tuple[dict[str, int], dict[str, str], Mapping[str, ResourceState]]:
    """The floor to try on each of the campaign's resources, why others are left out, and all states."""
    from advisor.actuation.reach import within_reach
    from advisor.planning.rehearsals import small_step, why_not_rehearsed
    from streams.campaign_inbox import read_inbox
    from streams.estate_now import read_states

    entry = read_inbox(settings).book.get(campaign_id)
    if entry is None or entry.campaign is None:
        raise fail(f"{campaign_id!r} is not announced. Fix: see `headstart campaign list --all`", BAD_INPUT)
    policy, _ = within_reach(file.policy, file.connections, dry_run_only=False)
    if unknown := [name for name in only or () if name not in policy.resources]:
        raise fail(f"the policy has no {', '.join(unknown)}", BAD_INPUT)
    services, states = set(entry.campaign.services), read_states(settings)
    floors: dict[str, int] = {}
    left_out: dict[str, str] = {}
    for name, rules in policy.resources.items():
        if not services & set(rules.serves) or (only and name not in only):
            continue
        state = states.get(name)
        reason = why_not_rehearsed(rules, state)
        step = small_step(rules, state.observation) if state and state.observation else None
        if reason is not None or step is None:
            left_out[name] = reason or "nobody has looked at it yet"
        else:
            floors[name] = step
    return floors, left_out, states


def _ask_first(out: Console, word: Rehearse, states: Mapping[str, ResourceState], *, yes: bool) -> None:
    for name, floor in word.floors:
        observation = states[name].observation
        if observation is None:
            continue
        stands = f"{observation.bounds.minimum} to {observation.bounds.maximum}, {observation.units} units"
        _say(out, f"{escape(name)}: {stands}; the minimum is raised to {floor}")
    if not yes and not typer.confirm(f"Raise them for real, until {word.until:%H:%M}Z at the latest?"):
        raise typer.Exit(BAD_INPUT)


def _watched(
    settings: Settings,
    file: PolicyFile,
    begun: list[Rehearsal],
    states: Mapping[str, ResourceState],
    left_out: Mapping[str, str],
    out: Console,
) -> Report:
    """Follow the resources until all is put back, with a table that shows how far each is."""
    from streams.codec.resource_state import OWN_KEYS, decode_state
    from streams.kafka_clients import follower
    from streams.rehearsal_report import Phase, Rehearsed, Report, seen
    from streams.topics import TopicNames

    known: dict[str, Rehearsed] = {}
    for one in begun:
        observation = states[one.resource].observation
        if observation is not None:
            known[one.resource] = Rehearsed(one, file.policy.resources[one.resource], observation.bounds)
    end = max(one.until for one in begun) + FOLLOW_UP
    clock, told = wall_clock(), dict.fromkeys(known, Phase.WAITING)
    with follower(settings, [TopicNames.of(settings).resources]) as reader, Live(console=out) as live:
        while clock.now() < end and not all(one.is_over for one in known.values()):
            for records in reader.poll(timeout_ms=500).values():
                for record in records:
                    if record.key is None or record.key in OWN_KEYS or record.value is None:
                        continue
                    state = decode_state(record.value)
                    if state.resource in known and _is_since(state, known[state.resource]):
                        known[state.resource] = seen(known[state.resource], state)
            live.update(_table(known))
            for name, now in known.items():
                if not out.is_terminal and now.phase is not told[name]:  # nobody sees the table grow in a log
                    told[name] = now.phase
                    _say(out, f"{clock.now():%H:%M:%S}Z {escape(name)}: {now.phase}")
    return Report(begun[0].campaign_id, tuple(known.values()), left_out)


def _is_since(state: ResourceState, known: Rehearsed) -> bool:
    return state.observation is not None and state.observation.observed_at >= known.rehearsal.at


def _table(known: Mapping[str, Rehearsed]) -> Table:
    table = Table("resource", "floor", "so far", "ready after", "taken back by", box=None, pad_edge=False)
    for name, one in known.items():
        ready = "" if one.ready_after_s is None else f"{one.ready_after_s:.0f} s"
        floor = f"{one.before.minimum} -> {one.rehearsal.floor}"
        who = ", ".join(dict.fromkeys(c.by or "somebody unknown" for c in one.clobbers))
        table.add_row(escape(name), floor, one.phase, ready, escape(who))
    return table


def _print(out: Console, report: Report, word: Rehearse, *, as_json: bool) -> None:
    from streams.rehearsal_report import as_json as report_json

    if as_json:
        typer.echo(json.dumps(report_json(report, word.until), indent=2))
    for one in report.resources:
        if one.ready_after_s is not None:
            planned = format_duration(one.policy.lead_time)
            said = f"ready after {one.ready_after_s:.0f} s; planned with {planned} until enough is measured"
            _say(out, f"[green]measured:[/] {escape(one.rehearsal.resource)}: {said}")
    for sentence in report.warnings:
        _say(out, f"[yellow]attention:[/] {escape(sentence)}")
    if not report.warnings:
        _say(out, "[green]all of it was allowed, nobody took anything back, and all is as it was[/]")


def _say(out: Console, text: str) -> None:
    """A line of words, in markup, however long."""
    out.print(text, soft_wrap=True, highlight=False)
