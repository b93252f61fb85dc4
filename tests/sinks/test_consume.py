"""The consumer loop on a broker: in order, committed when done, dead letters whole, nothing lost by a restart."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from prometheus_client import CollectorRegistry

from schemas.dead_letters import Source, read_errors
from schemas.topics import load_topics
from sinks.consume import Consumption, Pace, source_of
from sinks.dead_letters import DeadLetterWriter
from sinks.kafka import consumer, producer
from sinks.metrics import SinkMetrics
from sinks.results import DeliveryResult, delivered, refused, try_again
from sinks.settings import Settings
from sinks.topics import ensure_topics
from tests.brokers import Broker


class Collecting:
    def __init__(self, answer: Callable[[Source], DeliveryResult] = lambda _: delivered()) -> None:
        self.seen: list[Source] = []
        self._answer = answer

    def deliver(self, record: Source) -> DeliveryResult:
        self.seen.append(record)
        return self._answer(record)


_RUNNING: list["Running"] = []


@pytest.fixture(autouse=True)
def _nothing_runs_on() -> Iterator[None]:
    yield
    while _RUNNING:
        _RUNNING.pop().stop.set()


class Running:
    """A loop on a thread, until it has seen enough."""

    def __init__(self, settings: Settings, topic: str, group: str, sink: Collecting) -> None:
        self.stop = threading.Event()
        out = producer(settings)
        self.loop = Consumption(
            consumer(settings, group), group, sink, DeadLetterWriter(out), SinkMetrics(CollectorRegistry(), "t"),
            Pace(commit_seconds=0.1),
        )  # fmt: skip
        self.sink = sink
        self.thread = threading.Thread(target=self.loop.run, args=([topic], self.stop), daemon=True)
        self.thread.start()
        _RUNNING.append(self)

    def until(self, true: Callable[[], bool], within: float = 30.0) -> None:
        deadline = time.monotonic() + within
        while not true() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert true()

    def end(self) -> None:
        self.stop.set()
        self.thread.join(20)
        assert not self.thread.is_alive()


@pytest.fixture
def settings(broker: Broker) -> Settings:
    found = Settings(kafka_bootstrap_servers=broker.bootstrap)
    ensure_topics(found, load_topics())
    return found


@pytest.fixture
def topic(broker: Broker) -> str:
    name = f"t-{uuid.uuid4().hex}"
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    admin.create_topics([NewTopic(name, 2, 1)])[name].result(10)
    return name


def write(settings: Settings, topic: str, numbers: range) -> None:
    out = producer(settings)
    for number in numbers:
        out.produce(topic, key=f"k{number % 5}", value=str(number), headers=[("h", b"\xff"), ("h", b"2")])
    assert out.flush(60) == 0


def test_in_order_and_where_it_stopped_it_goes_on(settings: Settings, topic: str) -> None:
    group = f"g-{uuid.uuid4().hex}"
    write(settings, topic, range(60))
    first = Running(settings, topic, group, Collecting())
    first.until(lambda: len(first.sink.seen) >= 60)
    first.until(lambda: first.loop.check().ok)
    first.end()
    write(settings, topic, range(60, 80))
    second = Running(settings, topic, group, Collecting())
    second.until(lambda: len(second.sink.seen) >= 20)
    time.sleep(0.5)
    second.end()
    assert sorted(int(record.value or b"") for record in second.sink.seen) == list(range(60, 80))
    by_key: dict[bytes | None, list[int]] = {}
    for record in first.sink.seen:
        by_key.setdefault(record.key, []).append(int(record.value or b""))
    assert all(numbers == sorted(numbers) for numbers in by_key.values())
    assert first.sink.seen[0].headers == (("h", b"\xff"), ("h", b"2"))


def test_what_was_not_done_is_read_again(settings: Settings, topic: str) -> None:
    group = f"g-{uuid.uuid4().hex}"
    write(settings, topic, range(10))
    stuck = Running(settings, topic, group, Collecting(lambda _: try_again("timeout", after=60.0)))
    stuck.until(lambda: len(stuck.sink.seen) >= 2)
    stuck.end()
    again = Running(settings, topic, group, Collecting())
    again.until(lambda: len(again.sink.seen) >= 10)
    again.end()


def test_what_is_refused_is_on_dead_letters_byte_for_byte(settings: Settings, topic: str) -> None:
    write(settings, topic, range(3))
    sink = Collecting(lambda r: refused("http_4xx", "it said 400") if r.value == b"1" else delivered())
    running = Running(settings, topic, f"g-{uuid.uuid4().hex}", sink)
    running.until(lambda: len(running.sink.seen) >= 3)
    running.end()
    reader = consumer(settings, f"g-{uuid.uuid4().hex}")
    reader.subscribe(["dead-letters"])
    found: list[Source] = []
    deadline = time.monotonic() + 20
    while not found and time.monotonic() < deadline:
        records = [source_of(m) for m in reader.consume(100, 1.0) if m.error() is None]
        found += [r for r in records if read_errors(r.headers).get("topic") == topic]
    reader.close()
    [letter] = found
    told = read_errors(letter.headers)
    assert (letter.key, letter.value, letter.headers[:2]) == (b"k1", b"1", (("h", b"\xff"), ("h", b"2")))
    assert (told["reason"], told["stage"], told["exception.message"]) == ("sink_rejected", "notify", "it said 400")
