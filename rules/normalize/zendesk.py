"""Zendesk: ticket event webhooks, the same events from its event bus, bodies of triggers, the ticket of its API.

The order is the ticket's `external_id`, else a custom field whose title or name says so ("Order number"), else a tag
such as `order_A-1001` or `order:A-1001`; `tracking_...` names a parcel and a tag equal to an intent (`wismo`,
`intent_refund`) the intent. Zendesk lower-cases tags: an order id with capital letters belongs in `external_id`. Its
API names custom fields by number only: of those a value that can be nothing but a tracking number counts. What is
learnt of an open ticket later (a field, a tag) says again that it was opened. Internal notes are no event here.
"""

from datetime import datetime
from typing import Final

from rules.normalize.decode import Fields, UnusableError
from rules.normalize.helpdesk import at_first, change, custom_fields, documents, unprefixed
from rules.normalize.names import UNKNOWN, guessed
from rules.normalize.reading import fields, flag, items, text, texts
from schemas.facts import TicketChange

_KIND: Final = "zen:event-type:"
_BUS: Final = {"comment_created": "comment_added"}
"""Names of the event bus that differ from those of webhooks by more than a `ticket_` before them."""
_LEARNT: Final = ("custom_field_changed", "external_id_changed", "tags_changed")
_OPENED: Final = ("created_at", "created_at_with_timestamp")
_ENDED: Final = ("updated_at", "updated_at_with_timestamp", *_OPENED)
_DONE: Final = ("solved", "closed", "deleted", "archived", "scrubbed")
_SPEAKERS: Final = {"agent": "agent_replied", "end_user": "customer_replied"}
"""Who writes in a chat; bots and triggers count as nobody."""
_GONE: Final = ("soft_deleted", "permanently_deleted", "merged", "marked_as_spam")


def tickets(raw: bytes) -> tuple[TicketChange, ...]:
    """The ticket events of one Zendesk message; an event that concerns no customer gives none."""
    return tuple(one for document in documents(raw) for one in _document(document))


def _document(document: Fields) -> tuple[TicketChange, ...]:
    kind = text(document, "type")
    if kind and kind.startswith(_KIND):
        noun, _, verb = kind.removeprefix(_KIND).partition(".")
        mine = noun in ("ticket", "messaging_ticket")
        return _told(verb, fields(document, "event"), fields(document, "detail"), document, "time") if mine else ()
    for wrapper in ("detail", "input"):
        held = document.get(wrapper)
        if isinstance(held, dict) and isinstance(held.get("ticket_event"), dict):
            return _bus(fields(held, "ticket_event"))
    ticket = fields(document, "ticket") if isinstance(document.get("ticket"), dict) else document
    if "ticket_id" in ticket:
        ticket = unprefixed(ticket)
    if "id" in ticket and "status" in ticket:
        return _ticket(ticket)
    raise UnusableError("schema_invalid", "$ is no Zendesk message we know; send ticket event webhooks or a ticket")


def _bus(event: Fields) -> tuple[TicketChange, ...]:
    """An event of the event bus: its type in words, its ticket inside."""
    verb = (text(event, "type") or "").lower().replace(" ", "_").removeprefix("ticket_")
    meta = fields(event, "meta", "$.detail.ticket_event")
    return _told(_BUS.get(verb, verb), event, fields(event, "ticket"), meta, "occurred_at")


def _told(verb: str, event: Fields, ticket: Fields, dated: Fields, key: str) -> tuple[TicketChange, ...]:
    if verb in _LEARNT:
        return _learnt(event, {"created_at": dated.get(key), **ticket})
    word = _event(verb, event)
    return (_change(word, ticket, at_first(dated, key)),) if word else ()


def _learnt(event: Fields, ticket: Fields) -> tuple[TicketChange, ...]:
    field = fields(event, "field") or fields(event, "custom_field")
    value = event.get("current")
    named = {text(field, "title", "$.event.field") or "": value}
    found = _change("opened", {**ticket, "custom_fields": named}, at_first(ticket, "created_at"))
    says = found.order_id or found.tracking_number or found.intent
    return (found,) if says and _state(ticket, "status") not in _DONE else ()


def _event(verb: str, told: Fields) -> str | None:
    """Our word for what happened, None where it is nothing to us."""
    if verb in ("created", "undeleted"):
        return "opened"
    if verb in _GONE:
        return "closed"
    if verb == "status_changed":
        return _status_change(_state(told, "previous"), _state(told, "current"))
    if verb == "comment_added":
        return _comment(fields(told, "comment", "$.event"))
    if verb == "message_added":
        return _SPEAKERS.get(text(fields(told, "actor", "$.event"), "type", "$.event.actor") or "")
    return None


def _state(told: Fields, key: str) -> str:
    value = told.get(key)
    # Seen both as the bare word and as {"status": word}, in three spellings of case.
    status = text(value, "status", f"$.event.{key}") if isinstance(value, dict) else text(told, key, "$.event")
    return (status or "").lower()


def _status_change(previous: str, current: str) -> str | None:
    if current in _DONE:
        return None if previous in _DONE else "closed"
    return "opened" if previous in _DONE else None


def _comment(comment: Fields) -> str | None:
    if flag(comment, "is_public") is False:
        return None
    author = fields(comment, "author", "$.event.comment")
    return "agent_replied" if flag(author, "is_staff") else "customer_replied"


def _ticket(ticket: Fields) -> tuple[TicketChange, ...]:
    opened = _change("opened", ticket, at_first(ticket, *_OPENED))
    if (text(ticket, "status") or "").lower() not in _DONE:
        return (opened,)
    return (opened, _change("closed", ticket, at_first(ticket, *_ENDED)))


def _change(event: str, ticket: Fields, at: datetime) -> TicketChange:
    told = {**ticket, **_custom(ticket)}
    return change(
        event,
        ticket,
        at,
        _tags(ticket),
        custom_fields(told),
        order_id=text(ticket, "external_id", "$.detail"),
        customer_id=text(ticket, "requester_id", "$.detail"),
        channel=_channel(ticket),
    )


def _tags(ticket: Fields) -> list[str]:
    # A placeholder in a trigger writes them as one text.
    value = ticket.get("tags")
    return value.replace(",", " ").split() if isinstance(value, str) else texts(ticket, "tags", "$.detail")


def _channel(ticket: Fields) -> str | None:
    via = ticket.get("via")
    return via.lower() if isinstance(via, str) and via else text(fields(ticket, "via", "$.detail"), "channel")


def _custom(ticket: Fields) -> Fields:
    """Custom fields by title or name; of those with a number only, the one that must be a tracking number."""
    value = ticket.get("custom_fields")
    if isinstance(value, dict):
        return value
    found: Fields = {}
    for one in items(ticket, "custom_fields", "$.ticket"):
        held = one.get("value")
        name = text(one, "title") or text(one, "name") or text(one, "key")
        if name:
            found[name] = held
        elif isinstance(held, str) and guessed(held) != UNKNOWN:
            found.setdefault("tracking_number", held)
    return found
