"""Freshdesk: automation webhooks, app events and the ticket as its API gives it.

Statuses are numbers (4 resolved, 5 closed) in the API and words in a webhook, whose fields its owner chooses.
Private notes reach no customer and are no event here.
"""

from typing import Final

from rules.normalize.decode import Fields
from rules.normalize.feed import unknown_shape
from rules.normalize.helpdesk import at_first, change, custom_fields, documents, unprefixed
from rules.normalize.reading import fields, flag, text, texts
from schemas.facts import TicketChange

_DONE: Final = ("4", "5", "resolved", "closed")
_CHANNELS: Final = {"1": "email", "2": "portal", "3": "phone", "7": "chat", "9": "widget", "10": "outbound_email"}
_TIMES: Final = ("triggered_at", "event_time", "updated_at", "created_at")


def tickets(raw: bytes) -> tuple[TicketChange, ...]:
    """The ticket events of one Freshdesk message."""
    return tuple(one for document in documents(raw) for one in _document(document))


def _document(document: Fields) -> tuple[TicketChange, ...]:
    if isinstance(document.get("freshdesk_webhook"), dict):
        return _webhook(fields(document, "freshdesk_webhook"))
    data = fields(document, "data") if isinstance(document.get("data"), dict) else document
    if isinstance(data.get("conversation"), dict):
        return _reply(fields(data, "conversation"), fields(data, "ticket"))
    ticket = fields(data, "ticket") if isinstance(data.get("ticket"), dict) else data
    if "incoming" in ticket and "ticket_id" in ticket:
        return _reply(ticket, {})
    if "id" in ticket and "status" in ticket:
        return _app_event(document, data, ticket)
    if "ticket_id" in ticket:
        return _webhook(ticket)
    raise unknown_shape("Freshdesk", "a ticket webhook")


def _webhook(told: Fields) -> tuple[TicketChange, ...]:
    """Fields named `ticket_...`, without their prefix a ticket."""
    ticket = unprefixed(told)
    happened = " ".join(str(told.get(name) or "") for name in ("triggered_event", "event", "event_type")).lower()
    if "note" in happened and "private" in happened:
        return ()
    event = _event(happened, _status(ticket))
    # What is no reply and no change of status says only that the ticket is open, as it was from its beginning.
    since = ("created_at",) if event == "opened" and "status" not in happened else ()
    return (_change(event, ticket, ticket, *since, *_TIMES),)


def _event(happened: str, status: str) -> str:
    if "create" in happened:
        return "opened"
    if "repl" in happened or "note" in happened or "comment" in happened:
        return "agent_replied" if "agent" in happened or "sent" in happened else "customer_replied"
    if status in _DONE:
        return "closed"
    return "opened"


def _status(ticket: Fields) -> str:
    return (text(ticket, "status", "$.ticket") or "").lower()


def _app_event(document: Fields, data: Fields, ticket: Fields) -> tuple[TicketChange, ...]:
    kind = (text(document, "event") or "").lower()
    if kind == "onticketcreate":
        return (_change("opened", ticket, ticket, "created_at"),)
    if kind == "onticketupdate":
        return _update(data, ticket)
    return _snapshot(ticket)


def _update(data: Fields, ticket: Fields) -> tuple[TicketChange, ...]:
    changes = fields(data, "changes") or fields(ticket, "changes", "$.data.ticket")
    both = changes.get("status")
    if not isinstance(both, list) or len(both) < 2:
        return ()
    before, after = (str(one).lower() in _DONE for one in both[:2])
    if before == after:
        return ()
    return (_change("closed" if after else "opened", ticket, ticket, "updated_at"),)


def _snapshot(ticket: Fields) -> tuple[TicketChange, ...]:
    opened = _change("opened", ticket, ticket, "created_at")
    if _status(ticket) not in _DONE:
        return (opened,)
    stats = fields(ticket, "stats", "$.ticket")
    merged = {**ticket, **{key: value for key, value in stats.items() if value is not None}}
    return (opened, _change("closed", ticket, merged, "closed_at", "resolved_at", "updated_at", "created_at"))


def _reply(reply: Fields, ticket: Fields) -> tuple[TicketChange, ...]:
    if flag(reply, "private"):
        return ()
    event = "customer_replied" if flag(reply, "incoming") else "agent_replied"
    whose = {**ticket, "id": ticket.get("id") or reply.get("ticket_id")}
    return (_change(event, whose, reply, "created_at", "updated_at"),)


def _change(event: str, ticket: Fields, told: Fields, *keys: str) -> TicketChange:
    source = text(ticket, "source", "$.ticket")
    tags = [one.strip() for tag in texts(ticket, "tags", "$.ticket") for one in tag.split(",")]
    return change(
        event,
        ticket,
        at_first(told, *keys),
        tags,
        custom_fields({**ticket, **fields(ticket, "custom_fields", "$.ticket")}),
        customer_id=text(ticket, "requester_id", "$.ticket"),
        channel=_CHANNELS.get(source or "", source.lower() if source and not source.isdigit() else None),
    )
