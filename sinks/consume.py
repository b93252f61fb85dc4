"""Consumes topics into a sink, at least once: in order per partition, committed only when the sink is done."""

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.dead_letters import Source
from sinks.dead_letters import Parker
from sinks.health import Check
from sinks.lanes import Lane, Sink
from sinks.metrics import SinkMetrics

_LOG: Final = logging.getLogger("wismo.sinks")
_FULL: Final = 500
"""Records a lane may hold before its partition is paused."""
_LET_GO_WITHIN: Final = 30.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is read at once, how many partitions are worked on at a time, how often offsets are committed."""

    batch: int = 200
    workers: int = 8
    poll_seconds: float = 0.1
    commit_seconds: float = 1.0


def source_of(message: Message) -> Source:
    """A Kafka message as plain data."""
    return Source(
        topic=message.topic() or "",
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        timestamp=message.timestamp()[1],
        key=_bytes(message.key()),
        value=_bytes(message.value()),
        headers=tuple((name, _bytes(value)) for name, value in message.headers() or ()),
    )


class Consumption:
    """The loop between a consumer group and a sink."""

    def __init__(
        self, client: Consumer, group: str, sink: Sink, parker: Parker, metrics: SinkMetrics, pace: Pace | None = None
    ) -> None:
        self._client = client
        self._group = group
        self._sink = sink
        self._parker = parker
        self._metrics = metrics
        self._pace = pace or Pace()
        self._lanes: dict[tuple[str, int], Lane] = {}
        self._working: dict[Future[None], Lane] = {}
        self._committed: dict[tuple[str, int], int] = {}
        self._assigned = False
        self._letting_go = threading.Event()
        self._kafka_says = ""

    def run(self, topics: Sequence[str], stop: threading.Event) -> None:
        """Consume until `stop` is set; raises where going on would lose a record."""
        self._client.subscribe(list(topics), on_assign=self._on_assign, on_revoke=self._on_revoke)
        commit_at = 0.0
        with ThreadPoolExecutor(self._pace.workers, thread_name_prefix="sink") as pool:
            try:
                while not stop.is_set():
                    self._take(self._client.consume(self._pace.batch, self._pace.poll_seconds))
                    self._start(pool)
                    self._collect()
                    if time.monotonic() >= commit_at:
                        self._commit()
                        commit_at = time.monotonic() + self._pace.commit_seconds
            finally:
                self._let_go(list(self._lanes))
                self._client.close()

    def check(self) -> Check:
        """Whether partitions are assigned and none is stopped."""
        stopped = [f"{topic}/{number}: {lane.stopped}" for (topic, number), lane in self._all() if lane.stopped]
        if stopped:
            return Check(False, "; ".join(stopped) + "; mend the cause, then restart")
        if self._kafka_says:
            return Check(False, self._kafka_says)
        return Check(True) if self._assigned else Check(False, "waiting for partitions; is Kafka up?")

    def _all(self) -> Iterable[tuple[tuple[str, int], Lane]]:
        return sorted(self._lanes.copy().items())

    def _take(self, messages: list[Message]) -> None:
        for message in messages:
            error = message.error()
            if error is None:
                self._kafka_says = ""
                record = source_of(message)
                self._lane(record.topic, record.partition).waiting.append(record)
            elif error.code() != KafkaError._PARTITION_EOF:
                # librdkafka goes on trying by itself; only readiness has to know.
                self._kafka_says = f"Kafka says: {error.str()}"
                _LOG.warning("%s", self._kafka_says)
        for lane in {self._lane(m.topic() or "", m.partition() or 0) for m in messages if m.error() is None}:
            if len(lane.waiting) >= _FULL:
                self._client.pause([TopicPartition(*lane.place)])

    def _lane(self, topic: str, partition: int) -> Lane:
        return self._lanes.setdefault((topic, partition), Lane((topic, partition), self._group))

    def _start(self, pool: ThreadPoolExecutor) -> None:
        now = time.monotonic()
        for lane in self._lanes.values():
            if lane.ready(now):
                lane.busy.set()
                job = pool.submit(lane.work, self._sink, self._parker, self._metrics, self._letting_go)
                self._working[job] = lane

    def _collect(self) -> None:
        for job in [job for job in self._working if job.done()]:
            lane = self._working.pop(job)
            lane.busy.clear()
            job.result()
            if len(lane.waiting) < _FULL // 2 and lane.place in self._lanes and not lane.stopped:
                self._client.resume([TopicPartition(*lane.place)])
            self._measure(lane)

    def _measure(self, lane: Lane) -> None:
        if lane.done is None or lane.place not in self._lanes:
            return
        _, high = self._client.get_watermark_offsets(TopicPartition(*lane.place), cached=True)
        self._metrics.lag.labels(lane.place[0], str(lane.place[1])).set(max(0, high - lane.done))

    def _commit(self) -> None:
        done = {place: lane.done for place, lane in self._lanes.items() if lane.done is not None}
        fresh = {place: offset for place, offset in done.items() if self._committed.get(place) != offset}
        if not fresh:
            return
        offsets = [TopicPartition(topic, partition, offset) for (topic, partition), offset in fresh.items()]
        try:
            self._client.commit(offsets=offsets, asynchronous=False)
            self._committed.update(fresh)
        except KafkaException as error:
            # What is not committed is read again, and recognised.
            _LOG.warning("offsets were not committed: %s", error)

    def _on_assign(self, _client: Consumer, partitions: list[TopicPartition]) -> None:
        self._assigned = True
        _LOG.info("%s: assigned %d partitions", self._group, len(partitions))

    def _on_revoke(self, _client: Consumer, partitions: list[TopicPartition]) -> None:
        self._let_go([(place.topic, place.partition) for place in partitions])

    def _let_go(self, places: list[tuple[str, int]]) -> None:
        """Let the records in hand end, commit what is done, forget the rest."""
        self._letting_go.set()
        wait(self._working, _LET_GO_WITHIN)
        self._letting_go.clear()
        self._commit()
        for place in places:
            if (lane := self._lanes.pop(place, None)) is not None:
                # A record that outlasted the wait is the last one this lane works on.
                lane.stopped = lane.stopped or "given back"
            self._committed.pop(place, None)


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
