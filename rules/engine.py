"""The core: facts and time go in, the next state and its events come out. Pure, total, deterministic."""

from copy import copy
from datetime import datetime, timedelta
from typing import Final

from rules.actions import act
from rules.cases import evaluate, next_change
from rules.decision import Decision, Event
from rules.emission import MINUTE, SOON, Draft
from rules.feeds import NO_FEEDS, Feeds
from rules.intake import is_from_history, take_order, take_scans, take_ticket
from rules.kinds import next_due
from rules.lifecycle import is_over
from rules.messages import next_message, plan, review
from rules.policy import PolicyBook
from rules.shadow import end_all, look_beside
from rules.situation import policy_of
from rules.state import Shipment
from rules.surroundings import let_count, next_hearsay, take_feed, take_incident, take_sibling
from rules.updates import emit_state
from schemas.codec import rfc3339
from schemas.facts import ActionFact, Fact, FeedFact, IncidentFact, OrderFact, ScansFact, SiblingFact, TicketFact

_LOOK_AGAIN: Final = timedelta(hours=1)
"""While a feed is silent its parcels' clocks stand still, and nothing tells them when it is heard again."""
_DAY: Final = timedelta(days=1)
_LOST_SIGHT: Final = timedelta(days=30)
"""Of a parcel that was not heard of for so long, no change of the policy finds anything new."""


_Own = ScansFact | OrderFact | TicketFact | ActionFact | IncidentFact | FeedFact
"""What is said of the shipment itself."""


def decide(  # noqa: PLR0913 - what is known, what is new, and by which policies
    shipment: Shipment | None,
    fact: Fact,
    now: datetime,
    policy: PolicyBook,
    feeds: Feeds = NO_FEEDS,
    candidate: PolicyBook | None = None,
) -> Decision:
    """What one fact about a shipment leads to.

    Args:
        shipment: what is known so far; None where the shipment is new. It stays as it is.
        fact: what was heard.
        now: when the fact counts (`fact.now`). Time does not run backwards: an earlier one counts as the latest known.
        policy: what to decide by.
        feeds: what is known of the carriers' feeds: clocks stand still while one is silent.
        candidate: a policy that runs beside: it changes nothing but `shadow-exceptions`.
    """
    known = shipment or _blank(fact)
    if isinstance(fact, SiblingFact):
        return _overhear(known, fact)
    moment = now if known.clock is None else max(now, known.clock)
    draft = Draft(known, moment, fact.received_at, fact.fact_id, policy_of(known, moment, policy), feeds)
    draft.imported, draft.edge, draft.watched = fact.imported, policy.next_edge(moment), policy.watched
    let_count(draft.shipment, draft.now)
    if not _take(draft, fact):
        if draft.quietly:
            _schedule_unseen(draft)
        return draft.decision(duplicate=not draft.quietly)
    draft.shipment.imported = is_from_history(draft, fact)
    draft.policy = policy_of(draft.shipment, moment, policy)
    draft.touch()
    evaluate(draft)
    plan(draft)
    emit_state(draft)
    _schedule(draft)
    look_beside(draft, candidate, fact)
    return draft.decision()


def sweep(
    shipment: Shipment,
    now: datetime,
    policy: PolicyBook,
    feeds: Feeds = NO_FEEDS,
    candidate: PolicyBook | None = None,
) -> Decision:
    """What the passing of time leads to; a second sweep at the same moment leads to nothing."""
    draft = _at_a_mark(shipment, now, policy, feeds)
    evaluate(draft)
    review(draft)
    if draft.events or draft.shipment.suppressed != shipment.suppressed:
        emit_state(draft)
    _schedule(draft)
    look_beside(draft, candidate)
    return draft.decision()


def sweep_beside(
    shipment: Shipment,
    now: datetime,
    policy: PolicyBook,
    feeds: Feeds = NO_FEEDS,
    candidate: PolicyBook | None = None,
) -> Decision:
    """The same for the cases in shadow alone: the live ones are not even looked at."""
    draft = _at_a_mark(shipment, now, policy, feeds)
    draft.shipment.clock = shipment.clock
    look_beside(draft, candidate)
    return draft.decision()


def end_beside(shipment: Shipment, fact: Fact, policy: PolicyBook) -> tuple[Event, ...]:
    """The ends of all cases in shadow, where a fact shows that the shipment is none."""
    if not shipment.asides:
        return ()
    book = policy_of(shipment, fact.now, policy)
    draft = Draft(shipment, fact.now, fact.received_at, fact.fact_id, book)
    end_all(draft)
    return tuple(draft.aside)


