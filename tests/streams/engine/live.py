"""Feeds, reads and runs workers for the tests on a broker."""

import contextlib
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from sinks.kafka import true_highwaters
from sinks.settings import load_settings

PARTITIONS = 4
CHANGELOGS = ("counts-changelog", "index-changelog")
LARGE = str(9 << 20)


class Bench:
    """The topics of one counting worker under a name of their own."""

    def __init__(self, bootstrap: str, folder: Path, store: str = "memory://") -> None:
        self.bootstrap = bootstrap
        self.folder = folder
        self.store = store
        self.name = f"eng{uuid.uuid4().hex[:8]}"
        self.want: Counter[bytes] = Counter()
        self.producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "partitioner": "murmur2_random",
                "linger.ms": 20,
                "message.max.bytes": 9 << 20,
            }
        )
        self._settings = load_settings(kafka_bootstrap_servers=bootstrap)
        self._follower: Consumer | None = None
        self._seen: set[bytes] = set()
        self._create()

    def topic(self, suffix: str) -> str:
        return f"{self.name}-{suffix}"

    def _create(self) -> None:
        plain = {"max.message.bytes": LARGE}
        topics = [NewTopic(self.topic(t), PARTITIONS, 1, config=plain) for t in ("in", "out", "dead")]
        topics += [
            NewTopic(self.topic(t), PARTITIONS, 1, config={**plain, "cleanup.policy": "compact"}) for t in CHANGELOGS
        ]
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        for created in admin.create_topics(topics).values():
            created.result(20)

    def feed(self, values: Iterable[tuple[bytes, bytes]]) -> None:
        """Write records and count those that a worker will count."""
        for n, (key, value) in enumerate(values):
            self.producer.produce(self.topic("in"), key=key, value=value)
            self.want[key] += not value.startswith(b"poison")
            if n % 1000 == 0:
                self.producer.poll(0)
        assert self.producer.flush(30) == 0

    def read(self, suffix: str) -> list[Message]:
        """Read a topic up to its end of now."""
        topic = self.topic(suffix)
        ends = true_highwaters(self._settings, [(topic, p) for p in range(PARTITIONS)])
        left = {p for (_, p), end in ends.items() if end}
        consumer = self._reader()
        consumer.assign([TopicPartition(topic, p, 0) for p in left])
        found: list[Message] = []
        deadline = time.monotonic() + 30
        while left:
            assert time.monotonic() < deadline, f"nothing more comes of {topic} {sorted(left)}"
            for message in consumer.consume(5000, 0.1):
                if message.error() is None:
                    found.append(message)
                    if message.offset() >= ends[topic, message.partition()] - 1:
                        left.discard(message.partition())
        consumer.close()
        return found

    def _reader(self) -> Consumer:
        return Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": uuid.uuid4().hex,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "fetch.message.max.bytes": 9 << 20,
            }
        )

    def state(self, suffix: str) -> dict[bytes, bytes]:
        """Read a changelog to its latest rows."""
        rows: dict[bytes, bytes] = {}
        for message in self.read(suffix):
            if message.value() is None:
                rows.pop(message.key(), None)
            else:
                rows[message.key()] = message.value()
        return rows

    def committed(self) -> dict[int, int]:
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": self.name})
        asked = [TopicPartition(self.topic("in"), p) for p in range(PARTITIONS)]
        found = {one.partition: max(one.offset, 0) for one in consumer.committed(asked, timeout=15)}
        consumer.close()
        return found

    def lengths(self) -> dict[int, int]:
        counted = Counter(message.partition() for message in self.read("in"))
        return {p: counted[p] for p in range(PARTITIONS)}

    def output_ids(self) -> list[bytes]:
        return [dict(message.headers())["id"] for message in self.read("out")]

    def wait_for_outputs(self, count: int, worker: "Worker", seconds: float = 60) -> list[bytes]:
        """Wait until this many different outputs are there."""
        deadline = time.monotonic() + seconds
        while len(self._followed()) < count:
            in_time = time.monotonic() < deadline and worker.process.poll() is None
            assert in_time, f"{len(self._seen)} of {count} outputs; {worker.last_words()}"
        return self.output_ids()  # the log itself: what came twice is in it twice

    def _followed(self) -> set[bytes]:
        """The different outputs so far, read on from where the last look ended: the whole log would be read often."""
        if self._follower is None:
            self._follower = self._reader()
            self._follower.assign([TopicPartition(self.topic("out"), p, 0) for p in range(PARTITIONS)])
        messages = self._follower.consume(5000, 0.2)
        self._seen |= {dict(message.headers())["id"] for message in messages if message.error() is None}
        return self._seen

    def counts(self) -> dict[bytes, int]:
        """What the changelog says was counted."""
        return {key: int(row.split(b",")[0]) for key, row in self.state("counts-changelog").items()}

    def wait_for_rows(self, seconds: float = 20) -> None:
        """Wait until the rows of all that was fed are durable."""
        deadline = time.monotonic() + seconds
        while (counts := self.counts()) != dict(self.want):
            assert time.monotonic() < deadline, f"{sum(counts.values())} of {sum(self.want.values())} in rows"
            time.sleep(0.2)

    def wait_committed(self, seconds: float = 20) -> None:
        """Wait until every record read is committed."""
        deadline, lengths = time.monotonic() + seconds, self.lengths()
        while self.committed() != lengths:
            assert time.monotonic() < deadline, f"{self.committed()} of {lengths} committed"
            time.sleep(0.2)


class Worker:
    """A worker process that can be killed and started again."""

    def __init__(self, bench: Bench, pause: float = 0.0, module: str = "counting", host: str = "data") -> None:
        self._bench = bench
        self._pause = pause
        self._module = f"tests.streams.engine.{module}"
        self._data = bench.folder / host
        self.start()

    def start(self) -> None:
        bench, pause = self._bench, self._pause
        self.log = bench.folder / f"worker-{time.monotonic_ns()}.log"
        command = [sys.executable, "-m", self._module, bench.bootstrap, bench.name]
        command += [bench.store, str(self._data), str(pause)]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def freeze(self) -> None:
        """As a long pause of the machine does it: no line runs, no connection closes."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def terminate(self) -> float:
        """Ask the worker to stop, and return the seconds that took."""
        started = time.monotonic()
        self.process.terminate()
        assert self.process.wait(30) == 0, self.last_words()
        return time.monotonic() - started

    def said(self, words: str) -> int:
        """How often the worker's log has these words."""
        return self.log.read_text(errors="replace").count(words)

    def wait_for_log(self, words: str, times: int = 1, seconds: float = 30) -> None:
        """Wait until the worker has said something so many times."""
        deadline = time.monotonic() + seconds
        while self.said(words) < times:
            assert time.monotonic() < deadline and self.process.poll() is None, self.last_words()
            time.sleep(0.05)

    def last_words(self) -> str:
        return self.log.read_text(errors="replace")[-3000:]


@contextlib.contextmanager
def working(bench: Bench, pause: float = 0.0, module: str = "counting", host: str = "data") -> Iterator[Worker]:
    worker = Worker(bench, pause, module, host)
    try:
        yield worker
    finally:
        if worker.process.poll() is None:
            worker.kill()
