"""Customs keeps the parcel: for documents, for duties, or for longer than clearance usually takes."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding, held_against
from rules.policy import Limit, Policy
from rules.situation import Situation
from rules.spells import began_by_reason, is_in_customs, lasted

_HELD = ("customs_hold", "customs_processing")
_REASONS = (*_HELD, "documentation", "payment_due")


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire at once where documents or duties are missing, else when business time in customs reaches the limit."""
    stage = _stage(shipment)
    if stage is None:
        return None
    reason = Evidence("reason", shipment.life.reason)
    if stage != "held":
        return Finding((reason,), stage, since=began_by_reason(shipment, shipment.life.reason or ""))
    start, limit = began_by_reason(shipment, *_REASONS), _limit(shipment, policy)
    reached = shipment.reached(start, limit.value) if start is not None else None
    if start is None or reached is None or now < reached:
        return None
    told = held_against("time_in_customs", shipment.elapsed(start, now), limit)
    return Finding((told, reason), stage, since=reached, by_clock=True)


def due(shipment: Situation, now: datetime, policy: Policy) -> datetime | None:
    """When the limit is reached."""
    start = began_by_reason(shipment, *_REASONS) if _stage(shipment) == "held" else None
    reached = shipment.reached(start, _limit(shipment, policy).value) if start is not None else None
    return reached if reached is not None and reached > now else None


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """In customs, and either something is missing or the limit is reached."""
    stage, limit = _stage(shipment), _limit(shipment, policy)
    yield Check("reason", shipment.life.reason, sorted(_REASONS), None, stage is not None)
    if stage in ("documents", "duties"):
        yield Check("missing", stage, "documents or duties", None, holds=True)
    else:
        yield lasted(shipment, "time_in_customs", began_by_reason(shipment, *_REASONS) if stage else None, limit, now)


def _stage(shipment: Situation) -> str | None:
    reason = shipment.life.reason
    if reason not in _REASONS or shipment.is_return:
        return None
    if reason == "payment_due":
        return "duties" if is_in_customs(shipment) else None
    return "documents" if reason == "documentation" else "held"


def _limit(shipment: Situation, policy: Policy) -> Limit:
    return shipment.threshold(policy.limit("customs_hold.after"))
