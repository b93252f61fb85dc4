"""Second hop: facts that do not know their shipment find it, or wait for it until the clock gives them up."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from rules.loading import load_policy
from rules.merging import merge
from rules.pipeline.clock import Due, PartitionClock
from rules.pipeline.entries import MAX_SHIPMENTS, MAX_TICKETS, Entries, Entry
from rules.pipeline.fleet.fleet import Fleet
from rules.pipeline.fleet.rows import Carrier
from rules.pipeline.records import Rows
from rules.policy import PolicyBook
from schemas.codec import digest, dumps, to_plain
from schemas.facts import Fact, LinkedBy, Order, OrderFact, Rejected, TicketFact, subject_key
from schemas.links import FlightLink, HeardLink, Link, NumberLink, OrderLink, TicketLink

GIVE_UP_AFTER = timedelta(days=7)
"""A ticket that waits longer for a shipment is given up: labels follow tickets by hours, not weeks."""
REMEMBER_FOR = timedelta(days=90)
"""How long an order, a number or a customer is remembered after it was last heard of."""
CUSTOMER_WINDOW = timedelta(days=60)
"""A ticket that names only its customer concerns orders placed at most this long before it."""


class GivenUp(Struct, frozen=True):
    """A ticket event whose shipment never came, or that found no room."""

    link: TicketLink
    rejected: Rejected


Linked = Fact | GivenUp


class Linker:
    """Applies link events to the rows of one partition; yields facts in order."""

    def __init__(
        self, rows: Rows | None, clock: PartitionClock, partition: int, policy: PolicyBook | None = None
    ) -> None:
        self._entries = Entries(rows, partition)
        self._clock = clock
        self._fleet = Fleet(rows, clock, partition, policy or load_policy())

    def save(self) -> None:
        """Write the rows that have changed."""
        self._entries.save()
        self._fleet.save()

    def carrier(self, name: str) -> Carrier | None:
        """What is known of a carrier's feed."""
        return self._fleet.carrier(name)

    def apply(self, link: Link) -> Iterator[Linked]:
        """What one link event leads to."""
        if isinstance(link, OrderLink):
            return self._order(link)
        if isinstance(link, NumberLink):
            return self._number(link)
        return self._fleet.apply(link) if isinstance(link, FlightLink | HeardLink) else self._ticket(link)

    def due(self, step: Due) -> Iterator[Linked]:
        """The time of a row has come: forget it, and give up what still waits in it."""
        if step.subject.startswith(("flight:", "carrier:")):
            yield from self._fleet.due(step)
            return
        entry = self._entries.load(step.subject)
        if entry.until is None or entry.until > step.now:
            return
        self._entries.drop(step.subject)
        if not _shipments(entry) and not entry.keys and not step.subject.startswith(("customer:", "ticket:")):
            for link in entry.tickets:
                yield GivenUp(link, _never_came(step.subject))

    def _order(self, link: OrderLink) -> Iterator[Linked]:
        key = f"order:{link.change.order_id}"
        entry = self._entries.load(key)
        before = entry.merged
        entry.merged = merge(before, link.change)
        if before is not None and entry.merged == before:
            yield from self._order_again(key, entry, before.order, link.received_at)
            return
        order = entry.merged.order
        waiting = self._customers_tickets(key, order, link.received_at, new=before is None)
        entry.tickets = _joined(entry.tickets, waiting)
        self._keep(key, entry, link.received_at + REMEMBER_FOR)
        known = list(entry.tickets)
        old = set() if before is None else {parcel.shipment_id for parcel in before.order.shipments}
        for ticket in waiting:
            yield from self._refer(ticket, key)
        yield _own_fact(order, link)
        yield from _ticket_facts(known if before is None else waiting, _itself(entry), link, "order_id")
        yield from _order_facts(order, link)
        for parcel in order.shipments:
            tickets = waiting if parcel.shipment_id in old else known
            yield from _ticket_facts(tickets, [parcel.shipment_id], link, "order_id")

    def _order_again(self, key: str, entry: Entry, order: Order, now: datetime) -> Iterator[Linked]:
        """An order that is known may come again because a crash left only some of the rows that know of it."""
        self._heal(key)
        waiting = self._customers_tickets(key, order, now, new=False)
        if waiting:
            entry.tickets = _joined(entry.tickets, waiting)
            self._entries.store(key, entry)
        for ticket in entry.tickets:
            yield from self._refer(ticket, key)

    def _customers_tickets(self, key: str, order: Order, now: datetime, *, new: bool) -> list[TicketLink]:
        """Note whose order this is; return the customer's tickets that concern it and came before it."""
        if not order.customer_id:
            return []
        customer = f"customer:{order.customer_id}"
        entry = self._entries.load(customer)
        if key in entry.keys and not new:
            self._heal(customer)
            return []
        if key not in entry.keys:
            entry.keys.append(key)
        self._keep(customer, entry, now + REMEMBER_FOR)
        return [ticket for ticket in entry.tickets if _concerns(ticket, order)]

    def _number(self, link: NumberLink) -> Iterator[Linked]:
        key = f"number:{link.number}"
        entry = self._entries.load(key)
        if link.shipment_id in entry.shipments or len(entry.shipments) >= MAX_SHIPMENTS:
            self._heal(key)
            return
        entry.shipments.append(link.shipment_id)
        self._keep(key, entry, link.received_at + REMEMBER_FOR)
        yield from _ticket_facts(entry.tickets, [link.shipment_id], link, "tracking_number")

    def _ticket(self, link: TicketLink) -> Iterator[Linked]:
        ticket = link.ticket
        if ticket.order_id:
            yield from self._named(f"order:{ticket.order_id}", link, "order_id")
        elif ticket.tracking_number:
            yield from self._named(f"number:{ticket.tracking_number}", link, "tracking_number")
        elif ticket.customer_id:
            yield from self._by_reference(f"customer:{ticket.customer_id}", link, "customer_id")
        else:
            yield from self._by_reference(f"ticket:{ticket.ticket_id}", link, "ticket_id")

    def _named(self, key: str, link: TicketLink, linked_by: LinkedBy) -> Iterator[Linked]:
        """A ticket event that names an order or a number: to its shipments, and kept for later ones."""
        entry = self._entries.load(key)
        if any(link.ticket == other.ticket for other in entry.tickets):
            self._heal(key)
            yield from self._refer(link, key)
            return
        if len(entry.tickets) >= MAX_TICKETS:
            yield GivenUp(link, _no_room(key))
            return
        entry.tickets.append(link)
        self._keep(key, entry, link.received_at + (REMEMBER_FOR if _shipments(entry) else GIVE_UP_AFTER))
        yield from _ticket_facts([link], [*_itself(entry), *_shipments(entry)], link, linked_by)
        yield from self._refer(link, key)

    def _by_reference(self, key: str, link: TicketLink, linked_by: LinkedBy) -> Iterator[Linked]:
        """A ticket event that names only a customer or itself: to the rows here that are known to be theirs."""
        entry = self._entries.load(key)
        if any(link.ticket == other.ticket for other in entry.tickets):
            self._heal(key)
            for other in list(entry.keys):
                yield from self._onto(other, link, linked_by, again=True)
            return
        if len(entry.tickets) >= MAX_TICKETS:
            return
        entry.tickets.append(link)
        self._keep(key, entry, link.received_at + GIVE_UP_AFTER)
        for other in list(entry.keys):
            yield from self._onto(other, link, linked_by)

    def _onto(self, key: str, link: TicketLink, linked_by: LinkedBy, *, again: bool = False) -> Iterator[Linked]:
        target = self._entries.load(key)
        order = target.merged.order if target.merged else None
        if linked_by == "customer_id" and (order is None or not _concerns(link, order)):
            return
        if len(target.tickets) < MAX_TICKETS:
            target.tickets = _joined(target.tickets, [link])
            self._entries.store(key, target)
        if not again:
            yield from _ticket_facts([link], [*_itself(target), *_shipments(target)], link, linked_by)
        if linked_by == "customer_id":
            yield from self._refer(link, key)

    def _refer(self, link: TicketLink, key: str) -> Iterator[Linked]:
        """Remember where this ticket belongs; release what came of it before without saying where."""
        ticket = f"ticket:{link.ticket.ticket_id}"
        entry = self._entries.load(ticket)
        if key in entry.keys:
            self._heal(ticket)
            return
        entry.keys.append(key)
        self._keep(ticket, entry, link.received_at + REMEMBER_FOR)
        for waiting in list(entry.tickets):
            yield from self._onto(key, waiting, "ticket_id")

    def _heal(self, *keys: str) -> None:
        """What is known already may come again because a crash lost the agenda's half of it."""
        for key in keys:
            entry = self._entries.load(key)
            if entry.until is not None:
                self._clock.heal(key, entry.until)

    def _keep(self, key: str, entry: Entry, until: datetime) -> None:
        if entry.until is None or entry.until < until:
            if entry.until is not None:
                self._clock.disarm(key, entry.until)
            entry.until = until
            self._clock.arm(key, until)
        else:
            self._clock.heal(key, entry.until)
        self._entries.store(key, entry)


