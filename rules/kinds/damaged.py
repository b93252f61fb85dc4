"""A carrier, or a customer, says that the parcel is damaged, destroyed or seized."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding
from rules.policy import Policy
from rules.situation import Situation


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire at once; no later scan mends a parcel, so a person ends what a carrier said, and a ticket's end its own."""
    at, tickets = shipment.life.damaged_at, _tickets(shipment)
    if at is None and not tickets:
        return None
    evidence = [Evidence("ticket_about_damage", ticket) for ticket in tickets]
    if at is not None:
        evidence = [Evidence("damage_reported_at", at), Evidence("reason", shipment.life.reason), *evidence]
    return Finding(tuple(evidence), "carrier" if at else "customer", since=at)


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """A scan that says so, or a ticket about a delivered parcel."""
    at, tickets = shipment.life.damaged_at, list(_tickets(shipment))
    yield Check(
        "damage_reported", at or tickets or None, "by a scan or a ticket", None, at is not None or bool(tickets)
    )


def _tickets(shipment: Situation) -> tuple[str, ...]:
    # Nobody can have seen damage to what has not arrived: then the ticket means another parcel of the order.
    return shipment.tickets_about("damaged") if shipment.life.state == "delivered" else ()
