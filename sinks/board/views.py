"""The documents the board keeps: one a subject, one a carrier's feed, one a group of dead letters."""

from datetime import datetime
from typing import Any

from msgspec import Struct


class Entry(Struct, kw_only=True, omit_defaults=True):
    """One line of a subject's timeline."""

    id: str
    what: str
    """`update`, `case` or `message`."""
    at: datetime
    """When it happened."""
    heard: datetime
    """When we heard."""
    state: str | None = None
    previous: str | None = None
    reason: str | None = None
    word: str | None = None
    """The class of an update, the change of a case, the fate of a message."""
    code: str | None = None
    mapped: bool = True
    said: str | None = None
    """The state that the scan alone named."""
    text: str | None = None
    place: str | None = None
    time_quality: str | None = None
    linked_by: str | None = None
    kind: str | None = None
    owner: str | None = None
    severity: str | None = None
    ref: str | None = None
    """The case or message it is about."""


class Case(Struct, kw_only=True, omit_defaults=True):
    """A case as its last event left it."""

    case_id: str
    topic: str
    heard: datetime
    happened: datetime
    change: str
    kind: str
    owner: str
    title: str | None = None
    hidden_by: str | None = None
    snoozed_until: datetime | None = None
    note: str | None = None
    previous_owner: str | None = None
    watchers: tuple[str, ...] = ()
    assignee: str | None = None
    severity: str = "watch"
    score: float = 0
    terms: Any = None
    next_action: str | None = None
    due_by: datetime | None = None
    posture: str | None = None
    needs_review: Any = None
    evidence: Any = None
    open_tickets: Any = None
    opened_at: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    resolution: str | None = None
    decision: str | None = None
    decided_by: str | None = None
    policy_version: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to look at it."""
        return self.resolved_at is None and self.change != "resolved"

    @property
    def since(self) -> datetime:
        """When it was opened, as far as it says."""
        return self.opened_at or self.happened


class Message(Struct, kw_only=True, omit_defaults=True):
    """The last decision about one message to the customer."""

    message_id: str
    at: datetime
    heard: datetime
    kind: str = ""
    class_: str | None = None
    fate: str = ""
    reason: str | None = None
    not_before: datetime | None = None
    text: str | None = None
    case_id: str | None = None
    policy_version: str | None = None
    digest_at: datetime | None = None
    """The slot at which it goes, or went, in one letter with the others of its split order."""


class Receipt(Struct, kw_only=True, omit_defaults=True):
    """What became of one notification on one channel."""

    channel: str
    result: str
    at: datetime
    attempts: int = 0
    reason: str | None = None
    message_id: str | None = None
    case_id: str | None = None


class ShadowCase(Struct, array_like=True):
    """An open case of which nobody is told."""

    shadow: str
    """`kind` or `policy`: whose it is."""
    kind: str


class View(Struct, kw_only=True, omit_defaults=True):
    """Everything the board knows of one subject."""

    id: str
    subject: str = "shipment"
    carrier: str | None = None
    tracking_number: str | None = None
    order_id: str | None = None
    customer_id: str | None = None
    state: str | None = None
    previous_state: str | None = None
    reason: str | None = None
    promise_date: str | None = None
    estimated_delivery_at: str | None = None
    flags: tuple[str, ...] = ()
    direction: str | None = None
    storefront: str | None = None
    service_level: str | None = None
    occurred_at: datetime | None = None
    received_at: datetime | None = None
    promise_ends_at: datetime | None = None
    attempts: int = 0
    contradictions: tuple[str, ...] = ()
    suppressed: Any = None
    """Causes that are there, and that another case speaks for."""
    order: Any = None
    open_tickets: tuple[str, ...] = ()
    sequences: dict[str, int] = {}
    """The last sequence applied, by topic."""
    timeline: list[Entry] = []
    dropped: int = 0
    """Lines that fell off the beginning of the timeline."""
    cases: dict[str, Case] = {}
    shadows: dict[str, ShadowCase] = {}
    """Open cases in shadow: they are counted, and no queue shows them."""
    messages: dict[str, Message] = {}
    receipts: dict[str, Receipt] = {}


class Feed(Struct, kw_only=True, omit_defaults=True):
    """How fresh one carrier's news is."""

    carrier: str
    last_occurred_at: datetime | None = None
    last_received_at: datetime | None = None
    events: int = 0
    hours: dict[str, int] = {}
    """Events by hour of receipt, the latest two days."""


class DeadGroup(Struct, kw_only=True, omit_defaults=True):
    """Dead letters of one cause."""

    fingerprint: str
    reason: str
    stage: str
    count: int
    first_seen: datetime
    last_seen: datetime
    exception: str = ""
    message: str = ""
    topic: str = ""
    example: str = ""
    """Where the newest lies: `dead-letters/partition/offset`."""
    origin: str = ""
    """Where the newest came from: `topic/partition/offset`."""


class QueueRow(Struct, kw_only=True, omit_defaults=True):
    """An open case with what a queue shows of its subject."""

    case: Case
    id: str
    subject: str = "shipment"
    carrier: str | None = None
    tracking_number: str | None = None
    order_id: str | None = None
    state: str | None = None
    promise_date: str | None = None
    storefront: str | None = None
    service_level: str | None = None