def _own_fact(order: Order, link: OrderLink) -> OrderFact:
    """What the order itself is judged by: it has cases of its own until it is shipped."""
    return OrderFact(
        fact_id=digest("order itself", order.order_id, dumps(to_plain(order)).decode()),
        shipment_id=subject_key("order", order.order_id),
        subject="order",
        received_at=link.received_at,
        now=link.received_at,
        source=link.source,
        topic=link.topic,
        position=f"{link.position}.o",
        linked_by="order_id",
        imported=link.imported,
        trace=link.trace,
        order=order,
    )


def _order_facts(order: Order, link: OrderLink) -> Iterator[OrderFact]:
    snapshot = dumps(to_plain(order)).decode()
    for index, parcel in enumerate(order.shipments):
        yield OrderFact(
            fact_id=digest("order", parcel.shipment_id, snapshot),
            shipment_id=parcel.shipment_id,
            received_at=link.received_at,
            now=link.received_at,
            source=link.source,
            topic=link.topic,
            position=f"{link.position}.o{index:03d}",
            linked_by="order_id",
            imported=link.imported,
            trace=link.trace,
            order=order,
            parcel=parcel,
        )


def _ticket_facts(
    tickets: Sequence[TicketLink], shipments: Sequence[str], cause: Link, linked_by: LinkedBy
) -> Iterator[TicketFact]:
    """Ticket events for shipments or an order, at the moment of what brought the two together."""
    for number, link in enumerate(tickets):
        for index, shipment in enumerate(shipments):
            yield TicketFact(
                fact_id=digest("ticket", shipment, dumps(to_plain(link.ticket)).decode()),
                shipment_id=shipment,
                subject="order" if shipment.startswith("order:") else "shipment",
                received_at=link.received_at,
                now=max(cause.received_at, link.received_at),
                source=link.source,
                topic=cause.topic,
                position=f"{cause.position}.t{number:03d}.{index:03d}",
                linked_by=_how(link, linked_by),
                imported=link.imported,
                trace=link.trace,
                ticket=link.ticket,
            )


