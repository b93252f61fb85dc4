"""The carrier does not know the number that the order or the label gave."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding, held_against
from rules.policy import Limit, Policy
from rules.situation import Situation
from rules.spells import lasted

_UNKNOWN_TO_IT = frozenset(("no_info", "invalid_number"))


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire so long after shipping, where the carrier has said nothing of the number, or that it is none."""
    start, limit = _shipped_at(shipment) if _is_unknown(shipment) else None, _limit(shipment)
    reached = shipment.reached(start, limit.value) if start is not None else None
    if start is None or reached is None or now < reached:
        return None
    said = Evidence("carrier_says", _said(shipment) or "nothing")
    return Finding((held_against("time_since_shipping", shipment.elapsed(start, now), limit), said), since=reached)


def due(shipment: Situation, now: datetime, policy: Policy) -> datetime | None:
    """The moment of `detect`."""
    start = _shipped_at(shipment) if _is_unknown(shipment) else None
    reached = shipment.reached(start, _limit(shipment).value) if start is not None else None
    return reached if reached is not None and reached > now else None


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """Shipped, outbound, unknown to the carrier, for longer than the limit."""
    yield Check("carrier_says", _said(shipment) or "nothing", "no_info or invalid_number", None, _is_unknown(shipment))
    yield lasted(shipment, "time_since_shipping", _shipped_at(shipment), _limit(shipment), now)


def _said(shipment: Situation) -> str | None:
    scans = shipment.shipment.scans
    return (scans[-1].reason or scans[-1].code) if scans else None


def _is_unknown(shipment: Situation) -> bool:
    """Whether it was never heard of, or the latest word is that there is no such number."""
    scans, expected = shipment.shipment.scans, not shipment.is_return and not shipment.is_cancelled
    nothing = all(scan.state is None and scan.mapped and scan.reason in _UNKNOWN_TO_IT for scan in scans)
    return expected and (nothing or (shipment.life.possessed_at is None and scans[-1].reason == "invalid_number"))


def _shipped_at(shipment: Situation) -> datetime | None:
    parcel, order = shipment.shipment.parcel, shipment.order
    given = parcel.shipped_at if parcel else None
    return given or (order.fulfilled_at if order else None) or shipment.life.labelled_at


def _limit(shipment: Situation) -> Limit:
    return shipment.threshold(shipment.policy.limit("invalid_tracking.after"))
