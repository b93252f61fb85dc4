"""The other parcels of an order have arrived and this one has not."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from rules.finding import Check, Evidence, Finding, held_against
from rules.policy import Policy
from rules.situation import Situation
from schemas.facts import base_id

STATES = ("unknown", "label_created", "picked_up", "in_transit", "delayed", "attempted", "out_for_delivery")


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire when the last of the others arrived so much business time ago."""
    start, limit = _start(shipment), shipment.threshold(policy.limit("partial_delivery.after"))
    reached = _reached(shipment, start, limit.value)
    if start is None or reached is None or now < reached:
        return None
    others = Evidence("delivered_siblings", len(shipment.shipment.siblings))
    return Finding((held_against("time_since_siblings", shipment.elapsed(start, now), limit), others), since=reached)


def due(shipment: Situation, now: datetime, policy: Policy) -> datetime | None:
    """The moment of `detect`."""
    start, span = _start(shipment), shipment.threshold(policy.limit("partial_delivery.after")).value
    reached = _reached(shipment, start, span)
    return reached if reached is not None and reached > now else None


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """All other parcels of the order delivered, for longer than the limit, and this one still to come."""
    siblings, arrived = _siblings(shipment), shipment.shipment.siblings
    yield Check("siblings", len(siblings), 1, None, len(siblings) >= 1)
    yield Check("delivered_siblings", len(siblings & arrived.keys()), len(siblings), None, siblings <= arrived.keys())
    start, limit = _start(shipment), shipment.threshold(policy.limit("partial_delivery.after"))
    passed: timedelta | None = shipment.elapsed(start, now) if start is not None else None
    reached = _reached(shipment, start, limit.value)
    holds = reached is not None and now >= reached
    yield Check("time_since_siblings", passed, limit.value, limit.path, holds)


def _reached(shipment: Situation, start: datetime | None, span: timedelta) -> datetime | None:
    reached, counts = shipment.reached(start, span) if start is not None else None, shipment.shipment.siblings_from
    return reached if reached is None or counts is None else max(reached, counts)


def _siblings(shipment: Situation) -> set[str]:
    parcels = shipment.order.outbound if shipment.order else ()
    own = base_id(shipment.shipment.shipment_id)
    return {one.shipment_id for one in parcels if one.shipment_id != own}


def _start(shipment: Situation) -> datetime | None:
    siblings, arrived = _siblings(shipment), shipment.shipment.siblings
    if not siblings or not siblings <= arrived.keys() or shipment.is_return or shipment.is_cancelled:
        return None
    return max(arrived[name] for name in siblings)
