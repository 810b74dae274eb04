"""What stands of a campaign: the highest revision, whatever arrives last, however often, over restarts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from streams.campaign_book import Standing
from streams.codec.campaign_state import EntryRecord
from streams.codec.campaigns import encode_cancellation
from streams.records import Headers
from tests.support.commands import run
from tests.support.deadline import eventually
from tests.support.estate import QUICK, Estate
from tests.support.messages import campaign_data, campaign_event
from tests.support.poison import STRUCTURED
from tests.support.workers import WorkerProcess

WEB = {"k8s://prod/shop/hpa/web": {"serves": "web", "unit_capacity": 50, "min": 2, "max": 40}}
START = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=6)
SETTLES_WITHIN_S = 30.0
Message = tuple[bytes | None, bytes | None, Headers]


def announced(revision: int, campaign_id: str = "sale") -> Message:
    """A revision of a campaign that is still to come; its name says which."""
    data = campaign_data(
        campaign_id=campaign_id,
        revision=revision,
        name=f"revision {revision}",
        start=START.isoformat(),
        end=(START + timedelta(hours=2)).isoformat(),
        services=["web"],
    )
    return campaign_id.encode(), campaign_event(data), STRUCTURED


def cancelled(revision: int) -> Message:
    """The cancellation of the campaign by this revision."""
    return encode_cancellation("sale", revision, announced_at=START - timedelta(days=1), source="/marketing")


def withdrawn() -> Message:
    """A tombstone."""
    return b"sale", None, ()


STORY: list[tuple[Message, int, Standing]] = [
    (announced(3), 3, Standing.SCHEDULED),
    (announced(2), 3, Standing.SCHEDULED),  # late
    (cancelled(2), 3, Standing.SCHEDULED),  # late as well
    (announced(4), 4, Standing.SCHEDULED),
    (cancelled(5), 5, Standing.CANCELLED),
    (announced(4), 5, Standing.CANCELLED),  # sent again
    (announced(6), 6, Standing.SCHEDULED),
    (withdrawn(), 6, Standing.WITHDRAWN),
    (announced(6), 6, Standing.WITHDRAWN),  # sent again
    (announced(5), 6, Standing.WITHDRAWN),
    (announced(7), 7, Standing.SCHEDULED),
]


def test_the_highest_revision_stands_after_every_message(estate: Estate) -> None:
    """Late, lower and repeated messages change nothing; a higher revision brings back what was taken back."""
    worker = estate.create(WEB).worker(**QUICK).wait_ready()
    for number, (message, revision, standing) in enumerate(STORY):
        states = settled(estate, worker, message)
        entry = states["sale"].entry
        assert (entry.revision, entry.standing) == (revision, standing), number
        (shown,) = listed(estate)
        assert (shown["revision"], shown["standing"]) == (revision, standing), number
        assert shown["name"] == (f"revision {revision}" if revision != 5 else "revision 4"), number
        assert (states["sale"].readiness is not None) is (standing is Standing.SCHEDULED), number


def test_nothing_sent_before_counts_again_after_a_restart(estate: Estate) -> None:
    """Every event a second time, after a stop and after a kill: the accepted states stay as they were."""
    worker = estate.create(WEB).worker(**QUICK).wait_ready()
    for message, _, _ in STORY:
        estate.send(estate.names.campaigns, [message])
    before = settled(estate, worker, announced(1, "other"))
    assert worker.stop() == 0

    again = [message for message, _, _ in STORY if message[1] is not None]  # a second tombstone is news
    estate.send(estate.names.campaigns, again)
    worker = estate.worker(**QUICK).wait_ready()
    assert settled(estate, worker, announced(1, "other")) == before

    worker.kill()
    estate.send(estate.names.campaigns, again)
    worker = estate.worker(**QUICK).wait_ready()
    assert settled(estate, worker, announced(1, "other")) == before
    assert estate.dead_letters() == []


def test_reading_the_inbox_from_zero_gives_what_following_it_gave(estate: Estate) -> None:
    """A second estate on the same inbox, without any state of its own, accepts the very same."""
    worker = estate.create(WEB).worker(**QUICK).wait_ready()
    for message, _, _ in STORY:
        estate.send(estate.names.campaigns, [message])
    followed = settled(estate, worker, announced(1, "other"))

    newcomer = estate.beside("newcomer", HEADSTART_KAFKA__CAMPAIGNS_TOPIC=estate.names.campaigns).create(WEB)
    newcomer.worker(**QUICK).wait_ready()
    eventually(lambda: set(newcomer.campaign_states()) == {"sale", "other"}, SETTLES_WITHIN_S)

    def accepts_the_same() -> bool:
        found = newcomer.campaign_states()
        return all(found[name].says_what(state) for name, state in followed.items())

    eventually(accepts_the_same, SETTLES_WITHIN_S)


def settled(estate: Estate, worker: WorkerProcess, message: Message) -> dict[str, EntryRecord]:
    """The accepted states once this message, sent now, is dealt with."""
    ((partition, offset),) = estate.send(estate.names.campaigns, [message])

    def dealt_with() -> bool:
        assert worker.running, worker.tail()
        return estate.read_through().get(partition, 0) > offset

    eventually(dealt_with, SETTLES_WITHIN_S, every_s=0.1)
    return estate.campaign_states()


def listed(estate: Estate) -> list[dict[str, Any]]:
    """What `headstart campaign list --all` shows."""
    result = run(estate.bootstrap, estate.prefix, "campaign", "list", "--all", "--json")
    assert result.exit_code == 0, result.output
    answer: dict[str, list[dict[str, Any]]] = json.loads(result.stdout)
    return answer["campaigns"]
