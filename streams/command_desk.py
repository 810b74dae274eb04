"""Where commands are dealt with: the decider hears each, answers it, and writes down what stands since.

The answer (audit and notice) comes first, then the mark that holds the changes, then the changes each
under its own key: whatever moment this worker dies at, the next one neither loses a word nor hears it twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from advisor.domain.controls import EVERYTHING, Controls
from advisor.domain.policy import Policy
from advisor.errors import DecodeError
from streams.campaign_book import CampaignBook
from streams.codec.command_audit import Deed, audit_command, notice_of_command
from streams.codec.commands import CommandKind, decode_command
from streams.codec.controls_log import commands_mark, encode_entries, encode_mark
from streams.command_feed import CommandFeed
from streams.context import WorkerContext
from streams.control_book import Heard
from streams.control_entries import Changes
from streams.control_judge import Known
from streams.controls_fold import ControlsFold
from streams.dead_letters import dead_letter
from streams.log_reader import read_to_end
from streams.records import OutgoingRecord, ReceivedRecord, received_at

log = structlog.get_logger(__name__)

KEEP_WORDS = timedelta(days=90)
"""Approvals and rejections are kept for so long past their campaign's end."""


class CommandDesk:
    """What stands of people's words, for the one worker that decides."""

    def __init__(self, context: WorkerContext, policy: Policy, topic_id: str, feed: CommandFeed) -> None:
        self._names = context.names
        self._clock = context.clock
        self._outbox = context.outbox
        self._metrics = context.metrics
        self._policy = policy
        self._topic_id = topic_id
        self._feed = feed
        self._fold = ControlsFold(topic_id)
        self._backlog: list[ReceivedRecord] = []
        for kind in CommandKind:
            for heard in Heard:
                self._metrics.commands.labels(kind=kind, outcome=heard)

    @property
    def controls(self) -> Controls:
        """All that stands."""
        return self._fold.book.controls

    @property
    def has_news(self) -> bool:
        """Has somebody said something that was not dealt with yet?"""
        return self._feed.waiting

    @property
    def is_stop_waiting(self) -> bool:
        """Has somebody said hold, freeze or reject, and could it not be stored yet?"""
        return any(_is_stop(record) for record in (*self._backlog, *self._feed.untaken))

    def stand_by(self) -> None:
        """Another worker decides, and sees to commands."""
        self._feed.drop()
        self._metrics.frozen.set(0)
        self._metrics.frozen_resources.set(0)
        self._metrics.holds.set(0)

    async def restore(self, reader: AIOKafkaConsumer) -> None:
        """Know what stands, and what was said since that was last written down."""
        self._backlog += self._feed.take()  # heard already, should reading fail
        self._feed.keep()  # before reading to the end: what comes after that end is kept already
        fold = ControlsFold(self._topic_id)
        async for record in read_to_end(reader, {TopicPartition(self._names.controls, 0): 0}):
            fold.apply(record.key, record.value)
        await self._write_again(fold.last_changes)
        starts = {self._feed.partition: fold.next_offset}
        backlog = [record async for record in read_to_end(reader, starts)]
        self._fold, self._backlog = fold, backlog

    async def deal_with(self, now: datetime, campaigns: CampaignBook) -> bool:
        """Hear all that was said and not dealt with yet; True if there was anything."""
        records, self._backlog = [*self._backlog, *self._feed.take()], []
        new = [record for record in records if record.offset >= self._fold.next_offset]
        self._backlog = list(new)  # until it is dealt with: Kafka may go away in the middle
        for record in new:
            if not self._feed.kept:
                break  # another worker has taken over, and deals with the rest
            await self._deal_with_one(record, now, campaigns)
            self._backlog.pop(0)
        self._backlog = []
        forgotten = self._fold.book.forget(now, KEEP_WORDS, campaigns)
        if forgotten:
            await self._write(forgotten)
        self._show()
        return bool(new or forgotten)

    async def _deal_with_one(self, record: ReceivedRecord, now: datetime, campaigns: CampaignBook) -> None:
        written_at = received_at(record.timestamp)
        at = now if self._clock.from_events else min(written_at, now)
        self._fold.deal_with(record.offset)
        try:
            command = decode_command(record.value, record.headers, received_at=written_at)
        except DecodeError as error:
            self._metrics.dead_letters.labels(topic=record.topic, reason=error.reason).inc()
            await self._outbox.send([dead_letter(record, error, topic=self._names.dead_letters)])
            await self._write({})
            return
        known = Known(campaigns, self._policy.resources, self._policy.currency)
        answer = self._fold.book.apply(command, at, known)
        if answer.heard is not Heard.REPEATED:
            deed = Deed(command, record.offset, at, answer)
            audit = audit_command(self._names.audit, deed, self._policy.version)
            await self._outbox.send([audit, notice_of_command(self._names.notices, deed)])
        await self._write(answer.after)
        self._metrics.commands.labels(kind=command.kind, outcome=answer.heard).inc()
        log.info("command", kind=command.kind, about=command.about, by=command.by, outcome=answer.heard)

    async def _write(self, changes: Changes) -> None:
        """Say that everything heard so far is dealt with, and what the last of it changed."""
        fold = self._fold
        mark = commands_mark(self._topic_id, fold.next_offset, fold.book.heard, changes)
        await self._outbox.send([self._record(*encode_mark(mark))])
        await self._write_again(changes)

    async def _write_again(self, changes: Changes) -> None:
        """Write changes that a mark holds, each under its own key."""
        await self._outbox.send(self._record(key, value) for key, value in encode_entries(changes))

    def _record(self, key: bytes, value: bytes | None) -> OutgoingRecord:
        return OutgoingRecord(self._names.controls, key, value, partition=0)

    def _show(self) -> None:
        controls = self.controls
        frozen = {stop.scope for stop in controls.freezes}
        self._metrics.frozen.set(EVERYTHING in frozen)
        self._metrics.frozen_resources.set(len(frozen - {EVERYTHING}))
        self._metrics.holds.set(len({hold.scope for hold in controls.holds}))


def _is_stop(record: ReceivedRecord) -> bool:
    try:
        command = decode_command(record.value, record.headers, received_at=received_at(record.timestamp))
    except DecodeError:
        return False  # nobody can tell what was meant; it is dead-lettered once Kafka is back
    return command.kind in (CommandKind.FREEZE, CommandKind.HOLD, CommandKind.REJECT)
