"""Which steps would platforms carry out by themselves, in words?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.markup import escape

from advisor.domain.controls import EVERYTHING
from advisor.domain.resource_state import ResourceState


def armed_lines(states: Mapping[str, ResourceState], scope: str) -> Iterator[str]:
    """A line for each resource of the scope that has steps armed, as they were seen last."""
    for name, state in sorted(states.items()):
        armed = state.observation.armed if state.observation else None
        if armed and scope in (name, EVERYTHING):
            steps = ", ".join(f"{step.at:%d %b %H:%M}Z at least {step.floor}" for step in armed)
            yield f"[yellow]armed at the platform:[/] {escape(name)}: {steps}"
