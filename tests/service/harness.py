"""A real worker on a real broker: start it, feed it, kill it, read what it wrote."""

import contextlib
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Message, TopicPartition

from cli.children import Child
from cli.drain import OUTPUTS
from cli.embedded import free_port
from cli.feed import Fed, Feeder
from cli.service import get
from rules.pipeline.records import Record
from schemas.codec import loads
from schemas.recording import RawRecord
from schemas.topics import Cleanup, Topics, load_topics
from sinks.consume import source_of
from sinks.kafka import consumer, producer, true_highwaters
from sinks.settings import Settings, load_settings
from sinks.topics import ensure_topics
from tests.brokers import Broker, running_broker

PARTITIONS = 3
Place = tuple[str, int]
"""Topic and partition."""
_CLOCK = re.compile(
    r'^wismo_watermark_timestamp_seconds\{(?=.*stage="track").*partition="(\d+)".*\} (\S+)$', re.MULTILINE
)


@dataclass(slots=True)
class Bench:
    """One broker with its topics, and the workers on it."""

    broker: Broker
    settings: Settings
    folder: Path
    env: dict[str, str]
    workers: dict[str, tuple[Child, int]]
    partitions: int = PARTITIONS

    def start(self, name: str = "worker", module: str = "streams.worker") -> Child:
        """Start a worker."""
        port = free_port()
        env = {**os.environ, **self.env, "WISMO_WORKER_METRICS_PORT": str(port)}
        env["WISMO_DATA_DIR"] = str(self.folder / name)
        child = Child(name, [sys.executable, "-m", module], folder=self.folder, env=env)
        self.workers[name] = (child, port)
        return child

    def wait_ready(self, name: str = "worker", patience: float = 60) -> None:
        """Wait until the worker has its partitions and its state."""
        child, port = self.workers[name]
        deadline = time.monotonic() + patience
        while get(port, "/readyz")[0] != 200:
            child.require_alive()
            assert time.monotonic() < deadline, f"not ready: {get(port, '/readyz')}; {child.last_words()}"
            time.sleep(0.1)

    def feed(self, records: Sequence[RawRecord]) -> Fed:
        """Write a recording as fast as the broker takes it."""
        return Feeder(producer(self.settings), self.partitions).feed(records)

    def wait_closed(self, fed: Fed, patience: float = 120) -> None:
        """Wait until the tracker's clock has reached the recording's last mark in every partition."""
        assert fed.closing is not None
        deadline = time.monotonic() + patience
        while self.closed(fed) < self.partitions:
            for child, _ in self.workers.values():
                child.require_alive()
            assert time.monotonic() < deadline, f"{self.closed(fed)} of {self.partitions} partitions closed"
            time.sleep(0.2)

    def closed(self, fed: Fed) -> int:
        """How many partitions have reached the last mark; one that moved is on the metrics of each owner it had."""
        assert fed.closing is not None
        found = [place for _, port in self.workers.values() for place in _CLOCK.findall(get(port, "/metrics")[1])]
        return len({partition for partition, clock in found if float(clock) >= fed.closing.timestamp()})

    def read(self, *topics: str) -> list[Record]:
        """Every record of these topics, by topic, partition and offset."""
        places = [(topic, partition) for topic in topics for partition in range(self.partitions)]
        ends = true_highwaters(self.settings, places)
        reader = consumer(self.settings, "test-reader")
        try:
            found = _read(reader, ends)
            return [record for place in places for record in found[place]]
        finally:
            reader.close()

    def outputs(self) -> list[dict[str, Any]]:
        """All outputs as `wismo decide` prints them."""
        return [output_of(record) for record in self.read(*OUTPUTS)]


@contextlib.contextmanager
def bench(folder: Path, *, partitions: int = PARTITIONS, **env: str) -> Iterator[Bench]:
    """A broker of its own with all topics; workers are killed at the end."""
    with running_broker(folder) as broker:
        settings = load_settings(kafka_bootstrap_servers=broker.bootstrap, partitions=partitions)
        ensure_topics(settings, _kept_for_good())
        given = {
            "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap,
            "WISMO_PARTITIONS": str(partitions),
            "WISMO_TICKER": "false",
            "WISMO_ORDER": "strict",
            **env,
        }
        made = Bench(broker, settings, folder, given, {}, partitions)
        try:
            yield made
        finally:
            for child, _ in made.workers.values():
                child.kill()


def _kept_for_good() -> Topics:
    """The topics as declared, but nothing of a recording of months ago is deleted or compacted while a test reads."""
    topics = load_topics()
    whole = {"retention": None, "cleanup": Cleanup.DELETE}
    kept = (topic if topic.name.endswith("-changelog") else topic.model_copy(update=whole) for topic in topics.topics)
    return topics.model_copy(update={"topics": tuple(kept)})


def output_of(record: Record) -> dict[str, Any]:
    """A record as `wismo decide` prints one."""
    return {
        "topic": record.topic,
        "key": (record.key or b"").decode("utf-8", "replace"),
        "headers": {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers},
        "value": loads(record.value) if record.value and record.topic != "dead-letters" else None,
    }


def _read(reader: Consumer, ends: Mapping[Place, int]) -> dict[Place, list[Record]]:
    """All partitions at once: each new assignment costs a second until the first record comes."""
    lows = {place: reader.get_watermark_offsets(TopicPartition(*place), timeout=10)[0] for place in ends}
    found: dict[Place, list[Record]] = {place: [] for place in ends}
    left = {place for place, end in ends.items() if lows[place] < end}
    reader.assign([TopicPartition(*place, lows[place]) for place in left])
    silent_since = time.monotonic()
    while left:
        assert time.monotonic() < silent_since + 30, f"nothing more comes of {sorted(left)}"
        for record in map(_record, _good(reader.consume(1000, 0.05))):  # rarely so many: the wait is all of it
            silent_since = time.monotonic()
            place = (record.topic, record.partition)
            if record.offset < ends[place]:
                found[place].append(record)
            if record.offset >= ends[place] - 1:
                left.discard(place)
    return found


def _good(messages: Iterable[Message]) -> Iterator[Message]:
    return (message for message in messages if message.error() is None)


def _record(message: Message) -> Record:
    source = source_of(message)
    when = datetime.fromtimestamp(source.timestamp / 1000, UTC)
    place_of = (source.topic, source.partition, source.offset)
    return Record(*place_of, when, source.key, source.value, source.headers)
