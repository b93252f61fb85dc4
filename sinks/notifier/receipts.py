"""Receipts: what became of each notification, on a compacted topic from which a lost ledger is filled again."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from msgspec import Struct

from schemas.codec import digest, dumps, rfc3339
from schemas.dead_letters import Headers
from schemas.words import NOTIFICATION_RECEIPTS
from sinks.kafka import highwater_probe, true_highwater
from sinks.notifier.ledger import Entry, Ledger
from sinks.notifier.notices import Notice, shared_fields
from sinks.notifier.piles import entry_key, part_of
from sinks.settings import Settings
from sinks.writes import WriteError, write_acked


class ReceiptError(RuntimeError):
    """A receipt was not acknowledged, so the notification is not done."""


class Receipt(Struct, kw_only=True):
    """What the ledger needs of a receipt."""

    idempotency_key: str
    channel: str
    result: str
    attempts: int
    at: datetime
    reason: str = ""
    round: str = ""
    message_id: str | None = None
    letter: tuple[str, ...] = ()


_RECEIPT: Final = msgspec.json.Decoder(Receipt)
_BATCH: Final = 1000
_PATIENCE: Final = 15.0
"""Seconds without any receipt after which reading them is given up."""


def receipt_event(notice: Notice, channel: str, entry: Entry, now: datetime) -> dict[str, Any]:
    """The receipt as an event; its `sequence` is that of the event it answers."""
    at = rfc3339(now)
    event = shared_fields(notice) | {
        "event_id": digest("receipt", entry_key(notice, entry), channel, entry.round, entry.result),
        "notified_event_id": notice.event.event_id,
        "schema_version": 1,
        "occurred_at": at,
        "received_at": at,
        "timestamp": at,
        "sequence": notice.event.sequence,
        "idempotency_key": notice.key,
        "channel": channel,
        "result": entry.result,
        "reason": entry.reason,
        "attempts": entry.attempts,
        "at": at,
        "round": entry.round,
    }
    return event | {"letter": list(entry.letter)} if entry.letter else event


class ReceiptWriter:
    """Writes receipts and waits for the acknowledgement."""

    def __init__(self, producer: Producer, timeout: float = 15.0) -> None:
        self._producer = producer
        self._timeout = timeout

    def write(self, notice: Notice, channel: str, entry: Entry, now: datetime) -> None:
        """Write one receipt, of a letter one for each message; raises `ReceiptError`.

        The key holds the channel too: on a compacted topic two channels of one notification must not hide each other.
        """
        event = receipt_event(notice, channel, entry, now)
        key = f"{entry_key(notice, entry)}/{channel}"
        record = {"key": key, "value": dumps(event), "headers": _headers(event, notice)}
        try:
            write_acked(self._producer, NOTIFICATION_RECEIPTS, self._timeout, **record)
        except (WriteError, KafkaException, BufferError) as error:
            raise ReceiptError(f"receipt of {key}: {error}") from error


def fill_ledger(settings: Settings, ledger: Ledger, channel: str, now: Callable[[], datetime]) -> int:
    """Read all receipts of a channel into its ledger and mark it whole; returns how many were read."""
    probe = highwater_probe(settings)
    count = 0
    try:
        known = probe.list_topics(NOTIFICATION_RECEIPTS, timeout=15).topics[NOTIFICATION_RECEIPTS].partitions
        for partition in known:
            end = true_highwater(probe, NOTIFICATION_RECEIPTS, partition)
            for receipts in _read(probe, partition, end):
                ours = [receipt for receipt in receipts if receipt.channel == channel]
                ledger.remember(entry for receipt in ours for entry in remembered(receipt, ledger.ttl, now()))
                count += len(ours)
    finally:
        probe.close()
    ledger.declare_whole()
    return count


def _read(client: Consumer, partition: int, end: int) -> Iterator[list[Receipt]]:
    if end <= 0:
        return
    client.assign([TopicPartition(NOTIFICATION_RECEIPTS, partition, OFFSET_BEGINNING)])
    at, deadline = -1, time.monotonic() + _PATIENCE
    while at < end - 1:
        # It waits for a whole batch as long as it may, so the time it may is short.
        messages = client.consume(_BATCH, timeout=0.1)
        if messages:
            deadline = time.monotonic() + _PATIENCE
        elif time.monotonic() > deadline:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"{NOTIFICATION_RECEIPTS}/{partition} at {at}"))
        receipts = []
        for message in messages:
            error = message.error()
            if error is not None and error.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(error)
            if message.partition() != partition:
                continue
            # The end-of-partition notice carries the offset after the last record, which compaction may have moved.
            at = max(at, (message.offset() or 0) - (1 if error is not None else 0))
            receipts += _decoded(message.value()) if error is None else []
        yield receipts


def _decoded(raw: str | bytes | None) -> list[Receipt]:
    try:
        return [_RECEIPT.decode(raw or b"")]
    except msgspec.MsgspecError:
        return []  # Not one of ours; whoever wrote it, nothing was sent because of it.


def remembered(receipt: Receipt, ttl: float, now: datetime) -> Iterator[tuple[str, Entry, float]]:
    """What a receipt says of the ledger: that it is done, and of a letter who else went in it and owes a receipt."""
    left = (receipt.at + timedelta(seconds=ttl) - now).total_seconds()
    done = Entry("done", receipt.attempts, receipt.result, receipt.reason, receipt.round)
    yield receipt.idempotency_key, done, left
    if receipt.letter:
        yield part_of(receipt.idempotency_key, receipt.message_id or ""), done, left
    owed = Entry("acted", receipt.attempts, receipt.result, receipt.reason, receipt.round, receipt.letter)
    for other in receipt.letter:
        if other != receipt.message_id:
            yield part_of(receipt.idempotency_key, other), owed, left


def _headers(event: dict[str, Any], notice: Notice) -> Headers:
    told = {
        "ce_specversion": "1.0",
        "ce_id": event["event_id"],
        "ce_type": f"wismo.notification.{event['result']}.v1",
        "ce_source": "/wismo/notifier",
        "ce_subject": notice.event.shipment_id or notice.event.subject_id or "",
        "ce_time": event["occurred_at"],
        "content-type": "application/json",
        "traceparent": notice.trace or "",
    }
    return [(name, text.encode()) for name, text in told.items() if text]


def wall_clock() -> datetime:
    """The time, for shells."""
    return datetime.now(UTC)
