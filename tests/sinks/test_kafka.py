"""Clients carry the login, never lose what they report, and know the true end of a partition."""

import time
import uuid

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from schemas.topics import load_topics
from sinks.kafka import (
    MAX_RECORD_BYTES,
    KafkaUnavailableError,
    client_config,
    consumer,
    highwater_probe,
    producer,
    true_highwater,
    true_highwaters,
)
from sinks.progress import Progress
from sinks.settings import Settings
from tests.brokers import Broker


def _write(settings: Settings, topic: str, sizes: list[int]) -> None:
    """Write batches of the given sizes to partition 0."""
    out = producer(settings, linger_ms=50)
    for size in sizes:
        for number in range(size):
            out.produce(topic, key=b"k", value=f"{number}", partition=0)
        assert out.flush(60) == 0


@pytest.fixture
def settings(broker: Broker) -> Settings:
    return Settings(kafka_bootstrap_servers=broker.bootstrap)


def test_the_login_reaches_librdkafka() -> None:
    settings = Settings(
        kafka_bootstrap_servers="k:9093",
        kafka_security_protocol="SASL_SSL",
        kafka_sasl_username="svc",
        kafka_sasl_password="hunter2",
        kafka_ssl_cafile="/ca.pem",
    )
    assert client_config(settings) == {
        "bootstrap.servers": "k:9093",
        "client.id": "wismo",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "svc",
        "sasl.password": "hunter2",
        "ssl.ca.location": "/ca.pem",
    }


def test_no_topic_takes_more_than_clients_send() -> None:
    assert max(topic.max_message_bytes for topic in load_topics().topics) == MAX_RECORD_BYTES


@pytest.mark.parametrize("sizes", [[1], [10], [10] * 5, [1, 100, 1], [500, 500]])
def test_the_true_end_after_batches(broker: Broker, settings: Settings, sizes: list[int]) -> None:
    topic = broker.create_topic()
    _write(settings, topic, sizes)
    assert true_highwaters(settings, [(topic, 0), (topic, 1)]) == {(topic, 0): sum(sizes), (topic, 1): 0}


def test_the_true_end_moves_with_the_log(broker: Broker, settings: Settings) -> None:
    topic = broker.create_topic()
    probe = highwater_probe(settings)
    ends = []
    for _ in range(3):
        _write(settings, topic, [7, 5])
        ends.append(true_highwater(probe, topic, 0))
    probe.close()
    assert ends == [12, 24, 36]


@pytest.mark.kafka
def test_the_true_end_counts_transaction_markers(broker: Broker, settings: Settings) -> None:
    topic = broker.create_topic()
    out = producer(settings, transactional_id=f"tx-{uuid.uuid4().hex}")
    out.init_transactions(10)
    out.begin_transaction()
    out.produce(topic, key=b"k", value=b"v", partition=0)
    out.flush(60)
    out.abort_transaction(10)
    # The coordinator answers before the partition has its marker.
    deadline = time.monotonic() + 10
    while (ends := true_highwaters(settings, [(topic, 0)])) != {(topic, 0): 2} and time.monotonic() < deadline:
        time.sleep(0.05)
    assert ends == {(topic, 0): 2}


def test_a_silent_address_is_an_error_with_a_remedy() -> None:
    settings = Settings(kafka_bootstrap_servers="127.0.0.1:1")
    probe = highwater_probe(settings)
    with pytest.raises(KafkaUnavailableError, match=r"end of t/0: .*check the topic and the address"):
        true_highwater(probe, "t", 0, timeout=1)
    probe.close()


def test_the_largest_record_travels(broker: Broker, settings: Settings) -> None:
    topic = broker.create_topic(max_message_bytes=str(MAX_RECORD_BYTES))
    body = b"x" * (MAX_RECORD_BYTES - 1024)
    out = producer(settings)
    out.produce(topic, key=b"k", value=body, partition=0)
    assert out.flush(20) == 0
    reader = consumer(settings, f"g-{uuid.uuid4().hex}", session_timeout_ms=6000)
    reader.subscribe([topic])
    messages = reader.consume(1, timeout=30)
    reader.close()
    assert [message.value() == body for message in messages] == [True]


def test_progress_is_what_is_committed_and_the_true_end(broker: Broker, settings: Settings) -> None:
    topic, group = broker.create_topic(), f"progress-{uuid.uuid4().hex[:8]}"
    _write(settings, topic, [10, 10])
    progress = Progress(settings, group)
    assert progress.reached([]) == {}
    assert progress.reached([(topic, 0)]) == {(topic, 0): (0, 20)}
    reader = consumer(settings, group)
    reader.commit(offsets=[TopicPartition(topic, 0, 17)], asynchronous=False)
    reader.close()
    assert progress.reached([(topic, 0)]) == {(topic, 0): (17, 20)}
    progress.close()


@pytest.mark.kafka
def test_what_is_committed_and_no_longer_kept_is_not_behind(broker: Broker, settings: Settings) -> None:
    topic, group = broker.create_topic(), f"progress-{uuid.uuid4().hex[:8]}"
    _write(settings, topic, [20])
    reader = consumer(settings, group)
    reader.commit(offsets=[TopicPartition(topic, 0, 5)], asynchronous=False)
    reader.close()
    admin = AdminClient(client_config(settings))
    for deleted in admin.delete_records([TopicPartition(topic, 0, 20)]).values():
        deleted.result(20)
    progress = Progress(settings, group)
    assert progress.reached([(topic, 0)]) == {(topic, 0): (20, 20)}
    progress.close()
