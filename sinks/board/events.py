"""The events the board reads, as far as it shows them; unknown fields are ignored."""

from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct, field


class Event(Struct, kw_only=True):
    """What every output event carries."""

    event_id: str = ""
    occurred_at: datetime
    received_at: datetime
    sequence: int = 0
    subject: str = "shipment"
    subject_id: str | None = None
    shipment_id: str | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    order_id: str | None = None
    customer_id: str | None = None
    current_state: str | None = None
    previous_state: str | None = None
    promise_date: str | None = None
    exception_reason: str | None = None

    @property
    def about(self) -> str | None:
        """The id of the page it belongs to."""
        return self.shipment_id or self.subject_id


class StateEvent(Event, kw_only=True):
    """A record of `shipments`: the latest state."""

    flags: tuple[str, ...] = ()
    direction: str | None = None
    storefront: str | None = None
    service_level: str | None = None
    estimated_delivery_at: str | None = None
    promise_ends_at: datetime | None = None
    attempts: int = 0
    contradictions: tuple[str, ...] = ()
    suppressed_cases: Any = None
    order: Any = None
    open_tickets: tuple[str, ...] = ()


class UpdateEvent(Event, kw_only=True):
    """A record of `shipment-updates`: one change, with what caused it."""

    class_: str | None = field(name="class", default=None)
    flags: tuple[str, ...] = ()
    direction: str | None = None
    storefront: str | None = None
    service_level: str | None = None
    code: str | None = None
    description: str | None = None
    mapping_version: str | None = None
    location: Any = None
    time_quality: str | None = None
    linked_by: str | None = None
    scan_state: str | None = None
    scan_reason: str | None = None
    mapped: bool = True


class CaseEvent(Event, kw_only=True):
    """A record of an exceptions topic."""

    case_id: str
    change: str
    kind: str
    title: str | None = None
    hidden_by: str | None = None
    snoozed_until: datetime | None = None
    note: str | None = None
    owner: str
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
    shadow: str | None = None
    """Why nobody is told of it; only on `shadow-exceptions`."""


class MessageEvent(Event, kw_only=True):
    """A record of `customer-messages`."""

    message_id: str
    kind: str = ""
    class_: str | None = field(name="class", default=None)
    fate: str = ""
    reason: str | None = None
    not_before: datetime | None = None
    text: Any = None
    case_id: str | None = None
    policy_version: str | None = None
    digest_at: datetime | None = None


class ReceiptEvent(Event, kw_only=True):
    """A record of `notification-receipts`."""

    channel: str = ""
    result: str = ""
    reason: str | None = None
    attempts: int = 0
    message_id: str | None = None
    case_id: str | None = None
    notified_event_id: str | None = None


_CASES: Final = msgspec.json.Decoder(CaseEvent)
_DECODERS: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    "shipments": msgspec.json.Decoder(StateEvent),
    "shipment-updates": msgspec.json.Decoder(UpdateEvent),
    "customer-messages": msgspec.json.Decoder(MessageEvent),
    "notification-receipts": msgspec.json.Decoder(ReceiptEvent),
}


def read_event(topic: str, raw: bytes) -> Event:
    """Decode a record of one of the board's topics; raises `msgspec.MsgspecError`."""
    event: Event = _DECODERS.get(topic, _CASES).decode(raw)
    return event
