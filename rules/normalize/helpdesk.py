"""What helpdesks share: tags and custom fields that name the order, the parcel and the intent of a ticket.

A tag such as `order_A-1001` or `order:A-1001` names the order, `tracking_...` the parcel, and a tag equal to an
intent (`wismo`, `intent_refund`) the intent; a custom field named so (`cf_order_number`) comes first.
"""

from datetime import datetime
from typing import Final

from rules.normalize import times
from rules.normalize.decode import Fields, UnusableError, decode
from rules.normalize.names import ANY, number
from rules.normalize.reading import items, objects, text
from schemas.facts import TicketChange
from schemas.words import INTENTS, STATES

_ORDER: Final = ("order_id", "order_number", "order")
_TRACKING: Final = ("tracking_number", "tracking")
_LISTS: Final = ("tickets", "data", "_results")
_NO_TIME: Final = "is no time that can be true; send RFC 3339 with its offset"


def documents(raw: bytes) -> list[Fields]:
    """The documents in the bytes: a webhook is one, the answer to a question for many holds a list of them."""
    document = decode(raw)
    if isinstance(document, list):
        return objects(document, "$")
    listed = next((key for key in _LISTS if isinstance(document.get(key), list)), None)
    return items(document, listed) if listed else [document]


def unprefixed(told: Fields) -> Fields:
    """A flat body of a template, whose fields are named `ticket_...`, as a ticket."""
    return {key.removeprefix("ticket_"): value for key, value in told.items()}


def change(
    event: str, ticket: Fields, at: datetime, tags: list[str], custom: dict[str, str], **known: str | None
) -> TicketChange:
    """One ticket event; `known` are fields that the helpdesk itself names."""
    ticket_id = text(ticket, "id", "$.ticket")
    if not ticket_id:
        raise UnusableError("semantic_invalid", "$.ticket.id is empty; a ticket event needs its ticket")
    tracking = _custom(custom, _TRACKING) or tagged(tags, "tracking")
    stated = _custom(custom, ("stated_state",))
    return TicketChange(
        event=event,
        ticket_id=ticket_id,
        at=at,
        order_id=known.get("order_id") or _custom(custom, _ORDER) or tagged(tags, "order"),
        tracking_number=number(ANY, tracking, "$.ticket.tracking_number") if tracking else None,
        customer_id=known.get("customer_id"),
        channel=known.get("channel"),
        intent=intent([*tags, _custom(custom, ("intent",)) or ""]),
        stated_state=stated if stated in STATES else None,
    )


def custom_fields(told: Fields) -> dict[str, str]:
    """Custom fields that hold a plain text, under lower-case names without the helpdesk's `cf_`."""
    plain = ((key.lower().strip().replace(" ", "_").removeprefix("cf_"), value) for key, value in told.items())
    return {key: str(value).strip() for key, value in plain if isinstance(value, str | int) and str(value).strip()}


def _custom(custom: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((custom[name] for name in names if name in custom), None)


def tagged(tags: list[str], name: str) -> str | None:
    """What the first tag of that name says."""
    for tag in tags:
        if tag.lower().startswith((f"{name}_", f"{name}:")) and tag[len(name) + 1 :]:
            return tag[len(name) + 1 :]
    return None


def intent(tags: list[str]) -> str | None:
    """The intent among the tags."""
    words = (tag.lower().removeprefix("intent_").removeprefix("intent:") for tag in tags)
    return next((word for word in words if word in INTENTS), None)


def at_first(document: Fields, *keys: str) -> datetime:
    """The first of these times that can be true; raises `UnusableError` where none is."""
    for key in keys:
        moment = times.iso(text(document, key))
        if moment.at is not None:
            return moment.at
    raise UnusableError("semantic_invalid", f"$.{keys[0]} {_NO_TIME}")
