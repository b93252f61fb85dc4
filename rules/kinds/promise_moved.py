"""The carrier expects to deliver later than it once said, and still within the promise."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from rules.finding import Check, Evidence, Finding, held_against
from rules.kinds.promise_missed import promised_until
from rules.policy import Policy
from rules.situation import Situation


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire while the estimate is that much later than the earliest one told, as long as the promise holds."""
    life, moved, limit = shipment.life, _moved(shipment), policy.limit("promise_moved.least")
    if moved is None or moved < limit.value:
        return None
    end = promised_until(shipment)
    if end is None or now >= end or not _holds(shipment, end):
        return None
    was, now_is = (
        Evidence("estimated_before", life.estimate_least),
        Evidence("estimated_delivery_at", life.estimated_at),
    )
    return Finding((held_against("moved_by", moved, limit), was, now_is), since=shipment.estimate_told_at)


def due(shipment: Situation, now: datetime, policy: Policy) -> datetime | None:
    """The end of the promise: from then on it holds no more."""
    end = promised_until(shipment) if _moved(shipment) else None
    return end if end is not None and end > now else None


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """A promise that is still open, an estimate within it, and one that was a day earlier."""
    end, moved, limit = promised_until(shipment), _moved(shipment), policy.limit("promise_moved.least")
    yield Check("promise_ends_at", end, now, None, end is not None and now < end)
    holds = end is not None and _holds(shipment, end)
    yield Check("estimated_delivery_at", shipment.life.estimated_at, end, None, holds)
    yield Check("moved_by", moved, limit.value, limit.path, moved is not None and moved >= limit.value)


def _moved(shipment: Situation) -> timedelta | None:
    life = shipment.life
    if life.estimated_at is None or life.estimate_least is None:
        return None
    return life.estimated_at - life.estimate_least


def _holds(shipment: Situation, end: datetime) -> bool:
    estimate, needed = shipment.life.estimated_at, shipment.needed_until
    return estimate is not None and estimate <= (end if needed is None else min(end, needed))
