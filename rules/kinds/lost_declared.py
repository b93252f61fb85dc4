"""The carrier says that the parcel is lost."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding
from rules.policy import Policy
from rules.situation import Situation


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire at once, until a later scan says where it is; a return that is lost is money too."""
    life = shipment.life
    if "lost" not in life.flags:
        return None
    return Finding((Evidence("declared_lost_at", life.state_at), Evidence("reason", life.reason)), since=life.state_at)


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """The latest word of the carrier is that it is lost."""
    flags = shipment.life.flags
    yield Check("flags", list(flags), "lost", None, "lost" in flags)
