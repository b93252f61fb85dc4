"""Recordings: JSON lines of raw records, by timestamp, as the contract words them."""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from schemas.codec import dumps, loads, parse_rfc3339, rfc3339


class InvalidRecordingError(ValueError):
    """A line of a recording that cannot be read; the message says which and why."""


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One raw record: what a sender put on a topic, and when the log heard it."""

    topic: str
    timestamp: datetime
    value: bytes | None
    key: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    partition: int | None = None

    @property
    def source(self) -> str | None:
        """Who says they sent it (the Kafka header `source`)."""
        return self.headers.get("source")


def read_recording(lines: Iterable[bytes | str]) -> Iterator[RawRecord]:
    """Yield the records of a recording in file order; raises `InvalidRecordingError` naming the line."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield _record(loads(line if isinstance(line, bytes) else line.encode()))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidRecordingError(f"recording line {number}: {_why(error)}; see contract: Recording") from error


def write_record(record: RawRecord) -> bytes:
    """One line of a recording, newline included; same record, same bytes."""
    line: dict[str, Any] = {
        "topic": record.topic,
        "key": None if record.key is None else record.key.decode("utf-8", "replace"),
        "headers": record.headers,
        "value": plain_value(record.value),
        "timestamp": rfc3339(record.timestamp),
    }
    if record.partition is not None:
        line["partition"] = record.partition
    return dumps(line) + b"\n"


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"no `{error.args[0]}`"
    # Another type than expected: its own words tell of our code, not of the line.
    return str(error) if isinstance(error, ValueError) else "no record as an object with topic, value and timestamp"


def _record(line: dict[str, Any]) -> RawRecord:
    key = line.get("key")
    return RawRecord(
        topic=str(line["topic"]),
        timestamp=_to_millisecond(parse_rfc3339(line["timestamp"])),
        value=plain_bytes(line.get("value")),
        key=None if key is None else str(key).encode(),
        headers={str(name): str(value) for name, value in (line.get("headers") or {}).items()},
        partition=line.get("partition"),
    )


def _to_millisecond(moment: datetime) -> datetime:
    # Kafka keeps milliseconds: a finer time would make a recording differ from its own feed.
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def plain_value(value: bytes | None) -> Any:
    """Bytes as a recording words them: JSON where they are canonical JSON, else text, else base64."""
    if value is None:
        return None
    try:
        decoded = loads(value)
    except ValueError:
        decoded = None
    if isinstance(decoded, dict | list) and dumps(decoded) == value:
        return decoded
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}


def plain_bytes(value: Any) -> bytes | None:
    """The bytes that `plain_value` worded; raises `ValueError` on bad base64."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, dict) and value.keys() == {"base64"}:
        return base64.b64decode(value["base64"], validate=True)
    return dumps(value)
