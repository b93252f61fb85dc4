"""Front: application and rule webhooks, whose events are previews, and the conversation as its API gives it.

The conversation is the ticket. Front has no event for its opening: the message that comes with it in the same
minute is one. Comments are internal and no event here.
"""

from datetime import datetime, timedelta
from typing import Final

from rules.normalize import stamps
from rules.normalize.decode import Fields, UnusableError
from rules.normalize.feed import unknown_shape
from rules.normalize.helpdesk import change, custom_fields, documents
from rules.normalize.reading import fields, items, text
from schemas.facts import TicketChange

_EVENTS: Final = {
    "inbound": "customer_replied",
    "inbound_received": "customer_replied",
    "outbound": "agent_replied",
    "outbound_sent": "agent_replied",
    "out_reply": "agent_replied",
    "archive": "closed",
    "conversation_archived": "closed",
    "trash": "closed",
    "conversation_deleted": "closed",
    "reopen": "opened",
    "conversation_reopened": "opened",
    "restore": "opened",
    "conversation_restored": "opened",
}
_DONE: Final = ("archived", "deleted", "resolved", "trashed")
_OPENING: Final = timedelta(minutes=1)


def tickets(raw: bytes) -> tuple[TicketChange, ...]:
    """The ticket events of one Front message; the handshake and internal events give none."""
    return tuple(one for document in documents(raw) for one in _document(document))


def _document(document: Fields) -> tuple[TicketChange, ...]:
    event = fields(document, "payload") if isinstance(document.get("payload"), dict) else document
    if "conversation" in event or "emitted_at" in event:
        return _event(event, text(event, "type") or text(document, "type") or "")
    if "status" in event and "id" in event:
        return _snapshot(event)
    if "challenge" in document or "type" in document:
        return ()
    raise unknown_shape("Front", "an event webhook")


def _event(event: Fields, kind: str) -> tuple[TicketChange, ...]:
    conversation = fields(event, "conversation")
    word = _EVENTS.get(kind) or _by_status(kind, conversation)
    if word is None:
        return ()
    at = _at(event, "emitted_at")
    created = stamps.epoch(conversation.get("created_at")).at
    if word == "customer_replied" and created and abs(at - created) <= _OPENING:
        word = "opened"
    return (_change(word, conversation, at),)


def _by_status(kind: str, conversation: Fields) -> str | None:
    """Tickets have statuses of the owner's making; the category is Front's own."""
    if "status" not in kind:
        return None
    category = (text(conversation, "statusCategory") or text(conversation, "status_category") or "").lower()
    return {"resolved": "closed", "open": "opened"}.get(category)


def _snapshot(conversation: Fields) -> tuple[TicketChange, ...]:
    opened = _change("opened", conversation, _at(conversation, "created_at"))
    status = text(conversation, "statusCategory") or text(conversation, "status") or ""
    if status.lower() not in _DONE:
        return (opened,)
    last = fields(conversation, "last_message", "$.conversation")
    ended = stamps.epoch(conversation.get("updated_at")).at or stamps.epoch(last.get("created_at")).at
    return (opened, _change("closed", conversation, ended or opened.at))


def _at(told: Fields, key: str) -> datetime:
    moment = stamps.epoch(told.get(key))
    if moment.at is None:
        raise UnusableError("semantic_invalid", f"$.{key} is no time that can be true; send seconds since 1970")
    return moment.at


def _change(event: str, conversation: Fields, at: datetime) -> TicketChange:
    tags = [name for name in (text(tag, "name", "$.tags[]") for tag in items(conversation, "tags")) if name]
    recipient = fields(conversation, "recipient", "$.conversation")
    return change(
        event,
        conversation,
        at,
        tags,
        custom_fields(fields(conversation, "custom_fields", "$.conversation")),
        customer_id=text(recipient, "contact_id") or text(recipient, "handle"),
    )
