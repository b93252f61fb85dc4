"""What the notifier reads of an event: who is told, under which id, and whether anybody is."""

from typing import Any, Final

import msgspec
from msgspec import Struct

from schemas.codec import digest, dumps
from schemas.dead_letters import REPLAY, Source
from schemas.words import CUSTOMER_MESSAGES

SHARED: Final = (
    "subject subject_id shipment_id carrier tracking_number order_id customer_id current_state previous_state "
    "promise_date exception_reason case_id message_id"
).split()
"""Fields of an event that its receipt repeats, so that a receipt can be read alone."""


class _Event(Struct, kw_only=True):
    """The fields the notifier decides by; all others pass through untouched."""

    event_id: str
    occurred_at: str
    sequence: int = 0
    subject_id: str | None = None
    shipment_id: str | None = None
    change: str = ""
    kind: str = ""
    owner: str = ""
    severity: str = ""
    next_action: Any = None
    due_by: str | None = None
    case_id: str | None = None
    message_id: str | None = None
    fate: str = ""
    reason: str | None = None
    idempotency_key: str | None = None
    order_id: str | None = None
    customer_id: str | None = None
    storefront: str | None = None
    digest_at: str | None = None


class Notice(Struct, frozen=True, kw_only=True):
    """One thing to tell somebody."""

    key: str
    """The idempotency key: the same for every repetition, on every channel."""
    type: str
    round: str
    """The id of the replay that brought it, or nothing."""
    event: _Event
    source: Source
    letter: tuple[str, ...] = ()
    """Of a letter of a digest: the ids of the messages in it."""

    @property
    def in_a_digest(self) -> bool:
        """Whether it is to go in one letter with all that share its key."""
        event, is_message = self.event, self.source.topic == CUSTOMER_MESSAGES
        return is_message and event.fate == "send" and event.digest_at is not None and event.message_id is not None

    @property
    def whose(self) -> str:
        """Order, customer and storefront: what all messages of a letter have to have in common."""
        event = self.event
        return dumps([event.order_id, event.customer_id, event.storefront]).decode()

    @property
    def body(self) -> bytes:
        """The event as it came."""
        return self.source.value or b""

    @property
    def trace(self) -> str | None:
        """The W3C traceparent that came with it."""
        found = [value for name, value in self.source.headers if name == "traceparent" and value]
        return found[-1].decode("ascii", "ignore") if found else None

    @property
    def withheld(self) -> str:
        """Why nobody is told, or nothing."""
        if self.source.topic != CUSTOMER_MESSAGES or self.event.fate == "send":
            return ""
        return self.event.reason or self.event.fate or "unknown"


_EVENT: Final = msgspec.json.Decoder(_Event)
_ANY: Final = msgspec.json.Decoder(dict[str, Any])


def read_notice(record: Source) -> Notice:
    """Read an event of an exceptions topic or of `customer-messages`; raises `msgspec.MsgspecError`."""
    event = _EVENT.decode(record.value or b"")
    message = record.topic == CUSTOMER_MESSAGES
    key = (event.idempotency_key if message else None) or event.event_id
    kind = f"wismo.customer_message.{event.fate}" if message else f"wismo.exception.{event.change}"
    rounds = [value for name, value in record.headers if name == REPLAY + "id" and value]
    return Notice(
        key=_dotless(key),
        type=kind,
        round=rounds[-1].decode("utf-8", "replace")[:64] if rounds else "",
        event=event,
        source=record,
    )


def shared_fields(notice: Notice) -> dict[str, Any]:
    """The fields of the event that its receipt repeats."""
    whole = _ANY.decode(notice.body)
    return {name: whole[name] for name in SHARED if name in whole}


def _dotless(key: str) -> str:
    """The key itself, or a hash of it where a webhook's id could not hold it."""
    return key if "." not in key and key.isascii() and key.isprintable() and len(key) <= 200 else digest(key, size=32)
