"""An order is paid and nothing of it has been handed to a carrier."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Finding, held_against
from rules.policy import Policy
from rules.situation import Situation

_STAGES = ("limit", "warn")


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire when business time since the order passes the warning, then the limit."""
    start = waiting_since(shipment)
    if start is None:
        return None
    for stage in _STAGES:
        limit = shipment.threshold(policy.limit(f"not_shipped.{stage}"))
        reached = shipment.reached(start, limit.value)
        if reached is not None and now >= reached:
            evidence = held_against("time_since_order", shipment.elapsed(start, now), limit)
            return Finding((evidence,), stage, watch=stage == "warn", since=reached)
    return None


def due(shipment: Situation, now: datetime, policy: Policy) -> datetime | None:
    """The next of the two moments."""
    start = waiting_since(shipment)
    if start is None:
        return None
    limits = [shipment.threshold(policy.limit(f"not_shipped.{stage}")) for stage in _STAGES]
    times = [shipment.reached(start, limit.value) for limit in limits]
    return min((time for time in times if time is not None and time > now), default=None)


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """An order without a parcel for longer than the warning."""
    order = shipment.order
    parcels = len(order.shipments) if order else 0
    yield Check("parcels", parcels, 0, None, parcels == 0)
    shipped = order is not None and (order.fulfilled_at is not None or order.cancelled_at is not None)
    yield Check("fulfilled_or_cancelled", shipped, False, None, not shipped)
    start, limit = waiting_since(shipment), shipment.threshold(policy.limit("not_shipped.warn"))
    passed = shipment.elapsed(start, now) if start else None
    yield Check("time_since_order", passed, limit.value, limit.path, passed is not None and passed >= limit.value)


def waiting_since(shipment: Situation) -> datetime | None:
    """When the order was placed, while nothing of it is on its way."""
    order = shipment.order
    if order is None or order.shipments or order.fulfilled_at is not None or order.cancelled_at is not None:
        return None
    return order.created_at or order.at
