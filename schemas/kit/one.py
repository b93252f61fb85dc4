"""Checks of one event by itself: topic, key, headers, value."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from schemas import words
from schemas.codec import dumps
from schemas.kit.checks import Event, Finding
from schemas.kit.headers import cloud_event_findings, letter_findings
from schemas.kit.values import value_findings
from schemas.topics import Cleanup, Topic, load_topics

_OWNER_OF: Final = {words.exceptions_topic(owner): owner for owner in words.OWNERS}


def verify_event(topic: str, key: str | None, headers: Mapping[str, str], value: Any, where: str = "") -> list[Finding]:
    """What is wrong with one event, taken by itself.

    Args:
        topic: where it was read.
        key: the record's key, as text.
        headers: the record's headers, as text.
        value: the record's value: bytes as read, or the decoded object, or None for a tombstone.
        where: what to call the event in findings.
    """
    body = value if isinstance(value, bytes) or value is None else dumps(value)
    return list(findings_of(Event(topic, key, headers, body, where)))


def findings_of(event: Event) -> Iterator[Finding]:
    """What is wrong with one event of ours, taken by itself."""
    try:
        topic = load_topics()[event.topic]
    except KeyError:
        yield Event("", event.key, event.headers, event.body, event.where).finding(
            "topic_unknown", f"no topic is named {event.topic!r}"
        )
        return
    if topic.contract == "dead-letter":
        yield from letter_findings(event)
    elif topic.contract not in _KEYS:
        yield event.finding("not_checked", "internal, so without a contract")
    elif event.body is None:
        yield from _tombstone(topic, event)
    else:
        yield from _ours(topic, event)


def _tombstone(topic: Topic, event: Event) -> Iterator[Finding]:
    if topic.cleanup is not Cleanup.COMPACT:
        yield event.finding("value_missing", "a record without a value on a topic that keeps every event")
    if not event.key:
        yield event.finding("key_wrong", "a record without a value names by its key what ends, and has none")


def _ours(topic: Topic, event: Event) -> Iterator[Finding]:
    findings = list(value_findings(event))
    yield from findings
    if any(one.check == "value_unreadable" for one in findings):
        return
    expected = _KEYS[topic.contract](event.value)
    if expected is not None and event.key != expected:
        yield event.finding("key_wrong", f"key {event.key!r}, expected {expected!r}")
    if topic.contract != "replay":
        yield from cloud_event_findings(topic, event)
        yield from _agreement(event)
    if topic.contract == "exception":
        yield from _case(event)
    if topic.contract == "customer-message" and event.text("fate") != "send" and event.value.get("reason") is None:
        yield event.finding("reason_missing", f"fate {event.text('fate')!r} without a reason")


def _agreement(event: Event) -> Iterator[Finding]:
    value = event.value
    if "timestamp" in value and value["timestamp"] != value.get("occurred_at"):
        yield event.finding(
            "fields_disagree", f"timestamp {value['timestamp']!r}, occurred_at {value['occurred_at']!r}"
        )
    shipment, subject = event.text("shipment_id"), event.text("subject_id")
    if event.text("subject") == "shipment" and shipment != subject:
        yield event.finding("fields_disagree", f"subject_id {subject!r} of a shipment, shipment_id {shipment!r}")
    carrier, number = event.text("carrier"), event.text("tracking_number")
    if shipment and carrier and number and f"{shipment}:".find(f"{carrier}:{number}:") != 0:
        yield event.finding("fields_disagree", f"shipment_id {shipment!r} of carrier {carrier!r}, number {number!r}")


def _case(event: Event) -> Iterator[Finding]:
    value, change = event.value, event.text("change")
    unsigned = [name for name in ("resolved_at", "resolved_by") if value.get(name) is None]
    if change == "resolved" and unsigned:
        yield event.finding("resolved_unsigned", f"`resolved` without {' and '.join(unsigned)}")
    if change in ("opened", "reopened") and len(unsigned) < 2:
        yield event.finding("ended_while_open", f"`{change}` with resolved_at or resolved_by")
    owner, on = event.text("owner"), _OWNER_OF.get(event.topic)
    if on is not None and owner in words.OWNERS and owner != on:
        handed = change == "assigned" and event.text("previous_owner") == on
        if not handed:
            yield event.finding("wrong_owner", f"`{change}` of a case that {owner} owns")


def _subject(value: Mapping[str, Any]) -> str | None:
    return value.get("shipment_id") or value.get("subject_id")


def _receipt(value: Mapping[str, Any]) -> str | None:
    key, channel = value.get("idempotency_key"), value.get("channel")
    # Each message of a letter has a receipt of its own.
    of_one = f"/{value.get('message_id')}" if value.get("letter") else ""
    return f"{key}{of_one}/{channel}" if key and channel else None


_KEYS: Final[dict[str, Callable[[Mapping[str, Any]], str | None]]] = {
    "shipment": _subject,
    "shipment-update": _subject,
    "exception": _subject,
    "customer-message": _subject,
    "notification-receipt": _receipt,
    "replay": lambda value: value.get("replay_id"),
}
"""The key that a value must travel under, by contract; None where the value does not say."""
