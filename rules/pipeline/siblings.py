"""What parcels of one order tell each other."""

from collections.abc import Iterator
from datetime import datetime

from rules.state import Shipment
from schemas.codec import digest
from schemas.facts import Fact, SiblingFact, base_id


def tell_siblings(before: Shipment | None, after: Shipment, fact: Fact) -> Iterator[SiblingFact]:
    """Tell the other parcels of the order that this one was delivered, or that the carrier took that back."""
    if after.order is None or after.subject != "shipment" or len(after.order.shipments) < 2:
        return
    known = _delivery(before), _parcels(before)
    delivered_at, parcels = _delivery(after), _parcels(after)
    if known == (delivered_at, parcels) or (delivered_at is None and known[0] is None):
        return
    own = base_id(after.shipment_id)
    for name in parcels:
        if name != own:
            yield SiblingFact(
                fact_id=digest("sibling", own, name, delivered_at),
                shipment_id=name,
                received_at=fact.received_at,
                now=after.clock or fact.now,
                source=fact.source,
                topic=fact.topic,
                position=fact.position,
                imported=fact.imported,
                trace=fact.trace,
                sibling=own,
                delivered_at=delivered_at,
            )


def _delivery(shipment: Shipment | None) -> datetime | None:
    arrived = shipment is not None and shipment.life.state == "delivered"
    return shipment.life.state_at if shipment is not None and arrived else None


def _parcels(shipment: Shipment | None) -> tuple[str, ...]:
    if shipment is None or shipment.order is None:
        return ()
    return tuple(one.shipment_id for one in shipment.order.outbound)
