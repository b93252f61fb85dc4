"""What was known of the subject: its state and the scan behind it, its order and promise, tickets, feed, incident."""

from datetime import datetime
from typing import Any

from rules.classes import class_of_state
from rules.explaining.view import View, event_of
from rules.state import Seen
from schemas.explanation import (
    FeedTold,
    IncidentTold,
    OrderTold,
    PromiseTold,
    ScanTold,
    StateTold,
    TicketTold,
    Told,
)
from schemas.words import SHIPMENT_UPDATES


def state_told(view: View) -> StateTold | None:
    """Of a shipment: its state and how it came to it."""
    if view.shipment.subject != "shipment":
        return None
    life, scans = view.shipment.life, view.shipment.scans
    return StateTold(
        state=life.state,
        previous_state=life.previous_state,
        since=life.state_at,
        reason=life.reason,
        flags=list(life.flags),
        direction=life.direction,
        class_=class_of_state(view.situation),
        attempts=view.situation.attempts,
        contradictions=[one.name for one in life.contradictions],
        scans=len(scans),
        unmapped=sum(not scan.mapped for scan in scans),
        moved_at=life.moved_at,
        estimated_delivery_at=life.estimated_at,
        scan=_scan_told(view),
    )


def _scan_told(view: View) -> ScanTold | None:
    """The scan at which the state was last entered: the last one of its time that says a state of its table."""
    life = view.shipment.life
    there = [one for one in view.shipment.scans if one.at == life.state_at and one.state is not None]
    seen = next((one for one in reversed(there) if one.version == life.state_version), None)
    if seen is None:
        return None
    told = view.heard.scans.get(seen.id)
    return ScanTold(
        code=seen.code,
        description=seen.text,
        state=seen.state,
        reason=seen.reason,
        raw_time=told.raw_time if told else None,
        occurred_at=seen.occurred_at,
        heard_at=seen.heard,
        time_quality=seen.quality,
        place=seen.place,
        table=seen.version.rpartition("-")[0] if seen.version else None,
        mapping_version=seen.version,
        event=_event_of_scan(view, seen),
    )


def _event_of_scan(view: View, seen: Seen) -> Told | None:
    said = (seen.code, seen.text, seen.state)
    events = [value for topic, value in view.heard.events if topic == SHIPMENT_UPDATES]
    same = [one for one in events if (one["code"], one["description"], one["scan_state"]) == said]
    exact = [one for one in same if _at(one) == seen.happened]
    return event_of(SHIPMENT_UPDATES, exact[-1]) if exact else None


def order_told(view: View) -> OrderTold | None:
    """The order, with what of it weighs in decisions."""
    order, shipment = view.shipment.order, view.shipment
    if order is None:
        return None
    customer, place = order.customer, order.destination
    return OrderTold(
        order_id=order.order_id,
        linked_by=shipment.linked_by,
        customer_id=order.customer_id,
        storefront=order.storefront,
        channel=order.channel,
        tier=customer.tier if customer else None,
        value=f"{order.value.amount} {order.value.currency}" if order.value else None,
        service_level=view.situation.service_level,
        needed_by=order.needed_by,
        replacement_for=order.replacement_for,
        country=place.country if place else None,
        region=place.region if place else None,
        cancelled_at=order.cancelled_at,
        parcels=[parcel.shipment_id for parcel in order.shipments],
        delivered_parcels=sorted(shipment.siblings),
    )


def promise_told(view: View) -> PromiseTold | None:
    """The promise, where its end is and from what its zone is known."""
    order, end = view.shipment.order, view.situation.promise_end
    if order is None or order.promise_date is None:
        return None
    zone, basis = view.situation.zone
    return PromiseTold(
        date=order.promise_date,
        ends_at=end,
        zone=zone.key,
        basis=basis,
        passed=end is not None and end <= view.now,
    )


def tickets_told(view: View) -> list[TicketTold]:
    """Every ticket, open or not."""
    return [
        TicketTold(
            ticket_id=name,
            open=ticket.is_open,
            intents=list(ticket.intents),
            names_it=ticket.names_it,
            opened_at=ticket.opened_at,
            customer_at=ticket.customer_at,
            agent_at=ticket.agent_at,
            closed_at=ticket.closed_at,
        )
        for name, ticket in view.shipment.tickets.items()
    ]


def feed_told(view: View) -> FeedTold | None:
    """The carrier's feed."""
    carrier = view.shipment.carrier
    feed = view.heard.feeds.carriers.get(carrier)
    if feed is None:
        return None
    silent = feed.silence.start if feed.silence else None
    return FeedTold(carrier=carrier, heard_at=feed.heard_at, parcels_in_flight=feed.in_flight, silent_from=silent)


def incident_told(view: View) -> IncidentTold | None:
    """The incident it is part of, or is."""
    one = view.shipment.incident
    return None if one is None else IncidentTold(incident_id=one.incident_id, place=one.place, since=one.since)


def _at(value: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(value["occurred_at"])
