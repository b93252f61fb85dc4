"""Somebody has to pay before the parcel is handed over: cash on delivery, duties or charges."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding
from rules.policy import Policy
from rules.situation import Situation
from rules.spells import began_by_reason, is_in_customs


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire at once, until the parcel moves on or arrives."""
    life = shipment.life
    if life.reason != "payment_due" or shipment.is_return:
        return None
    owed = Evidence("owed_for", "duties" if is_in_customs(shipment) else "charges or cash on delivery")
    return Finding((Evidence("reason", life.reason), owed), since=began_by_reason(shipment, "payment_due"))


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """The reason, on the way out."""
    reason = shipment.life.reason
    yield Check("reason", reason, "payment_due", None, reason == "payment_due")
    yield Check("direction", shipment.life.direction, "outbound", None, not shipment.is_return)
