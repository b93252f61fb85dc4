"""The recipient refused the parcel."""

from datetime import datetime

from rules.finding import Evidence, Finding
from rules.policy import Policy
from rules.situation import Situation

_OVER = frozenset(("delivered", "returned", "damaged"))


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire at once, until the parcel goes out again or turns back."""
    life = shipment.life
    if "refused" not in life.flags or "returning" in life.flags or life.state in _OVER or shipment.is_return:
        return None
    refused = Evidence("refused_at", life.refused_at or life.state_at)
    return Finding((refused, Evidence("reason", life.reason)), since=life.refused_at or life.state_at)
