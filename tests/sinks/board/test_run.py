"""The board as it runs: fed from a broker, rebuilt when asked or when Redis lost it, right after any restart."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from prometheus_client import CollectorRegistry

from schemas.dead_letters import Source
from schemas.topics import load_topics
from sinks.board.keys import Keys
from sinks.board.run import BoardFeeder
from sinks.kafka import producer
from sinks.metrics import SinkMetrics
from sinks.settings import Settings
from sinks.topics import ensure_topics
from tests.brokers import Broker
from tests.sinks.samples import Log


@pytest.fixture
def settings(broker: Broker, redis_url: str) -> Settings:
    found = Settings(
        kafka_bootstrap_servers=broker.bootstrap, redis_url=redis_url, redis_prefix=f"t-{uuid.uuid4().hex}:"
    )
    ensure_topics(found, load_topics())
    return found


def tell(settings: Settings, *records: Source) -> None:
    out = producer(settings)
    for record in records:
        out.produce(record.topic, key=record.key, value=record.value, headers=list(record.headers))
    assert out.flush(60) == 0


_RUNNING: list["Board"] = []


@pytest.fixture(autouse=True)
def _nothing_runs_on() -> Iterator[None]:
    yield
    while _RUNNING:
        _RUNNING.pop().stop.set()


class Board:
    def __init__(self, settings: Settings, *, rebuild: bool = False) -> None:
        self.client = redis.Redis.from_url(settings.redis_url or "")
        self.keys = Keys(settings.redis_prefix)
        self.feeder = BoardFeeder(settings, self.client, SinkMetrics(CollectorRegistry(), "t"), rebuild)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.feeder.run, args=(self.stop,), daemon=True)
        self.thread.start()
        _RUNNING.append(self)

    def until(self, true: Callable[[], Any], within: float = 40.0) -> None:
        deadline = time.monotonic() + within
        while not true() and time.monotonic() < deadline:
            assert self.thread.is_alive()
            time.sleep(0.05)
        assert true()

    def ready(self) -> None:
        self.until(lambda: self.feeder.check().ok)

    def has(self, subject: str) -> bool:
        return bool(self.client.exists(self.keys.view(subject)))

    def count(self, name: str) -> int:
        return int(self.client.hget(self.keys.counts, name) or 0)

    def end(self) -> None:
        self.stop.set()
        self.thread.join(30)
        assert not self.thread.is_alive()


def test_fed_restarted_lost_and_rebuilt_it_shows_the_same(settings: Settings) -> None:
    carrier = f"slug{uuid.uuid4().hex[:8]}"
    shipment, log = f"{carrier}:1", Log()
    tell(settings, log.update(shipment, "in_transit"), log.state(shipment, "in_transit"))
    tell(settings, log.case("support", shipment, uuid.uuid4().hex))
    first = Board(settings)
    first.until(lambda: first.count(f"carrier|{carrier}|kind|stalled"))
    first.ready()
    first.end()

    tell(settings, log.state(shipment, "delivered", "in_transit"))
    second = Board(settings)
    second.until(lambda: second.count(f"carrier|{carrier}|state|delivered"))
    wanted = {f"carrier|{carrier}|state|delivered": 1, f"carrier|{carrier}|kind|stalled": 1}
    assert {name: second.count(name) for name in wanted} == wanted
    assert second.count(f"carrier|{carrier}|state|in_transit") == 0

    for key in list(second.client.scan_iter(match=second.keys.root + "*")):
        second.client.delete(key)
    second.until(lambda: second.has(shipment))
    second.ready()
    assert {name: second.count(name) for name in wanted} == wanted
    second.end()

    third = Board(settings, rebuild=True)
    generation = third.client.get(third.keys.generation)
    third.until(lambda: third.client.get(third.keys.generation) != generation or third.feeder.check().ok)
    third.ready()
    assert {name: third.count(name) for name in wanted} == wanted
    assert not third.client.hexists(third.keys.meta, "rebuilding")
    third.end()


def test_readiness_says_that_kafka_is_away_and_nothing_dies(redis_url: str) -> None:
    nowhere = Settings(
        kafka_bootstrap_servers="127.0.0.1:9", redis_url=redis_url, redis_prefix=f"t-{uuid.uuid4().hex}:"
    )
    board = Board(nowhere)
    board.until(lambda: "Kafka does not answer" in board.feeder.check().reason)
    board.end()


def test_readiness_says_that_redis_is_away_and_nothing_dies(settings: Settings) -> None:
    away = settings.model_copy(update={"redis_url": "redis://127.0.0.1:9/0"})
    board = Board(away)
    board.until(lambda: "Redis does not answer" in board.feeder.check().reason)
    board.end()
