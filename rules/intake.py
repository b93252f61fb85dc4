"""Puts facts into the state: scans in their place, the later order, tickets merged. Same facts, same state."""

from datetime import datetime
from typing import Final

from msgspec.structs import replace

from rules.emission import Draft
from rules.history import MOST_SCANS, each_once, inserted, merged, seen_scans, twin_of
from rules.lifecycle import advanced, fold
from rules.messages import note_milestone
from rules.state import Lifecycle, Seen, Ticket
from rules.updates import emit_moved, emit_update
from schemas.codec import dumps
from schemas.facts import Fact, OrderFact, Scan, ScansFact, TicketChange, TicketFact

MOST_TICKETS: Final = 100


def take_scans(draft: Draft, fact: ScansFact) -> bool:
    """Take in the scans that are new, and tell of each in order of occurrence."""
    told = each_once(seen_scans(fact))
    known = {seen.id for seen in draft.shipment.scans}
    again = [pair for pair in told if pair[1].id in known]
    changed = bool(again) and _take_again(draft, again)
    refused: list[str] = []
    for scan, seen in told:
        if seen.id in known and twin_of(draft.shipment.scans, seen) is not None:
            continue
        if len(draft.shipment.scans) >= MOST_SCANS:
            refused.append(scan.code or scan.state or "no code")
        else:
            _take_new(draft, scan, seen)
            changed = True
    if refused:
        message = f"the shipment already holds {MOST_SCANS} scans: look for a loop at the sender; not applied are"
        draft.refuse(f"{message} {len(refused)} scans", "too_large", dumps(refused).decode())
    return changed


def _take_new(draft: Draft, scan: Scan, seen: Seen) -> None:
    shipment, before = draft.shipment, draft.shipment.life
    at_the_end = inserted(shipment.scans, seen)
    if at_the_end and seen.reason != "retraction":
        shipment.life = advanced(before, seen)
    else:
        shipment.life = _folded(draft)
    draft.touch()
    shipment.last_update_id = emit_update(draft, scan, seen, before)
    note_milestone(draft, seen, before)


def _take_again(draft: Draft, told: list[tuple[Scan, Seen]]) -> bool:
    """Scans heard before: they may know their place better now, or be mapped at last; whether that is so of any.

    All of them find their places before the state is looked at: half a list in new places means nothing.
    """
    scans, before = draft.shipment.scans, draft.shipment.life
    news: list[tuple[Scan, Seen, bool]] = []
    for scan, seen in told:
        old = twin_of(scans, seen)
        both = merged(old, seen) if old is not None else None
        if old is None or both is None or both is old or both == old:
            continue
        scans.remove(old)
        inserted(scans, both)
        if replace(both, estimate_heard=old.estimate_heard) == old:
            draft.quietly = True
            continue
        news.append((scan, both, (both.mapped, both.state) != (old.mapped, old.state)))
    if not news:
        return False
    draft.shipment.life = _folded(draft)
    draft.touch()
    if draft.shipment.life.state != before.state and not any(mapped for _, _, mapped in news):
        # Only places have changed, and yet the parcel stands elsewhere than was told.
        news = [(*news[-1][:2], True)]
    for scan, both, mapped in news:
        if mapped:
            draft.shipment.last_update_id = emit_update(draft, scan, both, before)
            note_milestone(draft, both, before)
            before = draft.shipment.life
    return True


def _folded(draft: Draft) -> Lifecycle:
    parcel = draft.shipment.parcel
    return fold(draft.shipment.scans, parcel.direction if parcel else None)


def is_from_history(draft: Draft, fact: Fact) -> bool:
    """Whether all that is known was loaded from before: it begins with an import, and ends with fresh live news."""
    if fact.imported:
        return draft.shipment.imported or draft.before.clock is None
    if not draft.shipment.imported:
        return False
    if isinstance(fact, ScansFact):
        latest = max((scan.occurred_at or fact.received_at for scan in fact.scans), default=None)
    else:
        latest = fact.order.at if isinstance(fact, OrderFact) else None
    return latest is None or draft.now - latest > draft.policy.value("messages.stale")


def take_order(draft: Draft, fact: OrderFact) -> bool:
    """Keep the order that knows more: the later by its own time, then by arrival."""
    shipment = draft.shipment
    rank = (fact.order.at, fact.order.order_id, fact.received_at, fact.position, fact.fact_id)
    if shipment.order_rank is not None and rank <= shipment.order_rank:
        return False
    direction, before = shipment.parcel.direction if shipment.parcel else None, shipment.life
    shipment.order, shipment.parcel, shipment.order_rank = fact.order, fact.parcel, rank
    if (fact.parcel.direction if fact.parcel else None) != direction:
        shipment.life = _folded(draft)
    shipment.linked_by = fact.linked_by
    if shipment.life.state != before.state:
        draft.touch()
        shipment.last_update_id = emit_moved(draft, before, fact.linked_by)
    return True


def take_ticket(draft: Draft, fact: TicketFact) -> bool:
    """Merge a ticket event; any order of arrival and any repetition end in the same ticket."""
    tickets, change = draft.shipment.tickets, fact.ticket
    old = tickets.get(change.ticket_id)
    if old is None and len(tickets) >= MOST_TICKETS:
        draft.refuse(f"the shipment already has {MOST_TICKETS} tickets: look for a loop at the helpdesk")
        return False
    new = _merged_ticket(old or Ticket(), change, fact.linked_by in _NAMING)
    if new == old:
        return False
    tickets[change.ticket_id] = new
    return True


_NAMING: Final = frozenset(("order_id", "tracking_number", "shipment_id"))
_TIMES: Final = {
    "opened": "opened_at",
    "customer_replied": "customer_at",
    "agent_replied": "agent_at",
    "closed": "closed_at",
}


def _merged_ticket(old: Ticket, change: TicketChange, names_it: bool) -> Ticket:
    name = _TIMES.get(change.event, "customer_at")
    times: dict[str, datetime] = {name: max(getattr(old, name) or change.at, change.at)}
    intents = old.intents if change.intent is None else tuple(sorted({*old.intents, change.intent}))
    new = replace(old, **times, intents=intents, names_it=old.names_it or names_it)
    stated = (change.at, change.stated_state or "")
    if change.stated_state and (old.stated_at is None or stated > (old.stated_at, old.stated_state or "")):
        new = replace(new, stated_state=change.stated_state, stated_at=change.at)
    return new
