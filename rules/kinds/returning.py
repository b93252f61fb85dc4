"""The parcel is on its way back to the sender."""

from datetime import datetime

from rules.finding import Evidence, Finding
from rules.policy import Policy
from rules.situation import Situation


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire at once, until it is back; a return that was sent as one is no exception."""
    life = shipment.life
    if "returning" not in life.flags or shipment.is_return:
        return None
    turned = Evidence("turned_back_at", life.returning_at)
    return Finding((turned, Evidence("reason", life.reason)), since=life.returning_at)
