"""Many parcels stand still at one place, far more than usual: one trouble, not many."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding, held_against
from rules.policy import Limit, Policy
from rules.situation import Situation

STEPS = (20, 50, 100, 200, 500, 1000, 2000, 5000)
"""Affected parcels at which it is told of anew."""


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire from the moment it is found until most of the parcels have moved on."""
    incident = shipment.shipment.incident
    if incident is None:
        return None
    affected = held_against("parcels_standing_still", incident.affected, policy.limit("incident.least"))
    share = held_against("share_of_arrivals", incident.share, _limit(incident.usual, policy))
    reached = sum(incident.affected >= step for step in STEPS)
    return Finding((affected, share, Evidence("place", incident.place)), mark=f"step {reached}", since=incident.since)


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """Enough parcels, and several times the usual share."""
    incident, least = shipment.shipment.incident, policy.limit("incident.least")
    affected = incident.affected if incident else 0
    yield Check("parcels_standing_still", affected, least.value, least.path, affected > 0)
    limit = _limit(incident.usual if incident else 0.0, policy)
    yield Check("share_of_arrivals", incident.share if incident else 0, limit.value, limit.path, incident is not None)


def _limit(usual: float, policy: Policy) -> Limit:
    times = policy.limit("incident.times_usual")
    return Limit(round(times.value * usual, 4), f"{times.path} x usual share {usual:g}")
