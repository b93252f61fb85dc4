"""Much money was delivered, and no scan tells of a signature, a photo or another proof."""

from collections.abc import Iterator
from datetime import datetime

from rules.deliveries import proof
from rules.finding import Check, Evidence, Finding, held_against
from rules.policy import Policy
from rules.situation import Situation


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire on delivery, until a scan tells of a proof."""
    value, limit = shipment.value, policy.limit("review.value_limit")
    if value is None or value <= limit.value or shipment.is_return or proof(shipment) is not None:
        return None
    delivered = shipment.life.delivered_at
    told = (held_against("value", str(value), limit), Evidence("delivered_at", delivered))
    return Finding((*told, Evidence("proof_of_delivery", "none told")), since=delivered)


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """Value over the limit, and no proof."""
    value, limit = shipment.value, policy.limit("review.value_limit")
    over = value is not None and value > limit.value
    yield Check("value", str(value) if value is not None else None, limit.value, limit.path, over)
    found = proof(shipment)
    told = (found.text or found.code) if found else None
    yield Check("proof_of_delivery", told, "none told", None, found is None)
    yield Check("direction", shipment.life.direction, "outbound", None, not shipment.is_return)
