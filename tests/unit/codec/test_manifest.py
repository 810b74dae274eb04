"""A manifest: everything a decision was made on, by content, and only what changed written again."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from advisor.domain.controls import Controls, Envelope, Hold, Rehearsal, Rejection
from advisor.domain.limits import (
    Budgets,
    FreezeWindow,
    Hours,
    Irreversible,
    LoadTest,
    ModeCaps,
    Pool,
)
from advisor.domain.policy import Mode, Policy, RampPolicy
from streams.codec.manifest import InputsLostError, ManifestWriter, read_inputs
from streams.decision_inputs import DecisionInputs
from streams.inputs import Inputs
from tests.support.audited import seen
from tests.support.builders import MINUTE, NOW, campaign, need, policy, resource, state

CONTROLS = Controls(
    holds=(Hold("promo", "ada", NOW, "a rehearsal"),),
    freezes=(Hold("*", "bob", NOW),),
    envelopes=(Envelope("promo", 1, (("sim://pods", 30),), 12.5, "EUR", NOW, NOW, NOW, "ada", NOW),),
    rejections=(Rejection("other", 2, "bob", NOW),),
    rehearsals=(Rehearsal("sim://pods", "promo", 3, NOW, NOW, "ada", "days ahead"),),
)


def full_policy() -> Policy:
    """A policy in which every option differs from its default, over resources that are not in order."""
    odd = resource(
        "sim://z",
        quantum=2,
        sizes=(2, 4, 8),
        depends_on=("sim://a",),
        max_step=4,
        cooldown=timedelta(seconds=90),
        lowerings_per_day=2,
        irreversible=Irreversible(timedelta(days=30), 0.1 + 0.2),
        ramp=RampPolicy(1.1, timedelta(seconds=7), timedelta(minutes=3)),
        load_test=LoadTest(date(2026, 2, 28), 1 / 3, 7, timedelta(minutes=11), "run"),
    )
    return policy(
        odd,
        resource("sim://a"),
        pools={"quota": Pool("quota", 10.0, {"sim://z": 2.0}, {"sim://a": 1.0})},
        caps={Mode.AUTO: ModeCaps(3.0, None, Hours(time(22), time(6), frozenset({0, 4}), "Europe/Berlin"))},
        freezes=(FreezeWindow(NOW, NOW + MINUTE, "stocktaking", ("sim://a",)),),
        budgets=Budgets(1.0, 2.0, {"crm": 3.0}),
        risk=0.013,
        step=timedelta(seconds=150),
    )


class Writer:
    """A writer of manifests and the topic that it writes to."""

    def __init__(self) -> None:
        self.inputs = Inputs("inputs")
        self.manifests = ManifestWriter(self.inputs.name)
        self.topic: dict[str, bytes] = {}

    def write(self, what: DecisionInputs) -> tuple[str, list[bytes]]:
        """The manifest's name, and the contents written for it."""
        name = self.manifests.write(what)
        new = {(r.key or b"").decode(): r.value or b"" for r in self.inputs.take()}
        self.topic |= new
        return name, list(new.values())

    def read(self, name: str) -> DecisionInputs:
        return read_inputs(name, lambda names: {n: self.topic[n] for n in names if n in self.topic})


def estate(services: int = 1200) -> DecisionInputs:
    names = [f"s{number:04}" for number in range(services)]
    rules = policy(*(resource(f"sim://{n}", serves={n: 1.0}) for n in names))
    needs = [need(service=n, name=f"sim://{n}", hours=1) for n in names]
    states = {f"sim://{n}": state(f"sim://{n}", floor=2) for n in names}
    return seen([campaign()], the_policy=rules, needs=needs, states=states)


def test_a_policy_and_what_people_decided_come_back_as_they_were_to_the_last_bit_and_in_order() -> None:
    """Also what no policy file says: a version and modes of its own, resources in any order."""
    writer = Writer()
    was = seen([campaign()], the_policy=full_policy(), controls=CONTROLS)

    again = writer.read(writer.write(was)[0])

    assert again.policy == was.policy
    assert list(again.policy.resources) == ["sim://z", "sim://a"]
    assert again.controls == CONTROLS
    assert again.now == was.now == datetime(2026, 11, 27, 6, tzinfo=UTC)


def test_of_controls_every_field_is_recorded() -> None:
    """One of each, so that a kind of control that is not written fails here."""
    assert all(getattr(CONTROLS, field.name) for field in fields(Controls))


def test_a_new_need_in_a_large_estate_costs_itself_its_chunk_and_the_manifest() -> None:
    writer = Writer()
    was = estate()
    _, first = writer.write(was)
    one = replace(was.needs[700], total=was.needs[700].total * 2)

    name, written = writer.write(replace(was, needs=(*was.needs[:700], one, *was.needs[701:])))

    assert len(first) > 2 * 1200
    assert len(written) == 3
    assert len(writer.topic[name]) < 2000
    assert writer.read(name).needs[700].total.tolist() == one.total.tolist()


def test_a_decision_a_minute_later_writes_its_manifest_only() -> None:
    writer = Writer()
    was = estate(3)
    writer.write(was)

    _, written = writer.write(replace(was, now=was.now + MINUTE))

    assert len(written) == 1


def test_the_order_in_which_states_and_levels_came_to_be_known_makes_no_other_manifest() -> None:
    was = estate(30)
    turned = replace(
        was,
        levels=dict(reversed(was.levels.items())),
        resources=dict(reversed(was.resources.items())),
    )

    assert Writer().write(was)[0] == Writer().write(turned)[0]
    assert was.decide() == turned.decide()


def test_no_content_is_larger_than_a_broker_takes() -> None:
    """Ten thousand resources: their policy alone is several megabytes."""
    rules = policy(*(resource(f"sim://{'r' * 200}{number}") for number in range(10_000)))
    what = replace(seen(), policy=rules, resources={name: state(name) for name in rules.resources})

    _, written = Writer().write(what)

    assert sum(map(len, written)) > 5_000_000
    assert max(map(len, written)) <= 900_000


def test_a_content_that_is_gone_or_changed_is_named_with_what_it_was() -> None:
    writer = Writer()
    name, _ = writer.write(estate(3))
    need_name = next(n for n, content in writer.topic.items() if b'"type":"need"' in content)

    changed = writer.topic[need_name] = b"{}"
    with pytest.raises(InputsLostError, match=f"needs: what lies at {need_name} has another hash"):
        writer.read(name)
    assert changed
    del writer.topic[need_name]
    with pytest.raises(InputsLostError, match=f"needs: the content {need_name} is not on the inputs topic"):
        writer.read(name)
    with pytest.raises(InputsLostError, match="manifest: the content nowhere"):
        writer.read("nowhere")
