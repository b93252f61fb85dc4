"""A parcel has been in the carrier's hands for longer than any usual journey."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding, held_against
from rules.policy import Policy
from rules.situation import Situation
from rules.spells import lasted


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire when business time since the first possession reaches the limit of the lane."""
    start, limit = _start(shipment), shipment.by_lane("long_transit")
    if start is None or now - start < limit.value:
        return None
    reached = shipment.reached(start, limit.value)
    if reached is None or now < reached:
        return None
    lane = Evidence("lane", "international" if shipment.is_international else "domestic")
    return Finding((held_against("time_in_transit", shipment.elapsed(start, now), limit), lane), since=reached)


def due(shipment: Situation, now: datetime, policy: Policy) -> datetime | None:
    """The moment of `detect`."""
    start = _start(shipment)
    reached = shipment.reached(start, shipment.by_lane("long_transit").value) if start is not None else None
    return reached if reached is not None and reached > now else None


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """In the carrier's hands, not at a counter, for longer than the limit."""
    life = shipment.life
    yield Check("direction", life.direction, "outbound", None, not shipment.is_return)
    yield Check("pickup_ready", "pickup_ready" in life.flags, False, None, "pickup_ready" not in life.flags)
    yield lasted(shipment, "time_in_transit", _start(shipment), shipment.by_lane("long_transit"), now)


def _start(shipment: Situation) -> datetime | None:
    life = shipment.life
    waits = shipment.is_return or "pickup_ready" in life.flags
    return None if waits else life.possessed_at
