"""The first delivery attempt failed."""

from datetime import datetime

from rules.finding import Evidence, Finding
from rules.policy import Policy
from rules.situation import Situation

OVER = frozenset(("delivered", "returned", "damaged"))
SUPERSEDED = frozenset(("pickup_ready", "returning", "refused", "back_at_sender"))


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire at the first failed attempt, until the parcel arrives, waits at a counter or turns back."""
    life = shipment.life
    if not life.attempts or life.state in OVER or not SUPERSEDED.isdisjoint(life.flags):
        return None
    if life.final_attempt or shipment.attempts >= policy.value("attempts.exhausting_from"):
        return None
    return Finding((Evidence("attempts", shipment.attempts), Evidence("reason", life.reason)), since=life.attempts[-1])
