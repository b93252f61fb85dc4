"""What is checked of an event, by name, and what a finding says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from schemas.codec import loads

CHECKS: Final[dict[str, str]] = {
    "unreadable": "write one JSON object a line, with topic, key, headers and value",
    "topic_unknown": "see `wismo topics list` for the topics; was it renamed, or is it somebody else's?",
    "key_wrong": "key by the shipment id, else the subject id; receipts by `<idempotency key>/<channel>`",
    "header_missing": "send the headers of the CloudEvents Kafka binding, binary mode",
    "header_wrong": "make the header say what the value says",
    "value_missing": "only a compacted topic takes a record without a value",
    "value_unreadable": "send one JSON object in UTF-8",
    "field_missing": "the field is required in version 1; null is written, not left out",
    "field_wrong": "write what the published schema of the topic says",
    "field_unknown": "nothing: a reader ignores what it does not know; update the kit to know it",
    "word_unknown": "use a word of schemas/words.py; a reader needs a default branch for it",
    "version_unknown": "another version has topics of its own; this kit reads version 1",
    "time_wrong": "write RFC 3339 in UTC, e.g. 2026-03-02T21:05:00Z",
    "fields_disagree": "both fields tell of one thing: correct the one that is wrong",
    "id_reused": "give every event an id of its own; only the very same event may come again",
    "sequence_gap": "events of the subject are missing: look for a lost batch, or read from the beginning",
    "sequence_back": "an event was written again with another id: ids must follow from the cause",
    "not_opened": "a case begins with `opened` on its topic: look for the lost event",
    "opened_twice": "a case opens once on a topic until it is handed over: reopen it, or begin a new episode",
    "after_end": "a case that has ended must be `reopened` first",
    "resolved_unsigned": "an end carries resolved_at and resolved_by: `self`, or who",
    "ended_while_open": "a case that is open has neither resolved_at nor resolved_by",
    "wrong_owner": "an event belongs on the topic of its owner; only `assigned` may name the next one",
    "handover_broken": "a change of owner is `assigned` on the old topic and `opened` with the same case_id on the new",
    "case_changed": "a case_id stands for one kind, episode and dedup_key of one subject",
    "key_reused": "one idempotency_key stands for one message or one order's digest, and one message has one key",
    "sent_twice": "a message is sent once: decide `send` once for each idempotency_key, of a digest once a message",
    "reason_missing": "say why a message is not sent",
    "would_be_parked": "mend what the message says: the service parks such a record in dead-letters",
    "not_checked": "nothing: internal topics have no contract; do not read them",
}
"""Every check by name, and what to do where it fails."""


class Level(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    INFO = "info"
    """Not against the contract: a tolerant reader goes on."""


_HARMLESS: Final = frozenset({"field_unknown", "not_checked"})


class Reach(StrEnum):
    """What is known of the events before the first one shown."""

    WHOLE = "whole"
    """There are none: the topic is read from its first event."""
    PART = "part"
    """There may be some: what an event builds on may be out of sight."""
    PICKED = "picked"
    """Events are missing before and between: a selection, or a compacted topic."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as the contract says."""

    check: str
    """A name of `CHECKS`."""
    where: str
    """`file:line` or `topic/partition/offset`."""
    what: str
    event_id: str | None = None

    @property
    def do(self) -> str:
        """What to do about it."""
        return CHECKS[self.check]

    @property
    def level(self) -> Level:
        """Whether it breaks the contract."""
        return Level.INFO if self.check in _HARMLESS else Level.ERROR

    def __str__(self) -> str:
        return f"{self.where}: {self.check}: {self.what}; {self.do}"


@dataclass(frozen=True)
class Event:
    """One record of a topic as a subscriber gets it."""

    topic: str
    key: str | None
    headers: Mapping[str, str]
    body: bytes | None
    where: str = ""
    reach: Reach = field(default=Reach.WHOLE)

    @cached_property
    def value(self) -> dict[str, Any]:
        """The value as an object; empty where it is none."""
        try:
            value = loads(self.body or b"")
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def text(self, name: str) -> str | None:
        """A field of the value, where it is a text."""
        value = self.value.get(name)
        return value if isinstance(value, str) else None

    def finding(self, check: str, what: str) -> Finding:
        """Something that is wrong with this event."""
        return Finding(check, self.where, f"{self.topic}: {what}" if self.topic else what, self.text("event_id"))
