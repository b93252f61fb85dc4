"""A parcel waits at a counter or in a locker, and nobody has fetched it for days."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from rules.finding import Check, Evidence, Finding, held_against
from rules.policy import Limit, Policy
from rules.situation import Situation
from rules.spells import began

_READY = "awaiting_customer_pickup"


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire at the reminder, then shortly before the carrier sends it back; days of the counter are plain days."""
    start = _waiting_since(shipment)
    if start is None:
        return None
    for stage, limit in _limits(shipment, policy):
        if now >= start + limit.value:
            waited, window = held_against("waiting_for_pickup", now - start, limit), _window(shipment, policy)
            last_day = (start + window.value).astimezone(shipment.zone[0]).date().isoformat()
            kept = Evidence("kept_until", last_day, window.value, window.path)
            return Finding((waited, kept), stage, watch=stage == "reminder", since=start + limit.value)
    return None


def due(shipment: Situation, now: datetime, policy: Policy) -> datetime | None:
    """The next of the two moments."""
    start = _waiting_since(shipment)
    times = [] if start is None else [start + limit.value for _, limit in _limits(shipment, policy)]
    return min((time for time in times if time > now), default=None)


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """Ready for the customer for longer than the first of the two limits."""
    flags = list(shipment.life.flags)
    yield Check("flags", flags, "pickup_ready", None, "pickup_ready" in flags)
    yield Check("direction", shipment.life.direction, "outbound", None, not shipment.is_return)
    start, first = _waiting_since(shipment), min(dict(_limits(shipment, policy)).values(), key=lambda one: one.value)
    passed = now - start if start is not None else None
    yield Check("waiting_for_pickup", passed, first.value, first.path, passed is not None and passed >= first.value)


def _waiting_since(shipment: Situation) -> datetime | None:
    waits = "pickup_ready" in shipment.life.flags and not shipment.is_return
    return began(shipment, lambda scan: "pickup_ready" in scan.flags or scan.reason == _READY) if waits else None


def _limits(shipment: Situation, policy: Policy) -> tuple[tuple[str, Limit], ...]:
    window, before = _window(shipment, policy), policy.limit("pickup_expiring.before_end")
    ending = Limit(max(window.value - before.value, timedelta(0)), f"{window.path} - {before.path}")
    return ("ending", ending), ("reminder", policy.limit("pickup_expiring.reminder"))


def _window(shipment: Situation, policy: Policy) -> Limit:
    carrier, level = shipment.shipment.carrier, shipment.service_level
    usual = policy.choice("pickup_expiring.window", carrier, "other")
    return policy.limits.get(f"pickup_expiring.window.{carrier}_{level}", usual)
