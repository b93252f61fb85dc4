"""Reading, selecting and planning over the dead-letters topic."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from rules.pipeline.records import Record
from rules.pipeline.route import route
from schemas.codec import digest
from schemas.dead_letters import REPLAY, Source, read_errors
from schemas.words import DEAD_LETTERS, RAW_TOPICS
from sinks.consume import source_of
from sinks.kafka import consumer, true_highwaters
from sinks.settings import Settings

MAX_REPLAYS = 3
"""A record that failed again this often is in a loop."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter as it stands on the topic."""

    source: Source
    errors: dict[str, str]

    @property
    def place(self) -> str:
        """`partition/offset` on the dead-letters topic."""
        return f"{self.source.partition}/{self.source.offset}"

    @property
    def parked_at(self) -> datetime:
        """The record's time on the dead-letters topic."""
        return datetime.fromtimestamp(self.source.timestamp / 1000, UTC)

    @property
    def topic(self) -> str:
        """The topic it came from."""
        return self.errors.get("topic", "")

    @property
    def replays(self) -> int:
        """How often it has been replayed before."""
        said = [raw for name, raw in self.source.headers if name == f"{REPLAY}count"]
        return int(said[-1]) if said and said[-1] and said[-1].isdigit() else 0

    def fields(self) -> dict[str, Any]:
        """What a list shows of it."""
        names = ("topic", "stage", "reason", "exception.message", "fingerprint", "failed.at", "scan")
        return {"place": self.place, "replays": self.replays} | {name: self.errors.get(name, "") for name in names}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which letters are meant; an empty field means all."""

    reason: str | None = None
    stage: str | None = None
    topic: str | None = None
    fingerprint: str | None = None
    key: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    places: tuple[str, ...] = ()

    def takes(self, letter: Letter) -> bool:
        """Whether the letter is meant."""
        said = letter.errors
        wanted = {"reason": self.reason, "stage": self.stage, "topic": self.topic, "fingerprint": self.fingerprint}
        return (
            all(value is None or said.get(name) == value for name, value in wanted.items())
            and (not self.places or letter.place in self.places)
            and (self.key is None or letter.source.key == self.key.encode())
            and (self.since is None or letter.parked_at >= self.since)
            and (self.until is None or letter.parked_at < self.until)
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What a replay would do."""

    send: tuple[Letter, ...]
    refused: tuple[tuple[Letter, str], ...]

    @property
    def hash(self) -> str:
        """Names this plan: a replay is confirmed by it, so that nothing else is sent than what was shown."""
        return digest(*(letter.place for letter in self.send), size=8)


def make_plan(letters: Sequence[Letter], done: frozenset[str], max_replays: int, include_failing: bool) -> Plan:
    """Decide per letter whether it may go back, and why not."""
    send, refused = [], []
    for letter in letters:
        why = _why_not(letter, done, max_replays, include_failing)
        if why is None:
            send.append(letter)
        else:
            refused.append((letter, why))
    return Plan(tuple(send), tuple(refused))


def read_letters(settings: Settings, partitions: int) -> Iterator[Letter]:
    """Every letter on the topic now, by partition and offset."""
    for source in read_topic(settings, DEAD_LETTERS, partitions):
        yield Letter(source, read_errors(source.headers))


def read_topic(settings: Settings, topic: str, partitions: int) -> Iterator[Source]:
    """Every record of a topic now, from its beginning to its true end; commits nothing."""
    ends = true_highwaters(settings, [(topic, partition) for partition in range(partitions)])
    reader: Consumer = consumer(settings, "wismo-dlq-reader")
    try:
        for (name, partition), end in ends.items():
            low, _ = reader.get_watermark_offsets(TopicPartition(name, partition), timeout=10)
            if low >= end:
                continue
            reader.assign([TopicPartition(name, partition, low)])
            yield from _until(reader, end)
    finally:
        reader.close()


def _until(reader: Consumer, end: int) -> Iterator[Source]:
    silent = 0
    while silent < 10:  # noqa: PLR2004 - ten seconds without an answer: what is left has been compacted away
        message = reader.poll(1.0)
        if message is None:
            silent += 1
            continue
        silent = 0
        if message.error() is None:
            yield source_of(message)
        if (message.offset() or 0) >= end - 1:
            return


def plain(value: bytes | None) -> str:
    """Bytes as text, or as base64 where they are none."""
    if value is None:
        return ""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(value).decode()


def _why_not(letter: Letter, done: frozenset[str], max_replays: int, include_failing: bool) -> str | None:
    if letter.topic not in RAW_TOPICS:
        return f"came from {letter.topic or 'nowhere'}: only the raw topics take replays"
    if "value.size" in letter.errors:
        return "was cut when it was parked: ask its sender to send it again"
    if letter.place in done:
        return "has been replayed already (--again sends it once more)"
    if letter.replays >= max_replays:
        return f"has been replayed {letter.replays} times and failed each time"
    if not include_failing and (problem := _fails_again(letter)):
        return f"would fail again: {problem} (--include-failing sends it all the same)"
    return None


def _fails_again(letter: Letter) -> str | None:
    """What today's code says of the record, or None where it would go through."""
    source = letter.source
    record = Record(letter.topic, 0, 0, datetime.now(UTC), source.key, source.value, own_headers(letter))
    parked = route(record).parked
    return parked[0].rejected.message if parked else None


def own_headers(letter: Letter) -> tuple[tuple[str, bytes | None], ...]:
    """The record's headers as its sender wrote them."""
    return tuple(pair for pair in letter.source.headers if not pair[0].startswith("__wismo."))
