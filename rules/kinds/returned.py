"""The parcel is back at the sender."""

from datetime import datetime

from rules.finding import Evidence, Finding
from rules.policy import Policy
from rules.situation import Situation


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire on arrival; somebody has to inspect it and end the case."""
    life = shipment.life
    if life.state != "returned" or "returning" in life.flags or shipment.is_return:
        return None
    return Finding((Evidence("back_at", life.state_at), Evidence("reason", life.reason)), since=life.state_at)
