"""The core: facts and time go in, the next state and its events come out. Pure, total, deterministic."""

from datetime import datetime, timedelta

from rules.actions import act
from rules.cases import evaluate, next_change
from rules.decision import Decision
from rules.emission import MINUTE, Draft
from rules.intake import is_from_history, take_order, take_scans, take_ticket
from rules.kinds import next_due
from rules.lifecycle import is_over
from rules.messages import next_message, plan, review
from rules.policy import Policy, PolicyBook
from rules.state import Shipment
from rules.updates import emit_state
from schemas.codec import rfc3339
from schemas.facts import Fact, OrderFact, ScansFact, TicketFact


def decide(shipment: Shipment | None, fact: Fact, now: datetime, policy: PolicyBook) -> Decision:
    """What one fact about a shipment leads to.

    Args:
        shipment: what is known so far; None where the shipment is new. It stays as it is.
        fact: what was heard.
        now: when the fact counts (`fact.now`). Time does not run backwards: an earlier one counts as the latest known.
        policy: what to decide by.
    """
    known = shipment or _blank(fact)
    moment = now if known.clock is None else max(now, known.clock)
    draft = Draft(known, moment, fact.received_at, fact.fact_id, _policy(known, moment, policy))
    draft.imported = fact.imported
    if not _take(draft, fact):
        if draft.quietly:
            _schedule(draft)
        return draft.decision(duplicate=not draft.quietly)
    draft.shipment.imported = is_from_history(draft, fact)
    draft.policy = _policy(draft.shipment, moment, policy)
    draft.touch()
    _settle(draft)
    return draft.decision()


def sweep(shipment: Shipment, now: datetime, policy: PolicyBook) -> Decision:
    """What the passing of time leads to; a second sweep at the same moment leads to nothing."""
    moment = now if shipment.clock is None else max(now, shipment.clock)
    draft = Draft(shipment, moment, moment, MINUTE + rfc3339(moment), _policy(shipment, moment, policy))
    draft.shipment.last_received_at = shipment.last_received_at
    evaluate(draft)
    review(draft)
    if draft.events or draft.shipment.suppressed != shipment.suppressed:
        emit_state(draft)
    _schedule(draft)
    return draft.decision()


def _take(draft: Draft, fact: Fact) -> bool:
    """Put the fact into the state; whether that changed anything."""
    if isinstance(fact, ScansFact):
        return take_scans(draft, fact)
    if isinstance(fact, OrderFact):
        return take_order(draft, fact)
    if isinstance(fact, TicketFact):
        return take_ticket(draft, fact)
    return act(draft, fact)


def _settle(draft: Draft) -> None:
    evaluate(draft)
    plan(draft)
    emit_state(draft)
    _schedule(draft)


def _schedule(draft: Draft) -> None:
    """When to look again, and when the shipment may be forgotten."""
    shipment = draft.shipment
    times = [next_due(draft.situation, draft.now, draft.policy), next_change(draft), next_message(draft)]
    if draft.wake:
        times.append(draft.now)
    shipment.next_due = min((time for time in times if time is not None), default=None)
    if shipment.next_due is not None and shipment.next_due <= draft.now:
        shipment.next_due = draft.now + timedelta(microseconds=1)
    is_open = any(case.is_open for case in shipment.cases.values())
    done = is_over(shipment.life) and not is_open and not shipment.pending
    span: timedelta = draft.policy.value("forget.terminal")
    shipment.forget_at = (shipment.last_received_at or draft.now) + span if done else None


def _policy(shipment: Shipment, now: datetime, book: PolicyBook) -> Policy:
    return book.at(now, shipment.carrier, shipment.order.storefront if shipment.order else None)


def _blank(fact: Fact) -> Shipment:
    carrier, _, rest = fact.shipment_id.partition(":")
    number = rest.partition(":")[0]
    if isinstance(fact, ScansFact) and fact.scans:
        carrier, number = fact.scans[0].carrier, fact.scans[0].tracking_number
    return Shipment(shipment_id=fact.shipment_id, carrier=carrier, tracking_number=number)
