"""What came after the moment of the question, and whether knowing it then would have changed the answer."""

from datetime import datetime

from msgspec.structs import replace

from rules.engine import decide
from rules.explaining.view import View, view_of
from schemas.explanation import Later
from schemas.facts import ActionFact, Fact, OrderFact, ScansFact, SiblingFact, TicketFact


def later(view: View) -> Later | None:
    """Facts that were heard only later: how many, how many of them had happened by then, and what those would change.

    Those that had happened are told to the subject as if they had been heard at the moment.
    """
    facts = view.heard.later
    if not facts:
        return None
    shipment, before = view.shipment, 0
    for fact in facts:
        known_by_then = happened_by(fact, view.now)
        if known_by_then is None:
            continue
        told = replace(known_by_then, now=view.now, received_at=view.now)
        decision = decide(shipment, told, view.now, view.book, view.heard.feeds)
        before += not decision.duplicate
        shipment = decision.shipment
    differences = _differences(view, view_of(view.heard, shipment, view.book)) if before else []
    return Later(
        facts=len(facts),
        first_received_at=min(fact.now for fact in facts),
        happened_before=before,
        would_change=bool(differences),
        differences=differences,
    )


def happened_by(fact: Fact, moment: datetime) -> Fact | None:
    """As much of a fact as had happened by a moment; None where nothing of it had."""
    if isinstance(fact, ScansFact):
        places = [n for n, scan in enumerate(fact.scans) if scan.occurred_at and scan.occurred_at <= moment]
        ids = tuple(fact.ids[n] for n in places) if fact.ids else ()
        return replace(fact, scans=tuple(fact.scans[n] for n in places), ids=ids) if places else None
    at = _happened_at(fact)
    return fact if at is not None and at <= moment else None


def _happened_at(fact: Fact) -> datetime | None:
    """When it happened; of feeds and incidents, which are found and not told, never before they are found."""
    if isinstance(fact, OrderFact):
        return fact.order.at
    if isinstance(fact, TicketFact):
        return fact.ticket.at
    if isinstance(fact, ActionFact):
        return fact.action.at
    return fact.delivered_at if isinstance(fact, SiblingFact) else None


def _differences(then: View, knowing: View) -> list[str]:
    old, new = then.shipment.life, knowing.shipment.life
    told = [f"state: {new.state} instead of {old.state}"] if new.state != old.state else []
    if set(new.flags) != set(old.flags):
        told.append(f"flags: {', '.join(new.flags) or 'none'} instead of {', '.join(old.flags) or 'none'}")
    if then.situation.promise_end != knowing.situation.promise_end:
        told.append("the promise would end at another time")
    if then.situation.open_tickets != knowing.situation.open_tickets:
        told.append("other tickets would be open")
    # The lens of shadows sees every kind that is not off.
    fired, fires = then.shadow.found, knowing.shadow.found
    told += [f"{kind} would fire" for kind in fires if kind not in fired]
    return told + [f"{kind} would not fire" for kind in fired if kind not in fires]
