"""`headstart rehearse` on a real broker: the worker raises, watches, puts back, and says what it saw."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.commands import run
from tests.support.deadline import eventually
from tests.support.estate import QUICK, Estate
from tests.support.sale import MARKETING, acts_on, announced, traffic

PODS, TABLE = "sim://shop/pods", "sim://shop/table"
RESOURCES = {
    PODS: {
        **{"serves": "web", "unit_capacity": 10, "min": 2, "max": 40, "lead_time": "5s", "mode": "auto"},
        "ramp": {"hold": "1m"},
    },
    TABLE: {
        **{"serves": "web", "unit_capacity": 10, "min": 2, "max": 40, "lead_time": "5s", "mode": "approve"},
        "irreversible": {"price_per_unit": 1.0},
    },
}


@pytest.mark.timeout(900)
def test_a_rehearsal_days_ahead_measures_the_lead_time_and_leaves_everything_as_it_was(
    estate: Estate,
) -> None:
    """What is bought for good is left out, and said to be."""
    estate.create(RESOURCES, sources=MARKETING)
    worker = estate.worker(**QUICK).wait_ready()
    traffic(estate)
    announced(estate, datetime.now(UTC) + timedelta(days=5), timedelta(hours=2))
    eventually(lambda: worker.metric("headstart_ready_observed_units", resource=PODS) == 2, 30)

    done = run(
        estate.bootstrap,
        estate.prefix,
        *("rehearse", "bf-2026", "--yes", "--minutes", "15", "--watch", "5", "--by", "ada", "--json"),
        HEADSTART_POLICY_FILE=str(estate.policy),
    )

    report = json.loads(done.stdout)
    (tried,) = report["resources"]
    assert (tried["resource"], tried["phase"], tried["floor"]) == (PODS, "restored", 3)
    assert 5 <= tried["ready_after_s"] < 60
    assert tried["before"] == tried["after"] == [2, 40]
    assert report["left_out"] == {TABLE: "what it is given is not given back"}
    assert (done.exit_code, report["warnings"]) == (0, []), done.output
    assert f"{PODS}: restored" in done.output  # in a log nobody sees the table grow
    reasons = acts_on(estate, PODS)
    assert reasons[0] == "FLOOR_SET"
    assert reasons[-1] == "ORIGINALS_RESTORED"
