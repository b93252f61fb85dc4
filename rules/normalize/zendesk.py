"""Zendesk: ticket event webhooks, and the ticket as its API gives it.

The order is the ticket's `external_id`, else a tag such as `order_A-1001` or `order:A-1001`; `tracking_...` names a
parcel and a tag equal to an intent (`wismo`, `intent_refund`) the intent. Zendesk lower-cases tags: an order id with
capital letters belongs in `external_id`. Internal notes reach no customer and are no event here.
"""

from datetime import datetime
from typing import Final

from rules.normalize.decode import Fields, UnusableError, decode
from rules.normalize.helpdesk import at_first, change
from rules.normalize.reading import fields, text, texts
from schemas.facts import TicketChange

_KIND: Final = "zen:event-type:"
_DONE: Final = ("solved", "closed", "deleted", "archived", "scrubbed")
_SPEAKERS: Final = {"agent": "agent_replied", "end_user": "customer_replied"}
"""Who writes in a chat; bots and triggers count as nobody."""
_GONE: Final = ("soft_deleted", "permanently_deleted", "merged", "marked_as_spam")


def tickets(raw: bytes) -> tuple[TicketChange, ...]:
    """The ticket events of one Zendesk message; an event that concerns no customer gives none."""
    document = decode(raw)
    if isinstance(document, dict):
        kind = text(document, "type")
        if kind and kind.startswith(_KIND):
            return _webhook(document, kind.removeprefix(_KIND))
        ticket = fields(document, "ticket") if "ticket" in document else document
        if "id" in ticket and "status" in ticket:
            return _ticket(ticket)
    raise UnusableError("schema_invalid", "$ is no Zendesk message we know; send ticket event webhooks or a ticket")


def _webhook(document: Fields, kind: str) -> tuple[TicketChange, ...]:
    noun, _, verb = kind.partition(".")
    if noun not in ("ticket", "messaging_ticket"):
        return ()
    event = _event(verb, fields(document, "event"))
    return (_change(event, fields(document, "detail"), at_first(document, "time")),) if event else ()


def _event(verb: str, told: Fields) -> str | None:
    """Our word for what happened, None where it is nothing to us."""
    if verb == "created":
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
    if comment.get("is_public") is False:
        return None
    author = fields(comment, "author", "$.event.comment")
    return "agent_replied" if author.get("is_staff") is True else "customer_replied"


def _ticket(ticket: Fields) -> tuple[TicketChange, ...]:
    opened = _change("opened", ticket, at_first(ticket, "created_at"))
    if (text(ticket, "status") or "").lower() not in _DONE:
        return (opened,)
    return (opened, _change("closed", ticket, at_first(ticket, "updated_at", "created_at")))


def _change(event: str, ticket: Fields, at: datetime) -> TicketChange:
    return change(
        event,
        ticket,
        at,
        texts(ticket, "tags", "$.detail"),
        {},
        order_id=text(ticket, "external_id", "$.detail"),
        customer_id=text(ticket, "requester_id", "$.detail"),
        channel=text(fields(ticket, "via", "$.detail"), "channel", "$.detail.via"),
    )
