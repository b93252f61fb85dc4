"""Feeds the board from its topics; Redis away: waits; Redis lost, or another cluster: builds the board anew."""

import logging
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import redis
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition
from prometheus_client import CollectorRegistry

from schemas.dead_letters import Source
from schemas.words import (
    CUSTOMER_MESSAGES,
    DEAD_LETTERS,
    NOTIFICATION_RECEIPTS,
    OWNERS,
    SHADOW_EXCEPTIONS,
    SHIPMENT_UPDATES,
    SHIPMENTS,
    exceptions_topic,
)
from sinks.board.batch import Batch
from sinks.board.keys import Keys
from sinks.board.store import BoardLostError, BoardStore
from sinks.consume import source_of
from sinks.health import Check, serve_health
from sinks.kafka import KafkaUnavailableError, consumer, true_highwaters
from sinks.metrics import SinkMetrics
from sinks.redis_client import RedisAwayError, redis_client
from sinks.settings import Settings

GROUP: Final = "wismo-board"
"""Offsets are also committed under this group, for those who watch lag; the board itself goes by its own."""
TOPICS: Final = (
    SHIPMENTS,
    SHIPMENT_UPDATES,
    *(exceptions_topic(owner) for owner in OWNERS),
    SHADOW_EXCEPTIONS,
    CUSTOMER_MESSAGES,
    NOTIFICATION_RECEIPTS,
    DEAD_LETTERS,
)
_LOG: Final = logging.getLogger("wismo.board")
_WAIT: Final = 1.0
_BATCH: Final = 500

Place = tuple[str, int]


@dataclass(slots=True)
class BoardFeeder:
    """The loop between the topics and the store."""

    settings: Settings
    client: redis.Redis
    metrics: SinkMetrics
    rebuild: bool = False
    trouble: str = "starting"
    """What readiness says; empty while the board is fed."""
    behind: dict[Place, int] = field(default_factory=dict)
    """Ends that a board under construction has yet to reach."""

    def run(self, stop: threading.Event) -> None:
        """Feed the board until `stop`, whatever Redis and Kafka do in between."""
        store = BoardStore(self.client, Keys(self.settings.redis_prefix))
        while not stop.is_set():
            try:
                self._session(store, stop)
            except BoardLostError as error:
                self._say(f"{error}; building it anew")
            except RedisAwayError as error:
                self._say(f"Redis does not answer ({type(error).__name__}); waiting")
                stop.wait(_WAIT)
            except (KafkaException, KafkaUnavailableError) as error:
                self._say(f"Kafka does not answer ({error}); waiting")
                stop.wait(_WAIT)

    def check(self) -> Check:
        """Whether the board is fed and shows all there is."""
        if self.trouble:
            return Check(False, self.trouble)
        return Check(False, "the board is being built") if self.behind else Check(True)

    def _session(self, store: BoardStore, stop: threading.Event) -> None:
        reader = consumer(self.settings, GROUP, enable_partition_eof=False)
        try:
            places = self._open(store, reader)
            reader.assign([TopicPartition(*place, offset) for place, offset in places.items()])
            self.trouble = ""
            self._settle(store, {place: at for place, at in places.items() if at >= 0})
            self._feed(store, reader, stop)
        finally:
            reader.close()

    def _open(self, store: BoardStore, reader: Consumer) -> dict[Place, int]:
        """Where to begin each partition: behind what the board holds, or at the start of a new board."""
        known = reader.list_topics(timeout=15)
        missing = [topic for topic in TOPICS if topic not in known.topics]
        if missing:
            raise KafkaUnavailableError(f"topics {', '.join(missing)} do not exist; create them with `wismo topics`")
        places = [(topic, partition) for topic in TOPICS for partition in known.topics[topic].partitions]
        ends = true_highwaters(self.settings, places)
        cluster = str(known.cluster_id)
        applied = store.applied() if not self.rebuild and store.open(cluster) else None
        if applied is None or any(offset >= ends.get(place, 0) for place, offset in applied.items()):
            # Offsets beyond the end mean topics that were created anew: what the board holds is of another log.
            _LOG.info("building the board from the beginning of its topics")
            store.begin(cluster)
            self.rebuild, applied = False, {}
        self.behind = {place: end for place, end in ends.items() if end > applied.get(place, -1) + 1}
        return {place: applied[place] + 1 if place in applied else OFFSET_BEGINNING for place in places}

    def _feed(self, store: BoardStore, reader: Consumer, stop: threading.Event) -> None:
        pending: list[Source] = []
        while not stop.is_set():
            pending += [source_of(message) for message in reader.consume(_BATCH, 0.2) if _usable(message)]
            if not pending:
                store.require()
                continue
            batch = store.apply(pending)
            if batch is None:
                continue  # Another writer came in between; what it applied will be left out.
            self._count(batch)
            done = {(r.topic, r.partition): r.offset + 1 for r in pending}
            pending = []
            self._settle(store, done)
            self._commit(reader, done)

    def _settle(self, store: BoardStore, done: dict[Place, int]) -> None:
        for place, offset in done.items():
            if self.behind.get(place, offset + 1) <= offset:
                del self.behind[place]
        if not self.behind:
            store.caught_up()

    def _count(self, batch: Batch) -> None:
        now = time.time()
        used = len(batch.records) - batch.refused
        self.metrics.processed.labels("board", "ok").inc(used)
        self.metrics.processed.labels("board", "error").inc(batch.refused)
        for record in batch.records:
            self.metrics.last_processed.labels(record.topic).set(now)
            self.metrics.end_to_end.observe(max(0.0, now - record.timestamp / 1000))

    def _commit(self, reader: Consumer, done: dict[Place, int]) -> None:
        offsets = [TopicPartition(*place, offset) for place, offset in done.items()]
        for (topic, partition), offset in done.items():
            _, high = reader.get_watermark_offsets(TopicPartition(topic, partition), cached=True)
            self.metrics.lag.labels(topic, str(partition)).set(max(0, high - offset))
        try:
            reader.commit(offsets=offsets, asynchronous=True)
        except KafkaException as error:
            _LOG.debug("offsets were not committed: %s", error)

    def _say(self, trouble: str) -> None:
        if trouble != self.trouble:
            _LOG.warning("%s", trouble)
        self.trouble = trouble


def run_board(settings: Settings, stop: threading.Event, *, rebuild: bool = False) -> None:
    """Run until `stop`."""
    registry = CollectorRegistry()
    feeder = BoardFeeder(settings, redis_client(settings), SinkMetrics(registry, "board"), rebuild)
    checks = {"board": feeder.check}
    with serve_health(settings.board_metrics_port, checks, registry, host=settings.metrics_host) as health:
        _LOG.info("board up at %s; health on port %d", datetime.now(UTC).isoformat(), health.port)
        feeder.run(stop)


def _usable(message: Message) -> bool:
    error = message.error()
    if error is None:
        return True
    if error.code() != KafkaError._PARTITION_EOF:
        _LOG.warning("Kafka says: %s", error.str())
    return False
