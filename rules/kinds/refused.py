"""The recipient refused the parcel."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding
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


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """Refused, and neither under way again nor on its way back."""
    flags, state = list(shipment.life.flags), shipment.life.state
    yield Check("flags", flags, "refused", None, "refused" in flags)
    yield Check("flags", flags, "not returning", None, "returning" not in flags)
    yield Check("state", state, f"not {', '.join(sorted(_OVER))}", None, state not in _OVER)
    yield Check("direction", shipment.life.direction, "outbound", None, not shipment.is_return)
