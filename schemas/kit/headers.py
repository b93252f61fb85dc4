"""Headers: CloudEvents in binary mode on our events, and the family of a dead letter."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemas import words
from schemas.asyncapi import EVENT_TYPES
from schemas.dead_letters import ERRORS, REPLAY
from schemas.kit.checks import Event, Finding
from schemas.kit.values import is_utc
from schemas.topics import Topic, load_topics

_SOURCES: Final = {"notification-receipt": "/wismo/notifier"}
_TRACKER: Final = "/wismo/tracker"
_SAYS: Final = {"exception": "change", "customer-message": "fate", "notification-receipt": "result"}
"""The field that the last word of `ce_type` repeats."""
_TRACE: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")

_LETTER_REQUIRED: Final = "topic partition offset timestamp stage reason failed.at first.failed.at fingerprint".split()
_NUMBERS: Final = "partition offset timestamp attempts value.size headers.dropped".split()
_NUMBER: Final = re.compile(r"-?\d+")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


def cloud_event_findings(topic: Topic, event: Event) -> Iterator[Finding]:
    """What is wrong with the headers of an event of ours."""
    for name, expected in _expected(topic.contract, event.value).items():
        found = event.headers.get(name)
        if found is None:
            yield event.finding("header_missing", f"no header {name}")
        elif expected is not None and found != expected:
            yield event.finding("header_wrong", f"header {name} is {found!r}, expected {expected!r}")
    trace = event.headers.get("traceparent")
    if trace is not None and not _TRACE.fullmatch(trace):
        yield event.finding("header_wrong", f"header traceparent {trace[:60]!r} is no W3C trace context")


def _expected(contract: str, value: Mapping[str, Any]) -> dict[str, str | None]:
    """The headers there must be and what they must say; None where the value does not tell."""
    return {
        "content-type": "application/json",
        "ce_specversion": "1.0",
        "ce_id": value.get("event_id"),
        "ce_type": _type(contract, value),
        "ce_source": _SOURCES.get(contract, _TRACKER),
        "ce_subject": value.get("shipment_id") or value.get("subject_id"),
        "ce_time": value.get("occurred_at"),
    }


def _type(contract: str, value: Mapping[str, Any]) -> str | None:
    types = EVENT_TYPES[contract]
    if contract not in _SAYS:
        return types[0]
    said = value.get(_SAYS[contract])
    return next((one for one in types if one.removesuffix(".v1").rpartition(".")[2] == said), None)


def letter_findings(event: Event) -> Iterator[Finding]:
    """What is wrong with the headers of a dead letter; its key and value may be anything."""
    said = {name.removeprefix(ERRORS): text for name, text in event.headers.items() if name.startswith(ERRORS)}
    for name in _LETTER_REQUIRED:
        if not said.get(name):
            yield event.finding("header_missing", f"no header {ERRORS}{name}")
    for name, text, check, wrong in _letter_texts(said, event.headers):
        if wrong:
            yield event.finding(check, f"header {name} is {text[:60]!r}")
    yield from _cut(event, said)


def _letter_texts(said: Mapping[str, str], headers: Mapping[str, str]) -> Iterator[tuple[str, str, str, bool]]:
    for name, text in said.items():
        full = ERRORS + name
        if name in _NUMBERS:
            yield full, text, "header_wrong", _NUMBER.fullmatch(text) is None
        elif name.endswith("failed.at"):
            yield full, text, "time_wrong", not is_utc(text)
        elif name == "topic":
            yield full, text, "topic_unknown", text not in load_topics().names
        elif name in _CLOSED:
            yield full, text, "word_unknown", text not in _CLOSED[name]
    count, at = headers.get(f"{REPLAY}count"), headers.get(f"{REPLAY}at")
    if count is not None:
        yield f"{REPLAY}count", count, "header_wrong", not count.isdigit()
    if at is not None:
        yield f"{REPLAY}at", at, "time_wrong", not is_utc(at)


def _cut(event: Event, said: Mapping[str, str]) -> Iterator[Finding]:
    size, sha = said.get("value.size"), said.get("value.sha256")
    if (size is None) != (sha is None):
        yield event.finding("header_missing", f"{ERRORS}value.size and {ERRORS}value.sha256 come together")
    if sha is not None and not _SHA256.fullmatch(sha):
        yield event.finding("header_wrong", f"header {ERRORS}value.sha256 is no SHA-256")


_CLOSED: Final = {"stage": words.STAGES, "reason": words.DEAD_LETTER_REASONS}
