"""`headstart why`: what stands behind a resource's floor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.console import Console

from advisor.domain.capacity import Observation
from advisor.domain.controls import Controls
from advisor.domain.units import in_units
from advisor.settings import load_settings
from streams.cli.layout import show_outline
from streams.cli.outcome import BAD_INPUT, exit_codes, fail
from streams.cli.progress import Bar

if TYPE_CHECKING:
    from streams.audit_log import AuditEvent
    from streams.peak import Peak
    from streams.why import Chain, ClaimedBy

Lines = Iterator[str]


def why(
    resource: Annotated[str, typer.Argument(help="Id of the resource, as the policy has it.")],
    at: Annotated[str | None, typer.Option(help="When, e.g. 2026-11-27T17:30:00Z. Default: now.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show why a resource's floor is what it is: decision, campaigns, units, guardrails, forecast, people.

    Reads the audit and the inputs topic and nothing else, so it also tells what was true then. Where a
    replayed stream is the clock, now is its last decision. Times are UTC. Exit code 0: the chain is shown.
    2: nothing was decided on the resource by then. 3: Kafka cannot be reached. Examples:

        headstart why k8s://prod/shop/hpa/web-shop

        headstart why k8s://prod/shop/hpa/web-shop --at 2026-11-27T17:30:00Z
    """
    from streams.audit_log import InputsTopic, read_audit
    from streams.replay_files import parse_instant
    from streams.why import NothingDecidedError, explain

    try:
        moment = parse_instant(at) if at else None
    except ValueError as error:
        raise typer.BadParameter(f"{error}", param_hint="--at") from error
    with exit_codes(), Bar("audit topic", 0, quiet=as_json) as bar:
        settings = load_settings()
        records = read_audit(settings, lambda done, total: bar.show("audit topic", done, total))
        inputs = InputsTopic(settings, lambda done, total: bar.show("inputs topic", done, total))
        try:
            chain = explain(records, inputs, resource, moment, datetime.now(UTC))
        except NothingDecidedError as error:
            raise fail(str(error), BAD_INPUT) from error
    if as_json:
        typer.echo(msgspec.json.encode(chain).decode())
    else:
        show_outline(Console(), head(chain), parts_of(chain))


def parts_of(chain: Chain) -> list[tuple[str, list[str]]]:
    """The chain as people read it below the answer: titles, and lines under each."""
    parts: list[tuple[str, Callable[[Chain], Lines]]] = [
        ("Decided", _decided),
        ("For", _campaigns),
        ("Units", _units),
        ("Guardrails", _guardrails),
        ("Forecast", _forecasts),
        ("People", _people),
        ("Done since", _acts),
    ]
    told = [(title, list(say(chain))) for title, say in parts]
    if chain.lost:
        told.append(("Part of this is missing", [chain.lost]))
    return [(title, lines) for title, lines in told if lines]


def head(chain: Chain) -> str:
    """The answer in one sentence."""
    floor = "the ordinary minimum" if chain.floor is None else in_units(chain.floor)
    most = "" if chain.ceiling is None else f", at most {chain.ceiling}"
    return f"{chain.resource}: the floor planned for {_time(chain.at)} is {floor}{most}"


def _decided(chain: Chain) -> Lines:
    step, made, newest = chain.step, chain.made, chain.newest
    what = f"at least {in_units(step.floor)} from {_time(step.act_at)} on" if step else "the ordinary minimum"
    yield f"{what}: decision {made.id} of {_time(made.time)}"
    if newest.id != made.id:
        yield f"last changed, with that still in it: decision {newest.id} of {_time(newest.time)}"
    yield f"mode {newest.data['recommendation']['mode']}; because {', '.join(chain.reasons)}"
    if chain.next_step:
        yield f"next: {in_units(chain.next_step.floor)} from {_time(chain.next_step.act_at)} on"
    if chain.found:
        yield from found_lines(chain.found)


def found_lines(found: Observation) -> Lines:
    """The resource as its platform had it."""
    ready = f"{found.ready_units:,} of {in_units(found.units)} ready"
    by = f", set last by {found.writer}" if found.writer else ""
    yield f"found then: minimum {found.bounds.minimum}, {ready}{by}"
    if found.originals:
        yield f"before us: {found.originals.minimum} to {found.originals.maximum}, as written on it"
    for step in found.armed or ():
        yield f"armed at the platform: at least {in_units(step.floor)} from {_time(step.at)} on"
    for what in found.waiting_for:
        yield f"its units wait for: {what}"


