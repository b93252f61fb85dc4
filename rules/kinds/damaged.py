"""A carrier says that the parcel is damaged, destroyed or seized."""

from datetime import datetime

from rules.finding import Evidence, Finding
from rules.policy import Policy
from rules.situation import Situation


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire at once, and stay: no later scan mends a parcel, so a person ends it."""
    at = shipment.life.damaged_at
    if at is None:
        return None
    reported = Evidence("damage_reported_at", at)
    return Finding((reported, Evidence("reason", shipment.life.reason)), since=at)
