"""What do the platforms say of a policy's resources, and what would keep its largest plan from being met?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from advisor.actuation.execute import look, preflight
from advisor.actuation.registry import Actuators, close_all
from advisor.domain.capacity import Bounds, Observation
from advisor.domain.policy import Policy
from advisor.domain.preflight import Preflight
from advisor.domain.reason import Reason
from advisor.errors import ActuationError
from streams.cli.layout import show_table


@dataclass(frozen=True, slots=True)
class Looked:
    """One resource as its platform has it, and what a preflight for the policy's maximum found."""

    resource: str
    found: Observation | ActuationError
    ahead: Preflight | None

    @property
    def is_well(self) -> bool:
        """Can it be seen, at the same time as here, and is nothing known in the way of its largest plan?"""
        if isinstance(self.found, ActuationError) or self.ahead is None:
            return False
        return not self.found.clock_ahead and not any(finding.blocks for finding in self.ahead.findings)


async def look_at_platforms(policy: Policy, actuators: Actuators, now: datetime) -> Sequence[Looked]:
    """Every real resource that can be reached, looked at for as many units as it may ever be asked for."""

    async def one(name: str) -> Looked:
        rules, actuator = policy.resources[name], actuators[name]
        found = await look(actuator, name, now)
        if isinstance(found, ActuationError):
            return Looked(name, found, None)
        most = Bounds(rules.maximum, rules.maximum)
        return Looked(name, found, await preflight(actuator, rules, found, most, now))

    try:
        return await asyncio.gather(*(one(name) for name in actuators if not actuators[name].dry_run))
    finally:
        await close_all(actuators)


def check_platforms(out: Console, policy: Policy, actuators: Actuators, now: datetime) -> bool:
    """Look, and show what was found; True if all is well."""
    found = asyncio.run(look_at_platforms(policy, actuators, now))
    if not found:
        return True
    columns = ("resource", "stands at", "ready", "set last by", "for its max, in the way")
    rows = [[Text.from_markup(cell) for cell in _row(one)] for one in found]
    show_table(out, "Platforms", columns, rows, ruled=True)
    for one in found:
        for line in _lines(one):
            out.print(line, soft_wrap=True, highlight=False)
    return all(one.is_well for one in found)


def _row(one: Looked) -> tuple[str, ...]:
    if isinstance(one.found, ActuationError):
        return one.resource, f"[red]{one.found.reason}[/]", "", "", ""
    seen, ahead = one.found, one.ahead
    stands = f"{seen.bounds.minimum} to {seen.bounds.maximum}"
    if seen.originals:
        stands += f"\nours: was {seen.originals.minimum} to {seen.originals.maximum}"
    blocking = [finding.reason for finding in ahead.findings if finding.blocks] if ahead else []
    way = "\n".join(f"[red]{reason}[/]" for reason in blocking)
    if ahead and ahead.unknown:
        way += "\n" * bool(way) + "[yellow]not all could be looked at[/]"
    way = way or "[green]nothing[/]"
    owner = f"\n[yellow]owned by {escape(seen.owner)}[/]" if seen.owner else ""
    return one.resource, stands, f"{seen.ready_units} of {seen.units}", escape(seen.writer) + owner, way


def _lines(one: Looked) -> Sequence[str]:
    """What is wrong, and how to cure it, a sentence each."""
    name = escape(one.resource)
    if isinstance(one.found, ActuationError):
        return [f"[red]{one.found.reason}:[/] {name}: {escape(one.found.detail)}"]
    if one.ahead is None:
        return []
    lines = []
    if one.found.clock_ahead:
        ahead = f"its platform's clock is {one.found.clock_ahead / timedelta(minutes=1):+g} min from ours"
        cure = "compare `date -u` here with the platform's, and mend the wrong one's time service"
        lines.append(f"[red]{Reason.CLOCK_WRONG}:[/] {name}: {ahead}\n    cure: {cure}")
    for finding in one.ahead.findings:
        colour = "red" if finding.blocks else "yellow"
        detail, cure = escape(finding.detail), escape(finding.cure)
        lines.append(f"[{colour}]{finding.reason}:[/] {name}: {detail}\n    cure: {cure}")
    lines += [f"[yellow]not looked at:[/] {name}: {escape(why)}" for why in one.ahead.unknown]
    return lines
