"""A parcel in the carrier's hands has not been scanned for longer than its service allows."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding, held_against
from rules.policy import Limit, Policy
from rules.situation import Situation
from rules.spells import lasted


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire when the silence, in business time, reaches the limit; speak when it reaches the limit twice."""
    if (start := _start(shipment)) is None:
        return None
    limit = _limit(shipment, policy)
    if now - start < limit.value or (reached := shipment.reached(start, limit.value)) is None or now < reached:
        return None
    apology = _apology_at(shipment, start, limit, policy)
    twice = apology is not None and now >= apology
    silence = held_against("silence", shipment.elapsed(start, now), limit)
    service = Evidence("service_level", shipment.service_level or "unknown")
    return Finding((silence, service), "twice" if twice else "limit", since=apology if twice else reached)


def due(shipment: Situation, now: datetime, policy: Policy) -> datetime | None:
    """When the limit is reached, then when it is reached twice."""
    if (start := _start(shipment)) is None:
        return None
    limit = _limit(shipment, policy)
    if (reached := shipment.reached(start, limit.value)) is None or reached > now:
        return reached
    apology = _apology_at(shipment, start, limit, policy)
    return apology if apology is not None and apology > now else None


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """In the carrier's hands, not waiting for the customer, and silent for longer than the limit."""
    waits, start, limit = "pickup_ready" in shipment.life.flags, _start(shipment), _limit(shipment, policy)
    yield Check("waiting_for_pickup", waits, False, None, not waits)
    yield Check("direction", shipment.life.direction, "outbound", None, not shipment.is_return)
    yield lasted(shipment, "silence", start, limit, now)


def _start(shipment: Situation) -> datetime | None:
    return None if shipment.is_return or "pickup_ready" in shipment.life.flags else shipment.life.moved_at


def _limit(shipment: Situation, policy: Policy) -> Limit:
    return shipment.patience(policy.choice("stalled.silence", shipment.service_level, "unknown"))


def _apology_at(shipment: Situation, start: datetime, limit: Limit, policy: Policy) -> datetime | None:
    return shipment.reached(start, limit.value * policy.value("stalled.apology_factor"))
