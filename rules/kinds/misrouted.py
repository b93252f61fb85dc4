"""The parcel was sorted wrongly, or has come back to a place that it had left."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding
from rules.policy import Policy
from rules.situation import Situation
from rules.state import Seen
from rules.stays import city, may_be_back, stays


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire at once, until it goes to a place where it has not been, or out for delivery."""
    life = shipment.life
    if shipment.is_return or "lost" in life.flags:
        return None
    scans = shipment.shipment.scans
    been = stays(scans) if may_be_back(scans) else []
    visits = _visits(been)
    if len(visits) > 1:
        here = visits[-1]
        evidence = Evidence("back_at", here.place, "each place once"), Evidence("visits", len(visits))
        stage = "near" if been[0] is visits[0] and _is_near(shipment, here) else "loop"
        return Finding(evidence, stage, f"{len(visits)} visits", since=here.happened)
    missorted = Evidence("reason", life.reason)
    return Finding((missorted,), "missort", since=life.state_at) if life.reason == "missort" else None


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """Outbound, not lost, and either missorted or at a place for the second time."""
    yield Check("direction", shipment.life.direction, "outbound", None, not shipment.is_return)
    flags, reason = shipment.life.flags, shipment.life.reason
    yield Check("flags", list(flags), "not lost", None, "lost" not in flags)
    visits = len(_visits(stays(shipment.shipment.scans)))
    holds = visits > 1 or reason == "missort"
    yield Check("visits_or_reason", f"{visits} visits, {reason}", "2 visits or missort", None, holds)


def _visits(been: list[Seen]) -> list[Seen]:
    """The stays at the place where it is now."""
    return [stay for stay in been if city(stay) == city(been[-1])]


def _is_near(shipment: Situation, here: Seen) -> bool:
    """Whether this is the destination's region: what goes to a neighbour goes to the hub and back to its own town."""
    destination = shipment.order.destination if shipment.order else None
    return destination is not None and destination.region in (here.place or "").split(", ")
