"""Reused numbers: what is told of the number alone belongs to one of the parcels under it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from rules.lifecycle import REUSED
from rules.state import Shipment
from schemas.facts import ActionFact, OrderFact, ScansFact, TicketFact

ALIAS_WINDOW: Final = timedelta(days=90)
"""A parcel under a reused number belongs to an order placed at most this long before its first scan."""
LABEL_BEFORE_ORDER: Final = timedelta(days=2)

Addressed = OrderFact | TicketFact | ActionFact
"""What is said of a number by those who cannot know which of its parcels they mean."""


def begins(fact: ScansFact) -> datetime:
    """When the scans of a message begin."""
    return min((scan.occurred_at for scan in fact.scans if scan.occurred_at), default=fact.now)


def ends(fact: ScansFact) -> datetime:
    """When they end."""
    return max((scan.occurred_at for scan in fact.scans if scan.occurred_at), default=fact.now)


def heir(placeholder: Shipment, fact: ScansFact) -> Shipment | None:
    """The parcel as it begins where its scans were told of the number alone until now; None where they are older.

    Its events are a new subject's; orders and tickets find their parcel by themselves. What customers were told
    stays told, and milestones that wait go on waiting.
    """
    if not placeholder.scans or begins(fact) - placeholder.scans[-1].at > REUSED:
        return None
    sent = {"/".join(one.key.rsplit("/", 3)[1:]) for one in placeholder.sent}
    return replace(
        placeholder,
        shipment_id=fact.shipment_id,
        linked_by=None,
        order=None,
        parcel=None,
        order_rank=None,
        tickets={},
        cases={},
        suppressed={},
        sequences={},
        pending=[message for message in placeholder.pending if message.case_id is None],
        told=[one for one in placeholder.told if one in sent or one.startswith("milestone/")],
        last_update_id=None,
        next_due=None,
        forget_at=None,
    )


def past(placeholder: Shipment) -> Shipment:
    """What stays of a number that was taken for a parcel: taken for another one, it goes on counting its events."""
    return Shipment(
        shipment_id=placeholder.shipment_id,
        carrier=placeholder.carrier,
        tracking_number=placeholder.tracking_number,
        clock=placeholder.clock,
        cases=placeholder.cases,
        actions=placeholder.actions,
        sequences=placeholder.sequences,
    )


def meant(fact: Addressed, aliases: dict[str, datetime], kept: Iterable[Addressed]) -> list[str]:
    """Which of the parcels under a reused number is meant: at most one.

    An order means the parcel that began nearest to when it was shipped, if no other order under the number was
    shipped nearer to it; one that does not say so, the first parcel that began after it was placed (a label may come
    two days before its order is heard of). A ticket that names an order means that order's parcel; any other ticket
    or an action means the last parcel that had begun by then.
    """
    if isinstance(fact, TicketFact):
        order = _named(fact, kept)
        return meant(order, aliases, kept) if order is not None else begun(aliases, fact.ticket.at)
    if isinstance(fact, ActionFact):
        return begun(aliases, fact.action.at)
    placed = fact.order.created_at or fact.order.at
    window = (placed - LABEL_BEFORE_ORDER, placed + ALIAS_WINDOW)
    fitting = [(first, name) for name, first in aliases.items() if window[0] <= first <= window[1]]
    shipped = fact.parcel.shipped_at if fact.parcel else None
    if shipped is None or not fitting:
        return [min(fitting)[1]] if fitting else []
    first, name = min(fitting, key=lambda one: (abs(one[0] - shipped), one))
    others = [other for one in kept if (other := _shipped_otherwise(one, fact)) is not None]
    return [] if any(abs(first - other) < abs(first - shipped) for other in others) else [name]


def _shipped_otherwise(old: Addressed, fact: OrderFact) -> datetime | None:
    """When another order's parcel under the same number was shipped."""
    if not isinstance(old, OrderFact) or old.order.order_id == fact.order.order_id or old.parcel is None:
        return None
    return old.parcel.shipped_at


def _named(fact: TicketFact, kept: Iterable[Addressed]) -> OrderFact | None:
    """The latest word of the order that the ticket names, in this event or in another one."""
    told = [one.ticket for one in kept if isinstance(one, TicketFact) and one.ticket.ticket_id == fact.ticket.ticket_id]
    names = {one.order_id for one in (fact.ticket, *told)} - {None}
    orders = [one for one in kept if isinstance(one, OrderFact) and one.order.order_id in names]
    return max(orders, key=lambda one: (one.order.at, one.order.order_id), default=None)


def begun(aliases: dict[str, datetime], at: datetime) -> list[str]:
    """The last parcel that had begun by then."""
    found = [(first, name) for name, first in aliases.items() if first <= at + LABEL_BEFORE_ORDER]
    return [max(found)[1]] if found else []
