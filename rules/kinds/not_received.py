"""The carrier says delivered, and the customer says no."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding, held_against
from rules.policy import Policy
from rules.situation import Situation


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire while a ticket that says so is open; where little is at stake, a decision waits for it to turn up."""
    tickets = shipment.tickets_about("not_received")
    if not tickets or shipment.is_return:
        return None
    evidence = [Evidence("ticket_about_missing_parcel", ticket) for ticket in tickets]
    evidence.append(Evidence("delivered_at", shipment.life.delivered_at))
    if shipment.value is not None:
        evidence.append(held_against("value", str(shipment.value), policy.limit("review.value_limit")))
    since = _claimed_at(shipment)
    if _is_over_limit(shipment, policy):
        return Finding(tuple(evidence), "over_limit", since=since)
    end, hold = _hold_end(shipment, policy), policy.limit("not_received.hold")
    if since is None or end is None:
        return Finding(tuple(evidence), "decide", since=since)
    held = held_against("decision_held_for", shipment.calendar.between(since, now), hold)
    return Finding((*evidence, held), "hold" if now < end else "decide", since=since, due_by=end)


def due(shipment: Situation, now: datetime, policy: Policy) -> datetime | None:
    """When the decision need not wait any longer."""
    end = _hold_end(shipment, policy)
    return end if end is not None and end > now and not _is_over_limit(shipment, policy) else None


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """An open ticket with that intent, which names this order or number."""
    tickets = list(shipment.tickets_about("not_received"))
    yield Check("tickets_about_missing_parcel", tickets, "at least one", None, bool(tickets))
    yield Check("direction", shipment.life.direction, "outbound", None, not shipment.is_return)


def _is_over_limit(shipment: Situation, policy: Policy) -> bool:
    return shipment.value is not None and bool(shipment.value > policy.value("review.value_limit"))


def _claimed_at(shipment: Situation) -> datetime | None:
    tickets = [shipment.shipment.tickets[name] for name in shipment.tickets_about("not_received")]
    return min((at for one in tickets if (at := one.opened_at or one.customer_at)), default=None)


def _hold_end(shipment: Situation, policy: Policy) -> datetime | None:
    start = _claimed_at(shipment)
    return None if start is None else shipment.calendar.after(start, policy.value("not_received.hold"))
