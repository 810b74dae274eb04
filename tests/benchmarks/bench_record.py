"""Writing down what a decision was made on, beside making it, in an estate of a thousand resources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from time import perf_counter

import pytest

from streams.decision_inputs import DecisionInputs
from tests.benchmarks.report import publish
from tests.support.audited import NAMES, Audited, book_of, seen
from tests.support.builders import HOUR, MINUTE, NOW, campaign, need, policy, resource, state

RESOURCES = 1000
REFRESHED = 0.1  # share of the needs that are new at a decision
ROUNDS = 5


@pytest.mark.timeout(600)
def test_a_decision_is_written_down_in_less_time_than_it_takes() -> None:
    """With every input new as after a takeover, and then with a tenth of the needs and every level new."""
    audited, figures = Audited(), []
    for number, inputs in enumerate(rounds()):
        begun = perf_counter()
        decision = inputs.decide()
        decided_s = perf_counter() - begun
        book = book_of(inputs.campaigns)
        begun = perf_counter()
        written = audited.trail.of_decision(decision, inputs, book)
        recorded_s = perf_counter() - begun
        assert audited.take(written)
        contents = [record.value or b"" for record in written if record.topic == NAMES.inputs]
        figures.append(
            {
                "decision": "first" if number == 0 else f"a minute later ({number})",
                "deciding, s": decided_s,
                "recording, s": recorded_s,
                "ratio": recorded_s / decided_s,
                "contents": float(len(contents)),
                "KiB": sum(map(len, contents)) / 1024,
            }
        )
    publish("record", figures)
    assert all(float(row["recording, s"]) < float(row["deciding, s"]) for row in figures)


def rounds() -> Iterator[DecisionInputs]:
    """Decision after decision, a minute apart: a part of the needs refreshed, every level new."""
    inputs = estate()
    yield inputs
    some = int(RESOURCES * REFRESHED)
    for number in range(ROUNDS):
        now = inputs.now + MINUTE
        fresh = [replace(one, total=one.total * 1.5) for one in inputs.needs[number * some :][:some]]
        needs = (*inputs.needs[: number * some], *fresh, *inputs.needs[(number + 1) * some :])
        levels = {name: replace(level, data_until=now) for name, level in inputs.levels.items()}
        inputs = replace(inputs, needs=needs, levels=levels, now=now)
        yield inputs


def estate() -> DecisionInputs:
    """A thousand services with a resource each, in use; every tenth has a campaign today."""
    names = [f"service-{number:05}" for number in range(RESOURCES)]
    rules = policy(*(resource(f"sim://{name}", serves={name: 1.0}) for name in names))
    campaigns = [
        campaign(f"c-{name}", NOW + 4 * HOUR + number % 60 * MINUTE, services=(name,))
        for number, name in enumerate(names)
        if number % 10 == 0
    ]
    needs = [need(campaigns, service=name, name=f"sim://{name}", hours=24) for name in names]
    states = {f"sim://{name}": state(f"sim://{name}", floor=2) for name in names}
    return seen(campaigns, the_policy=rules, needs=needs, states=states)