def _at_a_mark(shipment: Shipment, now: datetime, policy: PolicyBook, feeds: Feeds) -> Draft:
    moment = now if shipment.clock is None else max(now, shipment.clock)
    draft = Draft(shipment, moment, moment, MINUTE + rfc3339(moment), policy_of(shipment, moment, policy), feeds)
    draft.shipment.last_received_at, draft.edge = shipment.last_received_at, policy.next_edge(moment)
    draft.watched = policy.watched
    let_count(draft.shipment, draft.now)
    return draft


def _take(draft: Draft, fact: _Own) -> bool:
    """Put the fact into the state; whether that changed anything."""
    if isinstance(fact, ScansFact):
        return take_scans(draft, fact)
    if isinstance(fact, OrderFact):
        return take_order(draft, fact)
    if isinstance(fact, TicketFact):
        return take_ticket(draft, fact)
    if isinstance(fact, IncidentFact):
        return take_incident(draft, fact)
    return take_feed(draft, fact) if isinstance(fact, FeedFact) else act(draft, fact)


def _overhear(known: Shipment, fact: SiblingFact) -> Decision:
    """Keep what another parcel tells until the hour from which it counts; it is decided then.

    It may come from a partition whose clock is ahead of this one's or behind, so it moves no clock, and whatever else
    the shipment waits for stays as it is.
    """
    shipment = copy(known)
    if not take_sibling(shipment, fact):
        return Decision(known, (), (), duplicate=True)
    asked, counts = known.next_due, shipment.hearsay[0].counts
    if known.clock is not None:
        counts = max(counts, known.clock + SOON)
    shipment.next_due = counts if asked is None else min(asked, counts)
    return Decision(shipment, (), (), duplicate=False)


def _schedule_unseen(draft: Draft) -> None:
    """After a fact by which no kind was asked: whoever wanted the next mark before still wants it."""
    asked, shipment = draft.before.next_due, draft.shipment
    _schedule(draft)
    if asked is not None:
        least = draft.now + SOON
        shipment.next_due = max(least, min(asked, shipment.next_due or asked))


def _schedule(draft: Draft) -> None:
    """When to look again, and when the shipment may be forgotten."""
    shipment = draft.shipment
    due = next_due(draft.situation, draft.now, draft.policy, draft.policy.not_live)
    times = [due, next_change(draft), next_message(draft), next_hearsay(shipment)]
    if draft.wake:
        times.append(draft.now)
    times += _policy_may_change(draft)
    if shipment.subject == "shipment" and draft.situation.feed_is_silent and not is_over(shipment.life):
        times.append(draft.now + _LOOK_AGAIN)
    shipment.next_due = min((time for time in times if time is not None), default=None)
    if shipment.next_due is not None and shipment.next_due <= draft.now:
        shipment.next_due = draft.now + SOON
    is_open = any(case.is_open for case in shipment.cases.values())
    done = _is_over(shipment) and not is_open and not shipment.pending
    span: timedelta = draft.policy.value("forget.terminal")
    shipment.forget_at = (shipment.last_received_at or draft.now) + span if done else None


def _policy_may_change(draft: Draft) -> list[datetime]:
    """When to look whether the policy has changed: where an entry begins or ends, and daily for one yet to come."""
    shipment = draft.shipment
    heard = shipment.last_received_at or draft.now
    if _is_over(shipment) and not any(case.is_open for case in shipment.cases.values()):
        return []
    if draft.now - heard > _LOST_SIGHT:
        return []
    times = [] if draft.edge is None else [draft.edge]
    return [*times, draft.now + _DAY] if draft.watched else times


def _is_over(shipment: Shipment) -> bool:
    """Whether nothing more is expected of the subject."""
    if shipment.subject == "order":
        order = shipment.order
        return order is not None and (
            bool(order.shipments) or order.fulfilled_at is not None or order.cancelled_at is not None
        )
    return shipment.incident is None if shipment.subject == "incident" else is_over(shipment.life)


def _blank(fact: Fact) -> Shipment:
    if isinstance(fact, FeedFact | IncidentFact) and fact.subject != "shipment":
        return Shipment(shipment_id=fact.shipment_id, subject=fact.subject, carrier=fact.carrier, tracking_number="")
    if fact.subject != "shipment":
        return Shipment(shipment_id=fact.shipment_id, subject=fact.subject, carrier="", tracking_number="")
    carrier, _, rest = fact.shipment_id.partition(":")
    number = rest.partition(":")[0]
    if isinstance(fact, ScansFact) and fact.scans:
        carrier, number = fact.scans[0].carrier, fact.scans[0].tracking_number
    return Shipment(shipment_id=fact.shipment_id, carrier=carrier, tracking_number=number)
