"""Delivers one notice on one channel, once: claim, intent, act, receipt, done, each written before the next begins.

A crash between the act and its note is the one gap that cannot be closed; then the same id is sent again, and counted.
The messages of a digest gather first and go as one letter; each has its own receipt, and is done only with that.
"""

import dataclasses
import logging
import random
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import msgspec
from confluent_kafka import KafkaException

from schemas.dead_letters import Source
from schemas.words import FATE_REASONS, MARK_HEADER
from sinks.kafka import KafkaUnavailableError
from sinks.metrics import NotifierMetrics
from sinks.notifier.channels import Channel
from sinks.notifier.ledger import Answer, Entry, Leave, Ledger
from sinks.notifier.letters import letter_of
from sinks.notifier.notices import Notice, read_notice
from sinks.notifier.piles import Piles, Standing, Turn, entry_key, part_of
from sinks.notifier.receipts import ReceiptError, wall_clock
from sinks.redis_client import RedisAwayError
from sinks.results import DeliveryResult, Outcome, delivered, refused, skipped, try_again

_LOG: Final = logging.getLogger("wismo.notifier")
EXHAUSTED: Final = "retries_exhausted"
_LOOK_AGAIN: Final = 1.0
"""Seconds after which a message asks again whether the letter that somebody else sends has gone."""


class Receipts(Protocol):
    """Where receipts go."""

    def write(self, notice: Notice, channel: str, entry: Entry, now: datetime) -> None:
        """Return once the receipt is safe."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a channel's notifier works with."""

    channel: Channel
    ledger: Ledger
    piles: Piles
    receipts: Receipts
    refill: Callable[[], object]
    """Fills the ledger from the receipts when Redis has lost it."""
    metrics: NotifierMetrics
    schedule: Sequence[float]
    """Waits between attempts, in seconds."""