def _how(link: TicketLink, linked_by: LinkedBy) -> LinkedBy:
    if link.ticket.order_id:
        return "order_id"
    if link.ticket.tracking_number:
        return "tracking_number"
    return "customer_id" if link.ticket.customer_id else linked_by


def _shipments(entry: Entry) -> list[str]:
    if entry.merged is not None:
        return [parcel.shipment_id for parcel in entry.merged.order.shipments]
    return entry.shipments


def _itself(entry: Entry) -> list[str]:
    """The order as a subject of its own, while nothing of it is shipped: what is said about it is said to it."""
    order = entry.merged.order if entry.merged is not None else None
    return [] if order is None or order.shipments else [subject_key("order", order.order_id)]


def _joined(old: list[TicketLink], new: list[TicketLink]) -> list[TicketLink]:
    known = [link.ticket for link in old]
    return (old + [link for link in new if link.ticket not in known])[:MAX_TICKETS]


def _concerns(link: TicketLink, order: Order) -> bool:
    placed = order.created_at or order.at
    return placed <= link.ticket.at <= placed + CUSTOMER_WINDOW


def _never_came(key: str) -> Rejected:
    what, name = key.split(":", 1)
    message = f"no shipment was heard of for {what} {name} within {GIVE_UP_AFTER.days} days: check it and replay"
    return Rejected(reason="semantic_invalid", message=message, stage="route")


def _no_room(key: str) -> Rejected:
    message = f"{key} already holds {MAX_TICKETS} ticket events: look for a loop at the sender, then replay"
    return Rejected(reason="semantic_invalid", message=message, stage="route")
