"""What a measurement stands on: a broker, its topics, a recording ready to be sent, and when all of it is done."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from confluent_kafka import KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from cli.simulation import world
from cli.simulation.recordings import lines
from cli.simulation.timing import seconds
from rules.pipeline.replay import in_order
from schemas.codec import parse_rfc3339
from schemas.partitioning import murmur2_partition
from schemas.recording import RawRecord, read_recording
from schemas.topics import Cleanup, Topics, load_topics
from sinks.kafka import producer
from sinks.settings import Settings, load_settings
from sinks.topics import ensure_topics
from tests.brokers import NoBrokerError, running_broker

PARTITIONS: Final = 8
LONG_QUIET: Final = 15.0
SEED: Final = 7
_OWN: Final = ("__consumer_offsets", "__transaction_state", "__share_group_state")

Ready = tuple[str, int, bytes | None, bytes | None, list[tuple[str, bytes]], int]
"""Topic, partition, key, value, headers and timestamp of a record to send."""


def recording(shipments: int, seed: int = SEED, days: int = 3) -> list[RawRecord]:
    """What `wismo simulate --seed 7 --shipments N --days 3` writes, in order.

    Few days, so that what is said once an hour weighs as little as it does in real traffic.
    """
    start = seconds(parse_rfc3339("2026-03-02T00:00:00Z"))
    return in_order(read_recording(lines(world.build(seed, start, days), shipments, lambda trouble: None)))


def ready(records: Sequence[RawRecord]) -> list[Ready]:
    """Records as a producer takes them, so that feeding costs little while a worker is measured."""
    made = []
    for number, record in enumerate(records):
        headers = [(name, value.encode()) for name, value in record.headers.items()]
        headers.append(("wismo-position", f"{number:012d}".encode()))
        partition = murmur2_partition(record.key or b"", PARTITIONS)
        stamp = int(record.timestamp.timestamp() * 1000)
        made.append((record.topic, partition, record.key, record.value, headers, stamp))
    return made


@dataclass(slots=True)
class Ground:
    """A broker of our own."""

    settings: Settings
    folder: Path
    admin: AdminClient
    client: Producer

    @property
    def bootstrap(self) -> str:
        """Where the broker listens."""
        return self.settings.bootstrap

    def reset(self) -> None:
        """Every topic new and empty, and no group's offsets."""
        old = [name for name in self.admin.list_topics(timeout=10).topics if name not in _OWN]
        if old:
            for gone in self.admin.delete_topics(old, operation_timeout=30).values():
                gone.result(30)
        deadline = time.monotonic() + 30
        while set(self.admin.list_topics(timeout=10).topics) - set(_OWN):
            _require(time.monotonic() < deadline, "the broker did not delete the topics of the last run")
            time.sleep(0.1)
        ensure_topics(self.settings, _kept_for_good())

    def send(self, records: Sequence[Ready]) -> None:
        """Write records as fast as the broker takes them."""
        for topic, partition, key, value, headers, stamp in records:
            self.produce(topic, value, key=key, partition=partition, headers=headers, timestamp=stamp)
        self.flush()

    def produce(self, topic: str, value: bytes | None, **kept: Any) -> None:
        """Queue one record."""
        while True:
            try:
                self.client.produce(topic, value, **kept)
                return
            except BufferError:
                self.client.poll(0.05)

    def flush(self) -> None:
        """Wait until all that is queued is written."""
        _require(not self.client.flush(120), "the broker did not take all records")

    def ends(self) -> Counter[str]:
        """Records ever written, by topic."""
        topics = self.admin.list_topics(timeout=10).topics
        asked = {
            TopicPartition(name, partition): OffsetSpec.latest()
            for name, topic in topics.items()
            if name not in _OWN
            for partition in topic.partitions
        }
        found: Counter[str] = Counter()
        for place, answer in self.admin.list_offsets(asked, request_timeout=20).items():
            # A topic that an engine makes for itself has no leader for a moment.
            with contextlib.suppress(KafkaException):
                found[place.topic] += answer.result().offset
        return found

    def wait_quiet(
        self,
        wanted: Mapping[str, int],
        busy: Callable[[], bool],
        quiet: float = 2.0,
        patience: float = 120.0,
    ) -> float:
        """Wait until at least `wanted` records are in each topic, nothing is written and nobody is `busy` any more.

        Returns:
            The monotonic time of the last change seen.
        """
        seen: Counter[str] = Counter()
        changed = active = time.monotonic()
        while True:
            if busy():
                active = time.monotonic()
            now, found = time.monotonic(), self.ends()
            if found != seen:
                seen, changed = found, now
            missing = {topic: count - found[topic] for topic, count in wanted.items() if found[topic] < count}
            # Some poll so eagerly that they never look idle: then a long silence has to do.
            if not missing and (now - max(changed, active) > quiet or now - changed > LONG_QUIET):
                return changed
            _require(now < changed + patience, f"nothing written for {patience:.0f} s, missing {missing}")
            time.sleep(0.1)


@contextlib.contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    """A broker for measurements, Apache Kafka or nothing: the embedded one keeps nothing and counts batches."""
    with running_broker(folder, measured=True) as broker:
        _require(broker.kind != "embedded", "measurements need Apache Kafka: Java 17 and Maven, or Docker")
        settings = load_settings(kafka_bootstrap_servers=broker.bootstrap, partitions=PARTITIONS)
        admin = AdminClient({"bootstrap.servers": broker.bootstrap, "log_level": 0})
        client = producer(settings, linger_ms=20, queue_buffering_max_messages=500_000)
        yield Ground(settings, folder, admin, client)


def _kept_for_good() -> Topics:
    """The topics as declared, but nothing of a recording of months ago is deleted while it is measured."""
    whole = {"retention": None, "cleanup": Cleanup.DELETE}
    topics = load_topics()
    return topics.model_copy(update={"topics": tuple(topic.model_copy(update=whole) for topic in topics.topics)})


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NoBrokerError(otherwise)


__all__ = ["PARTITIONS", "Ground", "Ready", "ground", "ready", "recording"]
