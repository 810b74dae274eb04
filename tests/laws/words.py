"""A broken timeline as people read it: the estate, what happens, and the law that does not hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from advisor.domain.policy import Policy
from tests.laws.events import told
from tests.laws.laws import Broken
from tests.laws.run import Timeline
from tests.support.builders import policy, resource


def story(timeline: Timeline, broken: Broken) -> str:
    """All of it, and how to see it again."""
    lines = [f"timeline {timeline.seed} breaks a law (make laws SEED={timeline.seed} shows it again)", ""]
    lines += [f"  {line}" for line in _estate(timeline)]
    lines += ["", *(f"  {told(event)}" for event in timeline.events), "", str(broken)]
    return "\n".join(lines)


def _estate(timeline: Timeline) -> Iterator[str]:
    yield "demand: " + ", ".join(f"{service} {rate:g}/s" for service, rate in timeline.baseline.items())
    for name, of in timeline.policy.resources.items():
        yield f"{name}: people set {timeline.people_set[name]}, {_differing(of, resource(name))}"
    yield f"policy: {_differing(timeline.policy, policy(*timeline.policy.resources.values()))}"


def _differing(value: object, ordinary: object) -> str:
    """What is not as in the tests' ordinary value."""
    names = [f.name for f in fields(value) if not (isinstance(value, Policy) and f.name == "resources")]  # type: ignore[arg-type]
    always = {"minimum", "maximum", "lead_time"}
    shown = [n for n in names if n in always or getattr(value, n) != getattr(ordinary, n)]
    return ", ".join(f"{n} {getattr(value, n)}" for n in shown) or "as usual"
