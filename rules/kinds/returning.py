"""The parcel is on its way back to the sender."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding
from rules.policy import Policy
from rules.situation import Situation


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire at once, until it is back; a return that was sent as one is no exception."""
    life = shipment.life
    if "returning" not in life.flags or shipment.is_return:
        return None
    turned = Evidence("turned_back_at", life.returning_at)
    return Finding((turned, Evidence("reason", life.reason)), since=life.returning_at)


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """On its way back, though it was not sent as a return."""
    flags = list(shipment.life.flags)
    yield Check("flags", flags, "returning", None, "returning" in flags)
    yield Check("direction", shipment.life.direction, "outbound", None, not shipment.is_return)