class ChannelNotifier:
    """The sink of one channel."""

    def __init__(self, desk: Desk, now: Callable[[], datetime] = wall_clock) -> None:
        self._desk = desk
        self._now = now

    def deliver(self, record: Source) -> DeliveryResult:
        """Tell whoever the record concerns, unless it was told before or is to be told to nobody."""
        if record.value is None or any(name == MARK_HEADER for name, _ in record.headers):
            return skipped("no_event")
        try:
            notice = read_notice(record)
        except msgspec.MsgspecError as error:
            return refused("undecodable", f"{record.topic}: not an event of ours: {error}")
        if notice.withheld:
            return self._withhold(notice)
        try:
            if notice.in_a_digest:
                return _aside(self._desk.channel.held() or self._gather(notice))
            return self._desk.channel.held() or self._claim(notice)
        except RedisAwayError as error:
            return try_again("redis_unavailable", type(error).__name__, 1.0)
        except (ReceiptError, KafkaException, KafkaUnavailableError) as error:
            return try_again("kafka_unavailable", str(error), 1.0)

    def _withhold(self, notice: Notice) -> DeliveryResult:
        reason = notice.withheld if notice.withheld in FATE_REASONS else "other"
        self._desk.metrics.suppressed.labels(reason).inc()
        _LOG.info("message %s is %s: %s", notice.event.message_id, notice.event.fate, notice.withheld)
        return skipped(reason)

    def _claim(self, notice: Notice) -> DeliveryResult:
        token = uuid.uuid4().hex
        leave = self._desk.ledger.begin(notice.key, token, notice.round)
        if leave.answer is Answer.LOST:
            return self._refilled()
        if leave.answer is Answer.BUSY:
            return try_again("claimed", "another attempt has not ended", max(0.05, leave.wait_seconds))
        if leave.answer is Answer.DONE:
            return self._seen(leave.before)
        if leave.only_receipt:
            return self._settle(notice, token, leave.before)
        return self._act(notice, token, leave)

    def _gather(self, notice: Notice) -> DeliveryResult:
        """Join the letter of a digest; whoever comes when its time is over sends it for all."""
        token, own = uuid.uuid4().hex, notice.event.message_id or ""
        standing = self._desk.piles.join(notice.key, own, notice.body, notice.whose, notice.round, token)
        if standing.turn is Turn.LOST:
            return self._refilled()
        if standing.turn is Turn.DONE:
            return self._seen(standing.before)
        if standing.turn is Turn.LATE:
            # Nobody may be told less because a partition lagged: it goes alone, under an id of its own.
            return self._claim(msgspec.structs.replace(notice, key=part_of(notice.key, own)))
        if standing.turn is Turn.RECEIPT:
            return self._settle(notice, token, standing.before)
        if standing.turn is Turn.GO:
            return self._send_letter(notice, token, standing)
        most = _LOOK_AGAIN if standing.turn is Turn.BUSY else standing.wait_seconds
        return try_again("gathering", after=max(0.05, min(standing.wait_seconds, most)))

    def _send_letter(self, notice: Notice, token: str, standing: Standing) -> DeliveryResult:
        letter = letter_of(notice, standing.bodies)
        leave = Leave(Answer.GO, standing.before, 0.0)
        result = self._attempt(letter, leave)
        if result.retryable and leave.attempt <= len(self._desk.schedule):
            wait = self._wait(leave.attempt, result.retry_after)
            self._desk.piles.again(letter.key, token, Entry("failed", leave.attempt), wait)
            return try_again(result.reason, result.detail, wait)
        ended = dataclasses.replace(_ended(letter, leave.attempt, result), letter=letter.letter)
        self._desk.piles.over(letter.key, token, ended, letter.letter)
        return self._settle(notice, token, ended)

    def _refilled(self) -> DeliveryResult:
        _LOG.warning("the ledger is gone; filling it from the receipts")
        self._desk.refill()
        return try_again("ledger_lost", "the ledger was filled again", 0.0)

    def _seen(self, entry: Entry) -> DeliveryResult:
        if entry.result == "failed":
            # Its dead letter may not have been written before a crash; twice parked is better than lost.
            return refused(entry.reason, "failed for good before; replay it once the cause is mended")
        self._count("duplicate")
        return skipped("duplicate")

    def _act(self, notice: Notice, token: str, leave: Leave) -> DeliveryResult:
        desk = self._desk
        result = self._attempt(notice, leave)
        if result.retryable and leave.attempt <= len(desk.schedule):
            entry = Entry("failed", leave.attempt, round=notice.round)
            desk.ledger.write(notice.key, token, entry, release=True)
            return try_again(result.reason, result.detail, self._wait(leave.attempt, result.retry_after))
        ended = _ended(notice, leave.attempt, result)
        desk.ledger.write(notice.key, token, ended, release=False)
        return self._settle(notice, token, ended)

    def _attempt(self, notice: Notice, leave: Leave) -> DeliveryResult:
        desk = self._desk
        if leave.unsure:
            desk.metrics.repeats.labels(desk.channel.name).inc()
        if leave.attempt > 1:
            desk.metrics.retries.labels(desk.channel.name).inc()
        began = time.perf_counter()
        result = desk.channel.send(notice)
        desk.metrics.seconds.labels(desk.channel.name).observe(time.perf_counter() - began)
        return result

    def _settle(self, notice: Notice, token: str, entry: Entry) -> DeliveryResult:
        desk = self._desk
        desk.receipts.write(notice, desk.channel.name, entry, self._now())
        done = Entry("done", entry.attempts, entry.result, entry.reason, entry.round)
        desk.ledger.write(entry_key(notice, entry), token, done, release=True)
        self._count(entry.result)
        if entry.result == "failed":
            return refused(entry.reason, f"{desk.channel.name}: {entry.reason} after {entry.attempts} attempts")
        return delivered()

    def _wait(self, attempt: int, asked: float | None) -> float:
        usual = self._desk.schedule[attempt - 1]
        # Spread, so that what failed together does not come back together.
        return max(usual * random.uniform(0.9, 1.1), asked or 0.0)

    def _count(self, result: str) -> None:
        self._desk.metrics.notifications.labels(self._desk.channel.name, result).inc()


def _ended(notice: Notice, attempt: int, result: DeliveryResult) -> Entry:
    if result.outcome is Outcome.DELIVERED:
        return Entry("acted", attempt, "sent", "", notice.round)
    return Entry("acted", attempt, "failed", EXHAUSTED if result.retryable else result.reason, notice.round)


def _aside(result: DeliveryResult) -> DeliveryResult:
    """A message that gathers with others holds up nobody behind it."""
    return dataclasses.replace(result, aside=True) if result.retryable else result
