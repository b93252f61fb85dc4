"""Every broker of the suite keeps its word, and says truly what it lacks."""

import os
import uuid
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition

from sinks.kafka import consumer, producer, true_highwaters
from sinks.settings import Settings
from tests.brokers import VARIABLE, Broker, NoBrokerError, kafka_libraries, running_broker


def _settings(broker: Broker) -> Settings:
    return Settings(kafka_bootstrap_servers=broker.bootstrap)


def _write(broker: Broker, topic: str, count: int) -> None:
    out = producer(_settings(broker))
    for number in range(count):
        out.produce(topic, key=f"k{number}", value=f"v{number}", headers=[("h", b"1"), ("h", b"2")])
    assert out.flush(60) == 0


def _read(broker: Broker, topic: str, count: int) -> dict[bytes, bytes]:
    reader = consumer(_settings(broker), f"g-{uuid.uuid4().hex}")
    reader.subscribe([topic])
    read = {}
    try:
        for _ in range(60):
            for message in reader.consume(count, timeout=1.0):
                assert message.error() is None
                assert message.headers() == [("h", b"1"), ("h", b"2")]
                read[message.key()] = message.value()
            if len(read) >= count:
                break
    finally:
        reader.close()
    return read


def test_a_round_trip_through_a_group(broker: Broker) -> None:
    topic = broker.create_topic()
    _write(broker, topic, 100)
    assert _read(broker, topic, 100) == {f"k{n}".encode(): f"v{n}".encode() for n in range(100)}


def test_the_default_is_the_broker_that_was_asked_for(broker: Broker) -> None:
    assert broker.kind == os.environ.get(VARIABLE, broker.kind)


@pytest.mark.kafka
def test_acknowledged_records_survive_kill_9(broker: Broker) -> None:
    if broker.kill is None or broker.restart is None:
        pytest.skip(f"the {broker.kind} broker cannot be killed from here")
    topic = broker.create_topic()
    _write(broker, topic, 200)
    broker.kill()
    broker.restart()
    ends = true_highwaters(_settings(broker), [(topic, 0), (topic, 1)])
    assert sum(ends.values()) == 200
    assert len(_read(broker, topic, 200)) == 200


def test_an_unknown_kind_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, "redpanda")
    with pytest.raises(NoBrokerError, match="redpanda"), running_broker(tmp_path):
        pass


def test_the_container_says_why_it_cannot_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, "container")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoBrokerError, match="no Docker engine"), running_broker(tmp_path):
        pass


def test_kafka_without_maven_and_cache_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoBrokerError, match="no mvn on PATH"):
        kafka_libraries()


def test_latest_is_wrong_only_where_the_broker_says_so(broker: Broker) -> None:
    topic = broker.create_topic(1)
    _write(broker, topic, 50)
    probe = consumer(_settings(broker), "probe")
    _, claimed = probe.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)
    probe.close()
    assert true_highwaters(_settings(broker), [(topic, 0)]) == {(topic, 0): 50}
    assert (claimed != 50) == ("latest_offset" in broker.lacks)


def test_record_sizes_are_limited_except_where_the_broker_says_so(broker: Broker) -> None:
    topic = broker.create_topic(1, max_message_bytes="2048")
    taken: list[bool] = []
    out = producer(_settings(broker))
    out.produce(topic, key=b"k", value=b"x" * 4096, on_delivery=lambda error, _: taken.append(error is None))
    assert out.flush(60) == 0
    assert taken == ["max_message_bytes" in broker.lacks]
