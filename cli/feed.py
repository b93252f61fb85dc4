"""Feeding a recording to the raw topics, with the marks of its own clock."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from confluent_kafka import KafkaError, Message, Producer

from rules.pipeline.replay import floor_minute, in_order
from schemas.codec import rfc3339
from schemas.partitioning import murmur2_partition
from schemas.recording import RawRecord
from schemas.words import MARK_HEADER, RAW_TOPICS

_MINUTE = timedelta(minutes=1)
_CLOSING = timedelta(microseconds=1)
"""The last mark closes the last minute without beginning another: Kafka's times are whole milliseconds."""


class FeedError(RuntimeError):
    """A record of the recording could not be written; the message says which and why."""


@dataclass(slots=True)
class Fed:
    """What has been written so far."""

    records: int = 0
    time: datetime | None = None
    """The recording's own clock."""
    ends: dict[tuple[str, int], int] = field(default_factory=dict)
    """The offset behind the last record written to each raw partition."""
    closing: datetime | None = None
    """The last mark: a clock that has reached it has seen everything."""


class Feeder:
    """Writes one recording; `speed` is record time over wall time, None is as fast as the broker takes it."""

    def __init__(self, producer: Producer, partitions: int, speed: float | None = None) -> None:
        self._producer = producer
        self._partitions = partitions
        self._speed = speed
        self._error: KafkaError | None = None
        self._last: datetime | None = None
        self.fed = Fed()

    def feed(
        self, records: Sequence[RawRecord], until: datetime | None = None, progress: Callable[[Fed], None] | None = None
    ) -> Fed:
        """Write the records in the contract's order, and a mark on every minute that something waits for."""
        for number, record in enumerate(in_order(records)):
            if until is not None and record.timestamp > until:
                break
            self._advance(record.timestamp, progress)
            self._write(record, number)
            if progress is not None and number % 200 == 0:
                progress(self.fed)
        if until is not None:
            self._advance(until, progress)
        self._close(until)
        if progress is not None:
            progress(self.fed)
        return self.fed

    def pass_time(self, by: timedelta) -> None:
        """After the feed: move the recording's clock on, so that what comes from elsewhere does not wait for it."""
        if self.fed.closing is not None:
            self.fed.closing += by
            self._mark_all(self.fed.closing)
            self._producer.flush(10)

    def _advance(self, to: datetime, progress: Callable[[Fed], None] | None) -> None:
        """Marks up to the minute of `to`; where nobody watches, those with nothing between them are one."""
        minute, last = floor_minute(to), self.fed.time
        if last is None or self._speed is None:
            self._mark(minute)
            return
        while last < minute:
            last += _MINUTE
            time.sleep(_MINUTE.total_seconds() / self._speed)
            self._mark(last)
            if progress is not None:
                progress(self.fed)

    def _mark(self, minute: datetime) -> None:
        if self.fed.time is not None and minute <= self.fed.time:
            return
        self.fed.time = minute
        self._mark_all(minute)

    def _mark_all(self, moment: datetime) -> None:
        for topic in RAW_TOPICS:
            for partition in range(self._partitions):
                header = (MARK_HEADER, rfc3339(moment).encode())
                self._produce(topic, partition, b"", None, [header], moment)

    def _write(self, record: RawRecord, number: int) -> None:
        if record.topic not in RAW_TOPICS:
            raise FeedError(f"record {number}: topic {record.topic!r} is no raw topic: {', '.join(RAW_TOPICS)}")
        headers = [(name, value.encode()) for name, value in record.headers.items()]
        headers.append(("wismo-position", f"{number:012d}".encode()))
        partition = murmur2_partition(record.key, self._partitions) if record.key is not None else 0
        self._produce(record.topic, partition, record.value, record.key, headers, record.timestamp)
        self.fed.records += 1
        self._last = record.timestamp

    def _close(self, until: datetime | None) -> None:
        self._producer.flush(30)
        last = max((moment for moment in (self._last, until) if moment is not None), default=None)
        if last is not None:
            self.fed.closing = last + _CLOSING
            self._mark_all(self.fed.closing)
        self._producer.flush(60)
        self._raise_failed()

    def _produce(  # noqa: PLR0913 - a record has this many parts
        self,
        topic: str,
        partition: int,
        value: bytes | None,
        key: bytes | None,
        headers: list[tuple[str, bytes]],
        moment: datetime,
    ) -> None:
        stamp = int(moment.timestamp() * 1000)
        while True:
            try:
                self._producer.produce(
                    topic,
                    value=value,
                    key=key,
                    partition=partition,
                    headers=headers,
                    timestamp=stamp,
                    on_delivery=self._delivered,
                )
                break
            except BufferError:
                self._producer.poll(0.1)
        self._producer.poll(0)
        self._raise_failed()

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._error = error
            return
        place = (str(message.topic()), int(message.partition() or 0))
        self.fed.ends[place] = max(self.fed.ends.get(place, 0), int(message.offset() or 0) + 1)

    def _raise_failed(self) -> None:
        if self._error is not None:
            raise FeedError(f"the broker did not take a record: {self._error}; check its limits and its health")
