"""Puts facts of others into the state: its order's other parcels, an incident at its place, its carrier's feed."""

from datetime import datetime, timedelta

from rules.emission import Draft
from rules.state import Hearsay, Shipment, Standstill
from schemas.facts import FeedFact, IncidentFact, SiblingFact

_REMEMBERED = 20
_HOUR = timedelta(hours=1)
ON_ITS_WAY = timedelta(hours=6)
"""No clock of the tracker is farther ahead of another, and a parcel that comes alone is allowed far more."""


def take_sibling(shipment: Shipment, fact: SiblingFact) -> bool:
    """Another parcel of the order tells that it was delivered, or that it is so no more; whether that is news.

    It counts only from a later hour on, so that it does not matter how fast it went from parcel to parcel.
    """
    if _last_told(shipment, fact.sibling) == fact.delivered_at:
        return False
    # To the full hour, so that a minute more or less on its way changes nothing.
    counts = (fact.now + ON_ITS_WAY + _HOUR).replace(minute=0, second=0, microsecond=0)
    news = Hearsay(counts, fact.now, fact.sibling, fact.delivered_at)
    shipment.hearsay = tuple(sorted((*shipment.hearsay, news), key=_turn))
    return True


def let_count(shipment: Shipment, now: datetime) -> bool:
    """Put into the state what other parcels have told and whose hour has come by `now`; whether there was any."""
    due = [news for news in shipment.hearsay if news.counts <= now]
    if not due:
        return False
    siblings = dict(shipment.siblings)
    for news in due:
        shipment.siblings_from = max(news.counts, shipment.siblings_from or news.counts)
        if news.delivered_at is None:
            siblings.pop(news.sibling, None)
        else:
            siblings[news.sibling] = news.delivered_at
    shipment.siblings, shipment.hearsay = siblings, shipment.hearsay[len(due) :]
    return True


def next_hearsay(shipment: Shipment) -> datetime | None:
    """When something that others have told begins to count."""
    return shipment.hearsay[0].counts if shipment.hearsay else None


def _turn(news: Hearsay) -> tuple[datetime, datetime, str]:
    return news.counts, news.told, news.sibling


def _last_told(shipment: Shipment, sibling: str) -> datetime | None:
    """What is known from a sibling itself, whether it counts yet or not."""
    waiting = [news for news in shipment.hearsay if news.sibling == sibling]
    return waiting[-1].delivered_at if waiting else shipment.siblings.get(sibling)


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
