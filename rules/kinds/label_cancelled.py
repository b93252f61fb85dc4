"""A label was cancelled of which the customer was already told."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding
from rules.policy import Policy
from rules.situation import Situation


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire at once, until another parcel is sent, the label counts again, or the order is cancelled too."""
    if not _is_void(shipment):
        return None
    told = _told_of(shipment)
    if told is None or _is_replaced(shipment):
        return None
    at = shipment.life.state_at
    return Finding((Evidence("cancelled_at", at), Evidence("customer_was_told", told)), since=at)


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """Cancelled alone, told of, and nothing sent in its place."""
    told, flags = _told_of(shipment), list(shipment.life.flags)
    yield Check("flags", flags, "cancelled", None, "cancelled" in flags and not shipment.is_return)
    stands = shipment.order is None or shipment.order.cancelled_at is None
    yield Check("order_stands", stands, True, None, stands)
    yield Check("customer_was_told", told, "messages or an order that is shipped", None, told is not None)
    replaced = _is_replaced(shipment)
    yield Check("sent_anew", replaced, False, None, not replaced)


def _is_void(shipment: Situation) -> bool:
    order_cancelled = shipment.order is not None and shipment.order.cancelled_at is not None
    return "cancelled" in shipment.life.flags and not shipment.is_return and not order_cancelled


def _told_of(shipment: Situation) -> str | None:
    if shipment.shipment.sent:
        return f"messages sent: {len(shipment.shipment.sent)}"
    order, parcel = shipment.order, shipment.shipment.parcel
    shipped = (parcel is not None and parcel.shipped_at) or (order is not None and order.fulfilled_at)
    return "the order was told to be shipped" if shipped else None


def _is_replaced(shipment: Situation) -> bool:
    at, own = shipment.life.state_at, shipment.shipment.parcel
    others = (one for one in (shipment.order.shipments if shipment.order else ()) if one != own)
    return any(one.direction != "return" and one.shipped_at and at and one.shipped_at > at for one in others)
