"""Since when a parcel has been where it is now: repeated scans of one trouble do not begin it anew."""

from collections.abc import Callable
from datetime import datetime

from rules.finding import Check
from rules.policy import Limit
from rules.retractions import standing
from rules.situation import Situation
from rules.state import Seen

_BEGINNINGS = ("label_created", "picked_up")
_CUSTOMS = ("customs_hold", "customs_processing", "documentation", "customs_cleared")


def began(shipment: Situation, fits: Callable[[Seen], bool]) -> datetime | None:
    """When the run of scans at the end of the history that fit began.

    Scans that say nothing of the state, and beginnings told late, do not end the run; without one it is the state's.
    """
    at = shipment.life.state_at
    for scan in reversed(standing(shipment.shipment.scans)):
        if scan.state is None or scan.state in _BEGINNINGS:
            continue
        if not fits(scan):
            break
        at = scan.at
    return at


def began_by_reason(shipment: Situation, *reasons: str) -> datetime | None:
    """The same for scans of these reasons."""
    return began(shipment, lambda scan: scan.reason in reasons)


def is_in_customs(shipment: Situation) -> bool:
    """Whether the last word about customs was not that it is cleared."""
    for scan in reversed(standing(shipment.shipment.scans)):
        if scan.reason in _CUSTOMS:
            return scan.reason != "customs_cleared"
    return False


def lasted(shipment: Situation, fact: str, start: datetime | None, limit: Limit, now: datetime) -> Check:
    """The condition that so much business time has passed since `start`; it holds not while the feed is silent."""
    reached = shipment.reached(start, limit.value) if start is not None else None
    passed = shipment.elapsed(start, now) if start is not None else None
    return Check(fact, passed, limit.value, limit.path, reached is not None and now >= reached)
