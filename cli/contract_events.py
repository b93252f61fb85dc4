"""Events to verify: out of JSON lines (of `wismo decide`, a recording or `kcat -J`), or off a topic."""

from collections.abc import Iterable, Iterator
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from cli.letters import read_topic
from schemas.codec import loads
from schemas.dead_letters import Source
from schemas.kit import Event, Finding, Reach
from schemas.recording import plain_bytes
from schemas.topics import Cleanup, load_topics
from sinks.consume import source_of
from sinks.kafka import KafkaUnavailableError, consumer, highwater_probe, true_highwaters
from sinks.settings import Settings

_PATIENCE = 15.0


def events_of_lines(lines: Iterable[bytes], name: str, reach: Reach) -> Iterator[Event | Finding]:
    """The event of each line, or the finding that it holds none."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{name}:{number}"
        try:
            yield _of_line(loads(line), where, reach)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            yield Finding("unreadable", where, f"no event: {error!r}"[:300])


def events_of_topic(settings: Settings, topic: str) -> Iterator[Event]:
    """Every event of a topic now; raises `KafkaUnavailableError`."""
    first: dict[int, int] = {}
    for source in read_topic(settings, topic, partitions_of(settings, topic)):
        offset = first.setdefault(source.partition, source.offset)
        yield _of_source(source, _reach(topic, offset))


def events_to_come(settings: Settings, topics: Iterable[str]) -> Iterator[Event]:
    """What is written to the topics from now on, until the caller stops; raises `KafkaUnavailableError`."""
    places = [(topic, number) for topic in topics for number in range(partitions_of(settings, topic))]
    ends = true_highwaters(settings, places)
    reader: Consumer = consumer(settings, "wismo-contract-reader")
    try:
        reader.assign([TopicPartition(*place, end) for place, end in ends.items()])
        while True:
            message = reader.poll(1.0)
            if message is not None and message.error() is None:
                source = source_of(message)
                yield _of_source(source, _reach(source.topic, source.offset or 1))
    finally:
        reader.close()


def partitions_of(settings: Settings, topic: str) -> int:
    """How many partitions the cluster's topic has; raises `KafkaUnavailableError` where it has no such topic."""
    probe = highwater_probe(settings)
    try:
        found = probe.list_topics(topic, timeout=_PATIENCE).topics[topic]
    except KafkaException as error:
        raise KafkaUnavailableError(f"{settings.bootstrap}: {error}; is it the right address?") from error
    finally:
        probe.close()
    if not found.partitions:
        raise KafkaUnavailableError(f"{settings.bootstrap} has no topic {topic}; `wismo topics check` tells more")
    return len(found.partitions)


def _of_line(told: dict[str, Any], where: str, reach: Reach) -> Event:
    """A line with `payload` is one of `kcat -J`, whose headers are a flat list."""
    headers, value = told.get("headers") or {}, told["payload"] if "payload" in told else told["value"]
    if "payload" in told:
        where = f"{told['topic']}/{told['partition']}/{told['offset']}"
        headers = dict(zip(headers[::2], headers[1::2], strict=True))
    key, texts = told.get("key"), {str(name): str(text) for name, text in headers.items()}
    return Event(str(told["topic"]), None if key is None else str(key), texts, plain_bytes(value), where, reach)


def _of_source(source: Source, reach: Reach) -> Event:
    key = None if source.key is None else source.key.decode("utf-8", "replace")
    headers = {name: (value or b"").decode("utf-8", "replace") for name, value in source.headers}
    return Event(source.topic, key, headers, source.value, f"{source.topic}/{source.partition}/{source.offset}", reach)


def _reach(topic: str, first_offset: int) -> Reach:
    """What came before the first event that was read: nothing, or what retention or compaction has taken."""
    if load_topics()[topic].cleanup is Cleanup.COMPACT:
        return Reach.PICKED
    return Reach.WHOLE if first_offset == 0 else Reach.PART
