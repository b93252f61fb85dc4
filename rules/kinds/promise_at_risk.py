"""The carrier expects to deliver after the promised day, or after the day of the customer's event."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding
from rules.kinds.promise_missed import promised_until
from rules.policy import Policy
from rules.situation import Situation


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire while the estimate lies after either day; a promise that a person has given up is at risk no more."""
    estimate = shipment.life.estimated_at
    if estimate is None:
        return None
    days = _days(shipment)
    late = [name for name, end in days.items() if estimate > end]
    if not late:
        return None
    evidence = tuple(Evidence("estimated_delivery_at", estimate, days[name], _ends(name, shipment)) for name in late)
    return Finding(evidence, f"after_{late[0]}", since=shipment.estimate_told_at)


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """A day that counts, and an estimate after it."""
    days, estimate = _days(shipment), shipment.life.estimated_at
    yield Check("days_that_count", sorted(days), "promise or needed_by", None, bool(days))
    first = min(days.values(), default=None)
    late = estimate is not None and first is not None and estimate > first
    name = min(days, key=days.__getitem__, default="promise")
    yield Check("estimated_delivery_at", estimate, first, _ends(name, shipment), late)


def _days(shipment: Situation) -> dict[str, datetime]:
    """The ends of the days that count, the promise first."""
    life = shipment.life
    if (
        shipment.is_return
        or shipment.is_cancelled
        or not {"refused", "returning", "pickup_ready"}.isdisjoint(life.flags)
    ):
        return {}
    missed = shipment.shipment.cases.get("promise_missed")
    given_up = missed is not None and not missed.is_open and missed.resolved_by != "self"
    ends = {"promise": None if given_up else promised_until(shipment), "needed_by": shipment.needed_until}
    return {name: end for name, end in ends.items() if end is not None}


def _ends(name: str, shipment: Situation) -> str:
    return f"{name} ends by {shipment.zone[1]}"
