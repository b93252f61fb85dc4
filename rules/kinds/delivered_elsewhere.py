"""Delivered to somebody or somewhere else than the customer's own door."""

from collections.abc import Iterator
from datetime import datetime

from rules.deliveries import handed_to
from rules.finding import Check, Evidence, Finding, held_against
from rules.policy import Policy
from rules.situation import Situation


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire at once, until the customer has had time to ask."""
    delivered, until = shipment.life.delivered_at, policy.limit("delivered_elsewhere.until")
    if delivered is None or shipment.is_return or now >= delivered + until.value:
        return None
    if (told := handed_to(shipment)) is None:
        return None
    word, scan = told
    evidence = (Evidence("handed_to", word), Evidence("told_as", scan.text or scan.code or scan.reason))
    asked = held_against("time_to_ask", now - delivered, until)
    return Finding((*evidence, asked), mark=word, since=scan.happened)


def due(shipment: Situation, now: datetime, policy: Policy) -> datetime | None:
    """When nobody is expected to ask any more."""
    delivered = shipment.life.delivered_at
    end = None if delivered is None else delivered + policy.value("delivered_elsewhere.until")
    return end if end is not None and end > now and handed_to(shipment) is not None else None


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """A scan that says who has it, lately."""
    told, delivered = handed_to(shipment), shipment.life.delivered_at
    yield Check("handed_to", told[0] if told else None, "not the customer", None, told is not None)
    yield Check("direction", shipment.life.direction, "outbound", None, not shipment.is_return)
    until, passed = policy.limit("delivered_elsewhere.until"), now - delivered if delivered else None
    yield Check("time_to_ask", passed, until.value, until.path, passed is not None and passed < until.value)
