"""A parcel in the carrier's hands has not been scanned for longer than its service allows."""

from datetime import datetime

from rules.finding import Evidence, Finding, held_against
from rules.policy import Limit, Policy
from rules.situation import Situation

_UNDER_WAY = frozenset(("picked_up", "in_transit", "delayed", "attempted", "out_for_delivery"))


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire when the silence, in business time, reaches the limit; speak when it reaches the limit twice."""
    start = _start(shipment)
    if start is None:
        return None
    limit = _limit(shipment, policy)
    reached = shipment.reached(start, limit.value)
    if reached is None or now < reached:
        return None
    apology = _apology_at(shipment, start, limit, policy)
    twice = apology is not None and now >= apology
    silence = held_against("silence", shipment.elapsed(start, now), limit)
    service = Evidence("service_level", shipment.service_level or "unknown")
    return Finding((silence, service), "twice" if twice else "limit", since=apology if twice else reached)


def due(shipment: Situation, now: datetime, policy: Policy) -> datetime | None:
    """When the limit is reached, then when it is reached twice."""
    start = _start(shipment)
    if start is None:
        return None
    limit = _limit(shipment, policy)
    reached = shipment.reached(start, limit.value)
    if reached is None or reached > now:
        return reached
    apology = _apology_at(shipment, start, limit, policy)
    return apology if apology is not None and apology > now else None


def _start(shipment: Situation) -> datetime | None:
    life = shipment.life
    if life.state not in _UNDER_WAY or shipment.is_return or "pickup_ready" in life.flags:
        return None
    return life.moved_at


def _limit(shipment: Situation, policy: Policy) -> Limit:
    limit = shipment.threshold(policy.choice("stalled.silence", shipment.service_level, "unknown"))
    if "held" not in shipment.life.flags:
        return limit
    # Somebody keeps it on purpose, but not for ever.
    factor = policy.limit("stalled.held_factor")
    return Limit(limit.value * factor.value, f"{limit.path} x {factor.path}")


def _apology_at(shipment: Situation, start: datetime, limit: Limit, policy: Policy) -> datetime | None:
    return shipment.reached(start, limit.value * policy.value("stalled.apology_factor"))
