"""The first delivery attempt failed."""

from datetime import datetime

from rules.finding import Evidence, Finding
from rules.policy import Policy
from rules.situation import Situation

_OVER = frozenset(("delivered", "returned", "damaged"))
_SUPERSEDED = frozenset(("pickup_ready", "returning", "refused", "back_at_sender"))


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire at the first failed attempt, until the parcel goes out again, arrives, waits at a counter or turns back."""
    life = shipment.life
    if not is_open(shipment):
        return None
    if life.final_attempt or shipment.attempts >= policy.value("attempts.exhausting_from"):
        return None
    return Finding((Evidence("attempts", shipment.attempts), Evidence("reason", life.reason)), since=life.attempts[-1])


def is_open(shipment: Situation) -> bool:
    """Whether the last failed attempt still stands."""
    life = shipment.life
    if not life.attempts or life.state in _OVER or not _SUPERSEDED.isdisjoint(life.flags):
        return False
    return life.out_at is None or life.out_at <= life.attempts[-1]
