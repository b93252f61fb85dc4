"""Puts facts of others into the state: its order's other parcels, an incident at its place, its carrier's feed."""

from datetime import timedelta

from rules.emission import Draft
from rules.state import Standstill
from schemas.facts import FeedFact, IncidentFact, SiblingFact

_REMEMBERED = 20
_HOUR = timedelta(hours=1)
ON_ITS_WAY = timedelta(hours=6)
"""No clock of the tracker is farther ahead of another, and a parcel that comes alone is allowed far more."""


def take_sibling(draft: Draft, fact: SiblingFact) -> bool:
    """Another parcel of the order was delivered, or is so no more.

    Nothing follows from it for some hours, so that it does not matter how fast it went from parcel to parcel.
    """
    shipment, siblings = draft.shipment, draft.shipment.siblings
    if siblings.get(fact.sibling) == fact.delivered_at:
        return False
    # To the full hour, so that a minute more or less on its way changes nothing.
    counts = (fact.now + ON_ITS_WAY + _HOUR).replace(minute=0, second=0, microsecond=0)
    shipment.siblings_from = counts if shipment.siblings_from is None else max(counts, shipment.siblings_from)
    shipment.last_received_at = draft.before.last_received_at
    if fact.delivered_at is None:
        del siblings[fact.sibling]
    else:
        siblings[fact.sibling] = fact.delivered_at
    return True


def take_incident(draft: Draft, fact: IncidentFact) -> bool:
    """The parcel becomes part of an incident, or the incident itself begins, grows or ends."""
    shipment, known = draft.shipment, draft.shipment.incident
    if fact.ended:
        if known is None or known.incident_id != fact.incident_id:
            return False
        shipment.incident = None
        return True
    new = Standstill(fact.incident_id, fact.place, fact.since, fact.affected, fact.share, fact.usual)
    if new == known:
        return False
    if known is None or known.incident_id != new.incident_id:
        shipment.incidents += 1
    shipment.incident = new
    return True


def take_feed(draft: Draft, fact: FeedFact) -> bool:
    """A carrier's feed fell silent or is heard again: what is known of it stands in the draft's feeds."""
    shipment = draft.shipment
    if fact.fact_id in shipment.actions:
        return False
    shipment.actions = [*shipment.actions, fact.fact_id][-_REMEMBERED:]
    return True
