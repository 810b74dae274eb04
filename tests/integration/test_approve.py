"""Nothing is done in mode approve that a person has not agreed to, and of more only the agreed part."""

from __future__ import annotations

import json

import pytest

from advisor.domain.reason import Reason
from tests.integration.test_commands import (
    PODS,
    RESOURCES,
    SETTLES_WITHIN_S,
    SOURCES,
    announce,
    decided,
    floor,
    keep_traffic,
    planned,
)
from tests.support.commands import run
from tests.support.deadline import eventually
from tests.support.estate import QUICK, Estate

DATABASE = "sim://shop/db"
ASKING = {name: {**RESOURCES[PODS], "mode": "approve", "max": 400} for name in (PODS, DATABASE)}


def said(estate: Estate, guardrail: str = "campaigns_permitted") -> set[str]:
    """What the newest decision on the pods says of the campaign's permission."""
    return {v["reason"] for v in decided(estate)[-1]["verdicts"] if v["guardrail"] == guardrail}


@pytest.mark.timeout(240)
def test_an_envelope_is_used_and_never_exceeded(estate: Estate) -> None:
    """Approved as planned it is done; announced again four times as large, the agreed part stays done."""
    estate.create(ASKING, sources=SOURCES)
    worker = estate.worker(**QUICK).wait_ready()
    announce(estate)
    keep_traffic(estate)
    eventually(lambda: planned(worker) > 2, SETTLES_WITHIN_S, what="a raise is planned")
    eventually(lambda: said(estate) == {Reason.NEEDS_APPROVAL}, SETTLES_WITHIN_S, what="it is asked for")
    assert floor(worker) == 2

    wanted = int(planned(worker))
    done = run(
        estate.bootstrap,
        estate.prefix,
        "approve",
        "bf-2026",
        "--policy",
        str(estate.policy),
        "--most",
        f"{PODS}={wanted}",
        "--by",
        "ada",
        "--json",
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["accepted"] is True
    agreed = json.loads(done.stdout)["command"]["resources"]
    assert agreed == {PODS: wanted, DATABASE: wanted}  # the bound on the pods takes nothing from the other
    eventually(lambda: floor(worker) == wanted, SETTLES_WITHIN_S, what="what was agreed is done")
    eventually(lambda: floor(worker, DATABASE) == wanted, SETTLES_WITHIN_S, what="on both resources")

    announce(estate, revision=4, uplift=12.0)
    eventually(lambda: planned(worker) > 2 * wanted, SETTLES_WITHIN_S, what="far more is planned")
    eventually(lambda: said(estate) == {Reason.OUTSIDE_ENVELOPE}, SETTLES_WITHIN_S, what="more is asked for")
    assert floor(worker) == wanted
