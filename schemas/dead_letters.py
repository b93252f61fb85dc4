"""Dead letters: the headers that say where a record failed, when and why, and the record fit to be parked.

The names follow the `__<framework>.errors.<field>` shape of Kafka Connect and Kafka Streams; all values are UTF-8
text. Key, value and foreign headers stay byte for byte. Our family is replaced, never appended: a record that fails
again and again must not grow until the broker refuses it.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas import VERSION
from schemas.codec import digest, parse_rfc3339, rfc3339

ERRORS: Final = "__wismo.errors."
REPLAY: Final = "__wismo.replay."
"""Set by a replay and kept when the record fails again: its `count` is what stops a loop."""

MESSAGE_LIMIT: Final = 1024
RECORD_LIMIT: Final = 8 * 1024 * 1024 - 16 * 1024
"""What a parked record may weigh in all: the topic's limit, less what the record format itself takes."""
SCAN_LIMIT: Final = 8 * 1024

_PER_HEADER: Final = 12
"""Bytes that the record format may add to each header for its two lengths."""
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_NUMBER: Final = re.compile(r"\b(?=(?:[A-Za-z]*\d){6})[A-Za-z0-9]{10,}\b")

Headers = list[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A record as it was read, whoever read it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    """Milliseconds since 1970, as Kafka keeps it."""
    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a record is parked."""

    stage: str
    """One of `words.STAGES`."""
    reason: str
    """One of `words.DEAD_LETTER_REASONS`; also a metric's label."""
    message: str
    """What is wrong, where, what to do."""
    failed_at: datetime
    group: str = ""
    """The consumer group that gave up."""
    exception: str = ""
    """The class of the Python error, where there was one."""
    cause: str = ""
    """What tells failures of one cause apart beside the class: the top frame of ours, or a carrier and its code."""
    attempts: int = 1
    app_version: str = VERSION
    schema: str = ""
    scan: str = ""
    """Which scans of a history could not be used."""

    @property
    def fingerprint(self) -> str:
        """The same for all failures of one cause."""
        return digest(self.stage, self.reason, self.exception, self.cause)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record ready to be written to `dead-letters`."""

    partition: int
    """The partition it came from, so that the order of a key survives."""
    key: bytes | None
    value: bytes | None
    headers: Headers


def dead_letter(source: Source, failure: Failure, limit: int = RECORD_LIMIT) -> DeadLetter:
    """The record to park, cut to `limit` bytes in all; where it is cut, headers hold the true size and SHA-256."""
    headers = error_headers(source, failure)
    weight = len(source.key or b"") + _weight(headers)
    room = limit - weight - 256
    if room < 0:
        # Only foreign headers can be that large; they go before the DLQ refuses the record and it is lost.
        headers = [pair for pair in headers if pair[0].startswith((ERRORS, REPLAY))]
        headers.append(_pair("headers.dropped", str(weight)))
        room = max(0, limit - len(source.key or b"") - _weight(headers) - 256)
    value = source.value
    if value is not None and len(value) > room:
        headers += [_pair("value.size", str(len(value))), _pair("value.sha256", hashlib.sha256(value).hexdigest())]
        value = value[:room]
    return DeadLetter(source.partition, source.key, value, headers)


def error_headers(source: Source, failure: Failure) -> Headers:
    """The record's foreign headers as they were, then our family, afresh."""
    before = read_errors(source.headers)
    foreign: Headers = [pair for pair in source.headers if not pair[0].startswith(ERRORS)]
    return foreign + [_pair(name, text) for name, text in _fields(source, failure, before) if text]


def read_errors(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """Our family as text, without its prefix; of headers with one name the last counts, as everywhere in Kafka."""
    ours = ((name.removeprefix(ERRORS), raw) for name, raw in headers if name.startswith(ERRORS))
    return {name: (raw or b"").decode("utf-8", "replace") for name, raw in ours}


def scrub(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """Cut to `limit` bytes, on one line, without mail addresses and with long numbers shown by their end only."""
    masked = _NUMBER.sub(lambda match: "…" + match.group()[-4:], _MAIL.sub("<mail>", text[: limit * 2]))
    line = "".join(char if char.isprintable() else " " for char in masked)
    return line.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")


def _fields(source: Source, failure: Failure, before: dict[str, str]) -> list[tuple[str, str]]:
    failed_at = rfc3339(failure.failed_at)
    return [
        ("topic", source.topic),
        ("partition", str(source.partition)),
        ("offset", str(source.offset)),
        ("timestamp", str(source.timestamp)),
        ("consumer.group", failure.group),
        ("stage", failure.stage),
        ("reason", failure.reason),
        ("exception.class.name", failure.exception),
        ("exception.message", scrub(failure.message)),
        ("attempts", str(failure.attempts)),
        ("failed.at", failed_at),
        ("first.failed.at", _time_or(before.get("first.failed.at"), failed_at)),
        ("fingerprint", failure.fingerprint),
        ("app.version", failure.app_version),
        ("schema", failure.schema),
        ("scan", failure.scan[:SCAN_LIMIT]),
    ]


def _time_or(text: str | None, otherwise: str) -> str:
    # Anybody can send a header of this name, so it counts only where it holds a time.
    try:
        return rfc3339(parse_rfc3339(text)) if text else otherwise
    except ValueError:
        return otherwise


def _pair(name: str, text: str) -> tuple[str, bytes]:
    return ERRORS + name, text.encode("utf-8", "replace")


def _weight(headers: Headers) -> int:
    return sum(len(name.encode()) + len(value or b"") + _PER_HEADER for name, value in headers)
