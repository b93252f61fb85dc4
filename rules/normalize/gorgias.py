"""Gorgias: tickets and their messages, as its HTTP integrations send them and its API gives them.

The body of an integration is what its owner writes into the template: a ticket, with or without the trigger's
name and the message. Without a trigger the ticket as it stands tells its opening, its messages and its end.
"""

from typing import Final

from rules.normalize.decode import Fields
from rules.normalize.feed import unknown_shape
from rules.normalize.helpdesk import at_first, change, custom_fields, documents, unprefixed
from rules.normalize.reading import fields, flag, items, text, texts
from schemas.facts import TicketChange

_TRIGGERS: Final = ("trigger", "event", "type", "event_type")
_CREATED: Final = "created_datetime"


def tickets(raw: bytes) -> tuple[TicketChange, ...]:
    """The ticket events of one Gorgias message; internal notes give none."""
    return tuple(one for document in documents(raw) for one in _document(document))


def _document(document: Fields) -> tuple[TicketChange, ...]:
    ticket = fields(document, "ticket") if isinstance(document.get("ticket"), dict) else document
    if "ticket_id" in ticket:
        ticket = unprefixed(ticket)
    if "id" not in ticket or not {"status", _CREATED} & ticket.keys():
        raise unknown_shape("Gorgias", "a ticket")
    return _told(ticket, fields(document, "message"), _trigger(document))


def _trigger(document: Fields) -> str:
    told = (document.get(name) for name in _TRIGGERS)
    words = (one.get("type") if isinstance(one, dict) else one for one in told)
    return next((word.lower().replace("_", "-") for word in words if isinstance(word, str)), "")


def _told(ticket: Fields, message: Fields, trigger: str) -> tuple[TicketChange, ...]:
    if "message" in trigger or (message and not trigger):
        return _message(ticket, message)
    if trigger == "ticket-created":
        return (_change("opened", ticket, ticket, _CREATED),)
    closed = (text(ticket, "status") or "").lower() == "closed"
    if trigger in ("ticket-status-updated", "ticket-closed", "ticket-reopened"):
        event = "closed" if closed else "opened"
        keys = ("closed_datetime", "updated_datetime") if closed else ("opened_datetime", "updated_datetime")
        return (_change(event, ticket, ticket, *keys),)
    return _snapshot(ticket, closed=closed) if trigger in ("", "ticket") else ()


def _snapshot(ticket: Fields, *, closed: bool) -> tuple[TicketChange, ...]:
    opened = _change("opened", ticket, ticket, _CREATED)
    # The first message is the opening itself.
    said = tuple(one for message in items(ticket, "messages")[1:] for one in _message(ticket, message))
    end = (_change("closed", ticket, ticket, "closed_datetime", "updated_datetime"),) if closed else ()
    return (opened, *said, *end)


def _message(ticket: Fields, message: Fields) -> tuple[TicketChange, ...]:
    messages = items(ticket, "messages")
    message = message or (messages[-1] if messages else message)
    if flag(message, "public") is False or message.get("channel") == "internal-note":
        return ()
    told = message or ticket
    event = "agent_replied" if flag(told, "from_agent") else "customer_replied"
    return (_change(event, ticket, told, "sent_datetime", _CREATED, "last_message_datetime", "updated_datetime"),)


def _change(event: str, ticket: Fields, told: Fields, *keys: str) -> TicketChange:
    tags = [name for name in (text(tag, "name", "$.tags[]") for tag in _tags(ticket)) if name]
    return change(
        event,
        ticket,
        at_first(told, *keys),
        tags,
        custom_fields(_custom(ticket)),
        order_id=text(ticket, "external_id"),
        customer_id=text(fields(ticket, "customer"), "id", "$.customer"),
        channel=text(ticket, "channel"),
    )


def _tags(ticket: Fields) -> list[Fields]:
    value = ticket.get("tags")
    plain = isinstance(value, str) or (isinstance(value, list) and any(isinstance(one, str) for one in value))
    return [{"name": one} for one in texts(ticket, "tags")] if plain else items(ticket, "tags")


def _custom(ticket: Fields) -> Fields:
    """Custom fields by the name of their definition; where only its number comes, they say nothing."""
    value = ticket.get("custom_fields")
    if isinstance(value, dict):
        return {key: one.get("value") if isinstance(one, dict) else one for key, one in value.items()}
    return {text(one, "label") or text(one, "name") or "": one.get("value") for one in items(ticket, "custom_fields")}
