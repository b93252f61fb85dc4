"""The parcel is back at the sender."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding
from rules.policy import Policy
from rules.situation import Situation


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire on arrival; somebody has to inspect it and end the case."""
    life = shipment.life
    if life.state != "returned" or "returning" in life.flags or shipment.is_return:
        return None
    return Finding((Evidence("back_at", life.state_at), Evidence("reason", life.reason)), since=life.state_at)


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """Back, not on its way, and not sent as a return."""
    flags = list(shipment.life.flags)
    yield Check("flags", flags, "not returning", None, "returning" not in flags)
    yield Check("direction", shipment.life.direction, "outbound", None, not shipment.is_return)
