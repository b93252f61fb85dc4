"""The parcel was sorted wrongly, or has come back to a place that it had left."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding
from rules.policy import Policy
from rules.retractions import standing, two_feeds
from rules.situation import Situation
from rules.state import Seen

_NO_CLOCK = frozenset(("date_only", "placeholder", "missing"))
_LAST_MILE = frozenset(("out_for_delivery", "attempted", "delivered", "returned"))


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire at once, until it goes to a place where it has not been, or out for delivery."""
    life, stays = shipment.life, _stays(shipment)
    if shipment.is_return or "lost" in life.flags:
        return None
    here = stays[-1] if stays else None
    visits = [stay for stay in stays if here is not None and _city(stay) == _city(here)]
    if here is not None and len(visits) > 1:
        # What goes to a neighbour goes to the hub and back to its own town: the customer hears nothing of that.
        region = shipment.order.destination.region if shipment.order and shipment.order.destination else None
        near = stays[0] is visits[0] and region is not None and region in (here.place or "").split(", ")
        evidence = Evidence("back_at", here.place, "each place once"), Evidence("visits", len(visits))
        return Finding(evidence, "near" if near else "loop", f"{len(visits)} visits", since=here.happened)
    missorted = Evidence("reason", life.reason)
    return Finding((missorted,), "missort", since=life.state_at) if life.reason == "missort" else None


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """Outbound, not lost, and either missorted or at a place for the second time."""
    out = not shipment.is_return and "lost" not in shipment.life.flags
    yield Check("outbound_and_not_lost", out, True, None, out)
    cities = [_city(stay) for stay in _stays(shipment)]
    visits = cities.count(cities[-1]) if cities else 0
    reason = shipment.life.reason
    holds = visits > 1 or reason == "missort"
    yield Check("visits_or_reason", f"{visits} visits, {reason}", "2 visits or missort", None, holds)


def _stays(shipment: Situation) -> list[Seen]:
    """The first scan of each stay since the last delivery round, as the feed tells them that spoke last."""
    stays: list[Seen] = []
    for scan in reversed(standing(shipment.shipment.scans)):
        if scan.state in _LAST_MILE:
            break
        if scan.state in ("in_transit", "delayed") and _city(scan) and scan.quality not in _NO_CLOCK:
            if stays and _city(stays[-1]) == _city(scan):
                stays[-1] = scan
            elif not stays or not two_feeds(stays[0].version, scan.version):
                stays.append(scan)
    return stays[::-1]


def _city(scan: Seen) -> str | None:
    return None if scan.place == scan.country else (scan.place or "").partition(",")[0].casefold() or None
