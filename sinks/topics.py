"""Topics as declared: create what is missing on a cluster, and say plainly what differs."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from schemas.topics import Topic, Topics
from sinks.kafka import KafkaUnavailableError, client_config
from sinks.settings import Settings

_TIMEOUT: Final = 15.0
_REPLICAS_FOR_QUORUM: Final = 3


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing about a topic that is not as declared."""

    topic: str
    what: str
    found: str
    wanted: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.topic}: {self.what} is {self.found}, declared {self.wanted}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class TopicReport:
    """What `ensure_topics` or `check_topics` found and did."""

    created: tuple[str, ...]
    present: tuple[str, ...]
    differences: tuple[Difference, ...]

    @property
    def ok(self) -> bool:
        """Whether the cluster is as declared."""
        return not self.differences


def partition_count(settings: Settings, topics: Topics) -> int:
    """The one partition count of all topics: the setting where given, else the declared one."""
    return topics.partitions if settings.partitions is None else settings.partitions


def ensure_topics(settings: Settings, topics: Topics) -> TopicReport:
    """Create the topics that are missing and report every difference of the others; nothing is ever altered.

    Raises:
        KafkaUnavailableError: where the cluster does not answer, or refuses to create a topic.
    """
    admin = AdminClient(client_config(settings))
    missing = [topic for topic in topics.topics if topic.name not in _found(admin, settings)]
    if missing:
        _create(admin, settings, missing, partition_count(settings, topics))
        _wait_until_known(admin, settings, missing)
    report = check_topics(settings, topics)
    created = tuple(topic.name for topic in missing)
    return TopicReport(created, tuple(name for name in report.present if name not in created), report.differences)


def check_topics(settings: Settings, topics: Topics) -> TopicReport:
    """Compare the cluster with the declaration; raises `KafkaUnavailableError` where it does not answer."""
    admin = AdminClient(client_config(settings))
    found = _found(admin, settings)
    wanted = partition_count(settings, topics)
    present = [topic for topic in topics.topics if topic.name in found]
    differences = [
        *(_missing(topic) for topic in topics.topics if topic.name not in found),
        *(_resized(topic, found[topic.name], wanted) for topic in present if found[topic.name] != wanted),
        *_reconfigured(admin, present),
    ]
    return TopicReport((), tuple(topic.name for topic in present), tuple(differences))


def _found(admin: AdminClient, settings: Settings) -> dict[str, int]:
    try:
        metadata = admin.list_topics(timeout=_TIMEOUT)
    except KafkaException as error:
        raise KafkaUnavailableError(
            f"no Kafka at {settings.bootstrap}: {error}; check KAFKA_BOOTSTRAP_SERVERS and the login"
        ) from error
    return {name: len(topic.partitions) for name, topic in metadata.topics.items()}


def _create(admin: AdminClient, settings: Settings, topics: list[Topic], partitions: int) -> None:
    wanted = [
        NewTopic(
            topic.name,
            num_partitions=partitions,
            replication_factor=settings.replication_factor,
            config=_creation_config(topic, settings),
        )
        for topic in topics
    ]
    for name, future in admin.create_topics(wanted, request_timeout=_TIMEOUT).items():
        try:
            future.result(_TIMEOUT)
        except KafkaException as error:
            # Another process of ours may have created it in between; the check that follows judges it.
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise KafkaUnavailableError(
                    f"cannot create {name} at {settings.bootstrap}: {error}; "
                    "check WISMO_REPLICATION_FACTOR and the right to create topics"
                ) from error


def _creation_config(topic: Topic, settings: Settings) -> dict[str, str]:
    config = topic.config()
    if settings.replication_factor >= _REPLICAS_FOR_QUORUM:
        # acks=all means "all in sync": without this, one survivor would be enough.
        config["min.insync.replicas"] = str(settings.replication_factor // 2 + 1)
    return config


def _wait_until_known(admin: AdminClient, settings: Settings, topics: list[Topic]) -> None:
    deadline = time.monotonic() + _TIMEOUT
    names = {topic.name for topic in topics}
    while missing := names - _found(admin, settings).keys():
        if time.monotonic() > deadline:
            raise KafkaUnavailableError(
                f"created at {settings.bootstrap}, but still unknown there: {', '.join(sorted(missing))}; try again"
            )
        time.sleep(0.1)


def _missing(topic: Topic) -> Difference:
    return Difference(topic.name, "the topic", "missing", "present", "run `wismo topics create`")


def _resized(topic: Topic, found: int, wanted: int) -> Difference:
    return Difference(
        topic.name,
        "the partition count",
        str(found),
        str(wanted),
        "set WISMO_PARTITIONS to what all topics have, or recreate the topic: adding partitions moves keys",
    )


def _reconfigured(admin: AdminClient, topics: list[Topic]) -> Iterator[Difference]:
    resources = {ConfigResource(ResourceType.TOPIC, topic.name): topic for topic in topics}
    if not resources:
        return
    for resource, future in admin.describe_configs(list(resources), request_timeout=_TIMEOUT).items():
        yield from _config_differences(resources[resource], future.result(_TIMEOUT))


def _config_differences(topic: Topic, entries: dict[str, Any]) -> Iterator[Difference]:
    for name, wanted in topic.config().items():
        # A broker that does not report a value (the embedded one knows only what was set) cannot be judged by it.
        found = entries[name].value if name in entries else wanted
        if found != wanted:
            remedy = f"change it with your Kafka tool (`kafka-configs --alter --add-config {name}={wanted}`)"
            yield Difference(topic.name, name, str(found), wanted, remedy)
