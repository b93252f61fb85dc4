"""A label was made and the carrier has never scanned the parcel."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Finding, held_against
from rules.policy import Limit, Policy
from rules.situation import Situation
from rules.spells import lasted

_STAGES = ("review", "limit", "warn")


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire when business time since the label passes the warning, the limit, the review."""
    start = waiting_since(shipment)
    if start is None:
        return None
    for stage in _STAGES:
        limit = _limit(shipment, policy, stage)
        reached = shipment.reached(start, limit.value)
        if reached is not None and now >= reached:
            evidence = held_against("time_since_label", shipment.elapsed(start, now), limit)
            review = "no scan for so long that a new parcel may be needed" if stage == "review" else None
            return Finding((evidence,), stage, watch=stage == "warn", since=reached, review=review)
    return None


def due(shipment: Situation, now: datetime, policy: Policy) -> datetime | None:
    """The next of the three moments."""
    start = waiting_since(shipment)
    if start is None:
        return None
    times = [shipment.reached(start, _limit(shipment, policy, stage).value) for stage in _STAGES]
    return min((time for time in times if time is not None and time > now), default=None)


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """A label without a first scan, for longer than the first of the limits."""
    possessed = shipment.life.possessed_at
    yield Check("first_possession_at", possessed, None, None, possessed is None)
    yield Check("cancelled", shipment.is_cancelled, False, None, not shipment.is_cancelled)
    yield Check("direction", shipment.life.direction, "outbound", None, not shipment.is_return)
    limit = min((_limit(shipment, policy, stage) for stage in _STAGES), key=lambda one: one.value)
    yield lasted(shipment, "time_since_label", waiting_since(shipment), limit, now)


def waiting_since(shipment: Situation) -> datetime | None:
    """When the label was made, while a first scan is still to come."""
    life, parcel, order = shipment.life, shipment.shipment.parcel, shipment.order
    if life.possessed_at is not None or shipment.is_return or shipment.is_cancelled:
        return None
    return life.labelled_at or (parcel.shipped_at if parcel else None) or (order.fulfilled_at if order else None)


def _limit(shipment: Situation, policy: Policy, stage: str) -> Limit:
    return shipment.threshold(policy.limit(f"label_not_scanned.{stage}"))
