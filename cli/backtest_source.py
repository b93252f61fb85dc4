"""What a backtest reads: a recording, or the raw topics as far as their retention goes back."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cli.letters import read_topic
from cli.output import fail, recording
from rules.values import span
from schemas.codec import parse_rfc3339
from schemas.recording import RawRecord
from schemas.topics import load_topics
from schemas.words import MARK_HEADER, RAW_TOPICS
from sinks.kafka import KafkaUnavailableError
from sinks.settings import Settings, SettingsError, load_settings
from sinks.topics import partition_count

TOPICS: Final = "raw topics"


def source(
    file: Path | None, brokers: str | None, since: str | None, until: datetime | None
) -> tuple[list[RawRecord], datetime | None]:
    """The records from `since` on, and how far the clock runs; ends the command where there are none.

    Args:
        file: a recording; None reads the raw topics of a service.
        brokers: where that service's Kafka listens; None as its settings say.
        since: RFC 3339, or a span such as `7d` before the last record.
        until: how far the clock shall run; None to the last record, of a service to its last mark.
    """
    if file is not None and brokers is not None:
        fail("--brokers: a recording needs none; name one of --recording and --brokers")
    records, clock = (recording(file), None) if file is not None else _live(brokers)
    name = str(file or TOPICS)
    if not records:
        fail(f"{name}: no records; record some traffic, or write some with wismo simulate")
    last = max(record.timestamp for record in records)
    if since is not None:
        begin = _since(since, last)
        records = [record for record in records if record.timestamp >= begin]
        if not records:
            fail(f"{name}: no records since {since}; the last one is of {last.isoformat()}")
    return records, until or (None if clock is None else max(clock, last))


def _since(text: str, last: datetime) -> datetime:
    try:
        return last - span(text) if text[-1:].isalpha() and "T" not in text else parse_rfc3339(text)
    except ValueError:
        fail(f"--since: {text!r} is neither a time nor a span; write e.g. 2026-03-02T00:00:00Z or 7d")


def _live(brokers: str | None) -> tuple[list[RawRecord], datetime | None]:
    try:
        return _heard(load_settings() if brokers is None else load_settings(kafka_bootstrap_servers=brokers))
    except (SettingsError, KafkaUnavailableError) as error:
        fail(f"{error} (or name a recording with --recording)")


def _heard(settings: Settings) -> tuple[list[RawRecord], datetime | None]:
    records: list[RawRecord] = []
    marks: dict[tuple[str, int], datetime] = {}
    for topic in RAW_TOPICS:
        for found in read_topic(settings, topic, partition_count(settings, load_topics())):
            headers = {name: (value or b"").decode("utf-8", "replace") for name, value in found.headers}
            if MARK_HEADER in headers:
                marks[topic, found.partition] = parse_rfc3339(headers[MARK_HEADER])
            else:
                when = datetime.fromtimestamp(found.timestamp / 1000, UTC)
                records.append(RawRecord(topic, when, found.value, found.key, headers))
    # Every partition has been read up to its own last mark, so all of them up to the least of these.
    return records, min(marks.values(), default=None)
