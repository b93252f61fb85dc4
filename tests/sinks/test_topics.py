"""Topics are created as declared, and what differs is said with its remedy."""

import uuid

import pytest
from confluent_kafka.admin import AdminClient

from schemas.topics import Topics, load_topics
from sinks.kafka import KafkaUnavailableError
from sinks.settings import Settings
from sinks.topics import check_topics, ensure_topics, partition_count
from tests.brokers import Broker


@pytest.fixture
def declared() -> Topics:
    """The declared topics under names that no other test has."""
    suffix = uuid.uuid4().hex[:8]
    topics = load_topics()
    renamed = tuple(topic.model_copy(update={"name": f"{topic.name}-{suffix}"}) for topic in topics.topics)
    return topics.model_copy(update={"topics": renamed})


def test_missing_topics_are_created_once(broker: Broker, declared: Topics) -> None:
    settings = Settings(kafka_bootstrap_servers=broker.bootstrap)
    before = check_topics(settings, declared)
    first = ensure_topics(settings, declared)
    again = ensure_topics(settings, declared)
    assert {difference.what for difference in before.differences} == {"the topic"}
    assert (set(first.created), first.present, first.ok) == (set(declared.names), (), True)
    assert (again.created, set(again.present), again.ok) == ((), set(declared.names), True)


def test_the_setting_wins_over_the_file(broker: Broker, declared: Topics) -> None:
    settings = Settings(kafka_bootstrap_servers=broker.bootstrap, partitions=3)
    assert partition_count(settings, declared) == 3
    ensure_topics(settings, declared)
    metadata = AdminClient({"bootstrap.servers": broker.bootstrap}).list_topics(timeout=10)
    assert {len(metadata.topics[name].partitions) for name in declared.names} == {3}


def test_another_partition_count_is_reported_and_left_alone(broker: Broker, declared: Topics) -> None:
    name = declared.names[0]
    broker.create_topic(9, name=name)
    report = ensure_topics(Settings(kafka_bootstrap_servers=broker.bootstrap), declared)
    [difference] = [item for item in report.differences if item.what == "the partition count"]
    assert not report.ok
    assert str(difference).startswith(f"{name}: the partition count is 9, declared 4; set WISMO_PARTITIONS")


def test_another_retention_is_reported(broker: Broker, declared: Topics) -> None:
    name = declared.names[0]
    broker.create_topic(4, name=name, **{**declared[name].config(), "retention.ms": "1000"})
    report = ensure_topics(Settings(kafka_bootstrap_servers=broker.bootstrap), declared)
    assert [(item.topic, item.what, item.found) for item in report.differences] == [(name, "retention.ms", "1000")]


def test_no_cluster_is_an_error_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sinks.topics._TIMEOUT", 0.5)
    with pytest.raises(KafkaUnavailableError, match=r"no Kafka at 127\.0\.0\.1:1.*check KAFKA_BOOTSTRAP_SERVERS"):
        ensure_topics(Settings(kafka_bootstrap_servers="127.0.0.1:1"), load_topics())
