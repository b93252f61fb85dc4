"""The linker: every fact finds its shipment, in whatever order they come, or is given up with a reason."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.pipeline.clock import Due, PartitionClock
from rules.pipeline.link import GIVE_UP_AFTER, GivenUp, Linker
from rules.pipeline.memory import MemoryRows
from schemas.facts import OrderChange, OrderFact, OrderShipment, TicketChange, TicketFact
from schemas.links import Link, NumberLink, OrderLink, TicketLink

T0 = datetime(2026, 3, 1, tzinfo=UTC)
UPS = OrderShipment(carrier="ups", tracking_number="1Z1")
SECOND = OrderShipment(carrier="ups", tracking_number="1Z2")


class Bench:
    """A linker in memory and all that came out of it."""

    def __init__(self) -> None:
        self.clock = PartitionClock(MemoryRows(), 0, frozenset({"feed"}), strict=False)
        self.linker = Linker(MemoryRows(), self.clock, 0)
        self.out: list[object] = []

    def feed(self, *links: Link) -> "Bench":
        for link in links:
            self.out += list(self.linker.apply(link))
        return self

    def until(self, moment: datetime) -> "Bench":
        for step in self.clock.mark("feed", moment):
            assert isinstance(step, Due)
            self.out += list(self.linker.due(step))
        return self

    @property
    def tickets(self) -> set[tuple[str, str, str]]:
        facts = [fact for fact in self.out if isinstance(fact, TicketFact)]
        return {(fact.shipment_id, fact.ticket.ticket_id, fact.ticket.event) for fact in facts}

    @property
    def orders(self) -> dict[str, OrderFact]:
        return {fact.shipment_id: fact for fact in self.out if isinstance(fact, OrderFact)}


def order(minutes: int = 0, order_id: str = "A", parcels: Sequence[OrderShipment] = (), **fields: object) -> OrderLink:
    at = T0 + timedelta(minutes=minutes)
    event = OrderChange(event="created", order_id=order_id, at=at, shipments=tuple(parcels), **fields)  # type: ignore[arg-type]
    return OrderLink(change=event, received_at=at, source="wismo", topic="order-events", position=f"{minutes:04d}")


def ticket(minutes: int = 0, event: str = "opened", ticket_id: str = "T", **fields: object) -> TicketLink:
    at = T0 + timedelta(minutes=minutes)
    change = TicketChange(event=event, ticket_id=ticket_id, at=at, **fields)  # type: ignore[arg-type]
    return TicketLink(ticket=change, received_at=at, source="wismo", topic="ticket-events", position=f"{minutes:04d}")


def number(shipment_id: str, minutes: int = 0) -> NumberLink:
    at = T0 + timedelta(minutes=minutes)
    name = shipment_id.split(":")[1]
    return NumberLink(
        number=name,
        shipment_id=shipment_id,
        received_at=at,
        source="x",
        topic="carrier-scans",
        position=f"{minutes:04d}",
    )


def test_an_order_reaches_each_of_its_parcels() -> None:
    bench = Bench().feed(order(0, parcels=[UPS], promise_date="2026-03-04"), order(1, parcels=[SECOND]))

    assert set(bench.orders) == {"order:A", "ups:1Z1", "ups:1Z2"}
    assert bench.orders["order:A"].subject == "order"
    assert bench.orders["ups:1Z2"].order.promise_date == "2026-03-04"
    assert bench.orders["ups:1Z1"].parcel == UPS


def test_a_repeated_order_event_says_nothing_new() -> None:
    bench = Bench().feed(order(0, parcels=[UPS]))
    before = len(bench.out)

    assert len(bench.feed(order(0, parcels=[UPS])).out) == before


def test_a_ticket_before_its_label_waits_and_is_released() -> None:
    bench = Bench().feed(ticket(0, order_id="A"))
    assert not bench.tickets

    bench.feed(order(30, parcels=[UPS]))

    assert bench.tickets == {("ups:1Z1", "T", "opened")}
    assert next(fact for fact in bench.out if isinstance(fact, TicketFact)).now == T0 + timedelta(minutes=30)


def test_a_ticket_reaches_a_parcel_of_its_order_that_comes_later() -> None:
    bench = Bench().feed(order(0, parcels=[UPS]), ticket(1, order_id="A"), order(2, parcels=[SECOND]))

    assert bench.tickets == {("ups:1Z1", "T", "opened"), ("ups:1Z2", "T", "opened")}


def test_while_nothing_of_an_order_is_shipped_its_tickets_reach_the_order_itself() -> None:
    before = Bench().feed(ticket(0, order_id="A"), order(1), ticket(2, event="closed", order_id="A"))
    after = Bench().feed(order(0, customer_id="C"), ticket(1, customer_id="C"), order(2, parcels=[UPS]))

    assert before.tickets == {("order:A", "T", "opened"), ("order:A", "T", "closed")}
    assert after.tickets == {("order:A", "T", "opened"), ("ups:1Z1", "T", "opened")}
    assert {fact.subject for fact in before.out if isinstance(fact, TicketFact)} == {"order"}


def test_a_bare_number_finds_every_shipment_under_it() -> None:
    bench = Bench().feed(ticket(0, tracking_number="7"), number("fedex:7:A", 1), number("fedex:7:B", 2))

    assert bench.tickets == {("fedex:7:A", "T", "opened"), ("fedex:7:B", "T", "opened")}


def test_a_customer_reaches_the_orders_placed_before_the_ticket() -> None:
    bench = Bench().feed(
        order(0, "A", [UPS], customer_id="C"),
        order(60, "B", [SECOND], customer_id="C"),
        ticket(30, customer_id="C"),
    )

    assert bench.tickets == {("ups:1Z1", "T", "opened")}


def test_a_customers_ticket_waits_for_the_order() -> None:
    bench = Bench().feed(ticket(30, customer_id="C"), order(0, "A", [UPS], customer_id="C"))

    assert bench.tickets == {("ups:1Z1", "T", "opened")}


@pytest.mark.parametrize("late", [False, True])
def test_a_ticket_event_that_names_nothing_follows_its_ticket(late: bool) -> None:
    opened, closed = ticket(1, order_id="A"), ticket(2, event="closed")
    events = [closed, opened] if late else [opened, closed]

    bench = Bench().feed(order(0, parcels=[UPS]), *events)

    assert bench.tickets == {("ups:1Z1", "T", "opened"), ("ups:1Z1", "T", "closed")}


def test_what_waits_too_long_is_given_up_with_its_reason() -> None:
    bench = Bench().feed(ticket(0, order_id="GONE")).until(T0 + GIVE_UP_AFTER + timedelta(minutes=1))

    (given_up,) = bench.out
    assert isinstance(given_up, GivenUp)
    assert "order GONE" in given_up.rejected.message


def test_what_was_linked_is_not_given_up() -> None:
    bench = Bench().feed(ticket(0, order_id="A"), order(1, parcels=[UPS])).until(T0 + timedelta(days=200))

    assert not [one for one in bench.out if isinstance(one, GivenUp)]


def test_a_flood_of_ticket_events_is_refused_with_a_reason() -> None:
    bench = Bench().feed(order(0, parcels=[UPS]), *(ticket(n, ticket_id=f"T{n}", order_id="A") for n in range(105)))

    given_up = [one for one in bench.out if isinstance(one, GivenUp)]
    assert len(given_up) == 5
    assert len(bench.tickets) == 100


EVENTS: list[Link] = [
    order(0, "A", [UPS], customer_id="C"),
    order(5, "A", [SECOND], promise_date="2026-03-04"),
    order(6, "B", [OrderShipment(carrier="usps", tracking_number="9")], customer_id="C"),
    number("ups:1Z1", 7),
    number("ups:1Z2", 8),
    ticket(10, order_id="A"),
    ticket(11, ticket_id="N", tracking_number="1Z1"),
    ticket(12, ticket_id="C", customer_id="C"),
    ticket(13, event="closed"),
    ticket(14, event="closed", ticket_id="C"),
]


@given(st.permutations(EVENTS + EVENTS))
def test_any_order_of_arrival_links_the_same(events: list[Link]) -> None:
    straight, shuffled = Bench().feed(*EVENTS), Bench().feed(*events)

    assert shuffled.tickets == straight.tickets
    assert {key: fact.order for key, fact in shuffled.orders.items()} == {
        key: fact.order for key, fact in straight.orders.items()
    }