def _campaigns(chain: Chain) -> Lines:
    if not chain.claims:
        yield "no campaign: none holds a claim"
    for one in chain.claims:
        yield _claimed(one)
        yield from (f"  {detail}" for detail in one.findings)


def _claimed(one: ClaimedBy) -> str:
    claim = one.claim
    title = claim.campaign_id
    if one.campaign and one.campaign.title != title:
        title = f"{one.campaign.title} ({title})"
    readiness = f", {one.readiness.replace('_', ' ')}" if one.readiness else ""
    window = f"{_time(claim.start)} to {_time(claim.end)}"
    return f"{title}, revision {claim.revision}: claims it from {window}{readiness}"


def _units(chain: Chain) -> Lines:
    if chain.peak is None:
        return
    yield worked_out(chain.peak)
    for other in chain.peak.without:
        yield f"without {other.campaign_id}: {other.rate_per_s:,.1f}/s, {in_units(other.units)}"
    if chain.floor is not None and chain.floor > chain.peak.units:
        yield f"the floor of {chain.floor} is above that: minimum, ramp and hold, or agreed before and kept"
    elif chain.floor is not None and chain.floor < chain.peak.units:
        yield f"the floor of {chain.floor} is below that: more is not allowed, or still to be asked for"


def worked_out(peak: Peak) -> str:
    """Demand to units in one line, with every number."""
    terms = " + ".join(
        f"{s.service} {s.rate_per_s:,.1f}/s x {s.share:g} (usually {s.baseline_per_s:,.1f}/s)"
        for s in peak.services
    )
    exact = peak.rate_per_s * (1 + peak.headroom) / peak.unit_capacity
    return (
        f"peak {_time(peak.at)} (quantile {peak.quantile:g}): {terms} = {peak.rate_per_s:,.1f}/s; "
        f"x {1 + peak.headroom:g} with {peak.headroom:.0%} headroom; / {peak.unit_capacity:g}/s a unit "
        f"= {exact:,.2f}, so {in_units(peak.units)}"
    )


def _guardrails(chain: Chain) -> Lines:
    if not chain.objections:
        yield "all passed"
    for verdict in chain.objections:
        yield f"{verdict.guardrail}: {verdict.outcome}, {verdict.reason}: {verdict.detail}"


def _forecasts(chain: Chain) -> Lines:
    for event in chain.forecasts:
        data = event.data
        band = "not measured yet" if data["calibration"] is None else f"{data['calibration']:.0%}"
        reasons = ", ".join(data["reasons"]) or "nothing special"
        yield f"{event.subject} at {_time(event.time)}: {data['regime']}, {reasons}; 0.95 line held: {band}"
        for one in data["campaigns"]:
            past = ", ".join(f"{e['campaign']} (x{e['peak_factor']:.2f})" for e in one["evidence"])
            yield (
                f"  {one['campaign']}: x{one['mean_factor']:.2f}, at most x{one['peak_factor']:.2f}, "
                f"{one['reason']}; {'from ' + past if past else 'no past campaign like it'}"
            )


def _people(chain: Chain) -> Lines:
    from streams.control_words import standing_lines

    stood: dict[str, list[dict[str, Any]]] = {}
    for one in chain.stood:
        stood.setdefault(one["kind"], []).append(one)
    yield from standing_lines(msgspec.convert(stood, Controls))
    yield from map(_command, chain.commands)


def _command(event: AuditEvent) -> str:
    """What a person said and what became of it, in words; where to look it up comes last."""
    said: str = event.data["text"]
    why = event.data["command"].get("why", "")
    reason = f"; why it was asked for: {why}" if why not in said else ""
    return f"{said}{reason} ({_time(event.time)}, record {event.id})"


def _acts(chain: Chain) -> Lines:
    for event in chain.acts:
        data: dict[str, Any] = event.data
        detail = f": {data['detail']}" if data.get("detail") else ""
        yield (
            f"{_time(event.time)} {data['reason']}, floor {data['before_floor']} -> {data['after_floor']}"
            f"{detail} (record {event.id})"
        )


def _time(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M}Z"
