"""The tracker: one writer of state, parcels under a reused number, duplicates, and shipments that may be forgotten."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from rules.loading import load_policy
from rules.pipeline.clock import Due, PartitionClock
from rules.pipeline.memory import MemoryRows
from rules.pipeline.track import Gone, Refused, Tracker
from schemas.facts import Fact, Order, OrderFact, OrderShipment, Scan, ScansFact, TicketChange, TicketFact, base_id

T0 = datetime(2026, 3, 2, 15, tzinfo=UTC)
DAY = timedelta(days=1)
NUMBER = "fedex:123456789012"
FIRST, SECOND = f"{NUMBER}:1~A", f"{NUMBER}:2~B"
POLICY = load_policy(None)


class Bench:
    """A tracker in memory and all that came out of it."""

    def __init__(self) -> None:
        self.clock = PartitionClock(MemoryRows(), 0, frozenset({"feed"}), strict=False)
        self.tracker = Tracker(MemoryRows(), self.clock, POLICY)
        self.out: list[object] = []

    def feed(self, *facts: Fact) -> "Bench":
        for fact in facts:
            self.out += list(self.tracker.apply(fact))
        return self

    def until(self, moment: datetime) -> "Bench":
        for step in self.clock.mark("feed", moment):
            assert isinstance(step, Due)
            self.out += list(self.tracker.due(step))
        return self

    def order_of(self, shipment_id: str) -> str | None:
        shipment = self.tracker.shipment(shipment_id)
        return shipment.order.order_id if shipment is not None and shipment.order is not None else None


def scan(shipment_id: str, at: datetime, state: str = "in_transit") -> ScansFact:
    carrier, number, *unique = shipment_id.split(":", 2)
    one = Scan(
        carrier=carrier,
        tracking_number=number,
        unique_id=unique[0] if unique else None,
        state=state,
        code=state,
        occurred_at=at,
        raw_time=at.isoformat(),
    )
    return ScansFact(
        fact_id=one.identity,
        shipment_id=shipment_id,
        received_at=at,
        now=at,
        source="fedex",
        topic="carrier-scans",
        position="0",
        scans=(one,),
    )


def order(order_id: str, placed: datetime, shipment_id: str = NUMBER, shipped: datetime | None = None) -> OrderFact:
    carrier, number = base_id(shipment_id).split(":")
    parcel = OrderShipment(carrier=carrier, tracking_number=number, shipped_at=shipped)
    merged = Order(order_id=order_id, at=placed, created_at=placed, customer_id=f"C-{order_id}", shipments=(parcel,))
    return OrderFact(
        fact_id=f"{order_id}-{placed.isoformat()}",
        shipment_id=shipment_id,
        received_at=placed,
        now=placed,
        source="wismo",
        topic="order-events",
        position="0",
        linked_by="order_id",
        order=merged,
        parcel=parcel,
    )


def ticket(at: datetime, shipment_id: str = NUMBER, order_id: str | None = None) -> TicketFact:
    return TicketFact(
        fact_id=f"ticket-{at.isoformat()}",
        shipment_id=shipment_id,
        received_at=at,
        now=at,
        source="wismo",
        topic="ticket-events",
        position="0",
        linked_by="tracking_number",
        ticket=TicketChange(event="opened", ticket_id="T", at=at, order_id=order_id, tracking_number="123456789012"),
    )


TWO_PARCELS: list[Fact] = [
    order("OLD", T0),
    scan(FIRST, T0 + DAY),
    order("NEW", T0 + 20 * DAY),
    scan(SECOND, T0 + 21 * DAY),
]


@pytest.mark.parametrize("facts", [TWO_PARCELS, [*TWO_PARCELS, *TWO_PARCELS], [TWO_PARCELS[i] for i in (1, 3, 0, 2)]])
def test_each_parcel_under_a_reused_number_has_its_own_order(facts: list[Fact]) -> None:
    bench = Bench().feed(*facts)

    assert (bench.order_of(FIRST), bench.order_of(SECOND)) == ("OLD", "NEW")


SAME_DAY: list[Fact] = [
    order("OLD", T0, shipped=T0 + timedelta(hours=4)),
    order("NEW", T0 + timedelta(hours=1), shipped=T0 + timedelta(hours=20)),
    scan(FIRST, T0 + timedelta(hours=4)),
    scan(SECOND, T0 + timedelta(hours=20)),
]


@pytest.mark.parametrize("turns", [(0, 1, 2, 3), (0, 2, 1, 3), (2, 0, 1, 3), (2, 3, 0, 1), (3, 2, 1, 0), (1, 0, 3, 2)])
def test_two_parcels_of_one_day_under_one_number_go_to_the_orders_that_shipped_them(turns: tuple[int, ...]) -> None:
    bench = Bench().feed(*[SAME_DAY[turn] for turn in turns])

    assert (bench.order_of(FIRST), bench.order_of(SECOND)) == ("OLD", "NEW")


def test_what_is_forgotten_is_taken_back_from_whoever_keeps_the_latest_state() -> None:
    bench = Bench().feed(scan("ups:1Z1", T0, "delivered")).until(T0 + 59 * DAY)
    assert (bench.tracker.shipment("ups:1Z1") is None, Gone("ups:1Z1") in bench.out) == (False, False)

    bench.until(T0 + 61 * DAY)
    assert (bench.tracker.shipment("ups:1Z1"), bench.out[-1]) == (None, Gone("ups:1Z1"))


def test_a_number_that_is_taken_for_a_parcel_again_goes_on_counting_its_events() -> None:
    bench = Bench().feed(SAME_DAY[0], SAME_DAY[2], SAME_DAY[1], SAME_DAY[3])
    told = [out[0].value for out in bench.out if isinstance(out, tuple) and out[0].key == NUMBER]
    counted = [(value["sequence"], value["order_id"]) for value in told if "linked_by" in value]

    assert counted == [(1, "OLD"), (2, "NEW")]
    assert [out for out in bench.out if isinstance(out, Gone)] == [Gone(NUMBER), Gone(NUMBER)]


def test_a_case_of_a_number_that_is_taken_for_a_parcel_again_is_opened_again() -> None:
    bench = Bench().feed(SAME_DAY[0]).until(T0 + 4 * DAY).feed(scan(FIRST, T0 + timedelta(hours=4)))
    bench.feed(SAME_DAY[1]).until(T0 + 10 * DAY)
    told = [out[0].value for out in bench.out if isinstance(out, tuple) and out[0].key == NUMBER]
    changes = [(one["sequence"], one["change"]) for one in told if one.get("kind") == "label_not_scanned"]

    assert [change for _, change in changes if change in ("opened", "resolved", "reopened")] == [
        "opened",
        "resolved",
        "reopened",
    ]
    assert [number for number, _ in changes] == sorted({number for number, _ in changes})


def test_a_ticket_that_names_its_order_is_about_that_orders_parcel() -> None:
    bench = Bench().feed(*SAME_DAY, ticket(T0 + 2 * DAY, order_id="OLD"))

    first, second = bench.tracker.shipment(FIRST), bench.tracker.shipment(SECOND)
    assert first is not None and second is not None
    assert (list(first.tickets), list(second.tickets)) == (["T"], [])


def test_an_order_heard_later_is_the_better_one_though_its_parcel_came_between() -> None:
    # What the number was told before is told to the parcel at its first scan: that makes it no later knowledge.
    first, later = order("A", T0), T0 + timedelta(hours=1)
    corrected = replace(first.order, customer_id="C-other")
    again = replace(first, fact_id="later", received_at=later, now=later, order=corrected)

    bench = Bench().feed(first, scan(FIRST, T0 + DAY), again)

    shipment = bench.tracker.shipment(FIRST)
    assert shipment is not None
    assert shipment.order == corrected


def test_an_order_for_a_number_seen_long_ago_does_not_take_the_old_parcel() -> None:
    bench = Bench().feed(scan(FIRST, T0, "delivered"), order("NEW", T0 + 20 * DAY))

    assert bench.order_of(FIRST) is None
    assert bench.order_of(NUMBER) == "NEW"


def test_the_number_that_stood_for_a_parcel_is_taken_back_when_the_parcel_comes() -> None:
    bench = Bench().feed(order("A", T0), scan(FIRST, T0 + DAY))

    assert Gone(NUMBER) in bench.out
    assert bench.tracker.shipment(NUMBER) is None


def test_a_ticket_on_a_number_means_the_parcel_under_way_then() -> None:
    bench = Bench().feed(scan(FIRST, T0), scan(SECOND, T0 + 20 * DAY), ticket(T0 + 5 * DAY))

    first, second = bench.tracker.shipment(FIRST), bench.tracker.shipment(SECOND)
    assert first is not None
    assert second is not None
    assert first.tickets
    assert not second.tickets


def test_a_ticket_that_comes_before_the_first_scan_does_not_cost_the_order() -> None:
    bench = Bench().feed(order("A", T0), ticket(T0 + DAY, FIRST), scan(FIRST, T0 + DAY))

    assert bench.order_of(FIRST) == "A"


def test_the_same_fact_twice_changes_nothing() -> None:
    bench = Bench().feed(scan("ups:1", T0))
    before = len(bench.out)

    bench.feed(scan("ups:1", T0))

    assert len(bench.out) == before
    assert bench.tracker.duplicates == 1


def test_a_settled_shipment_is_forgotten_in_the_end() -> None:
    bench = Bench().feed(scan("ups:1", T0, "delivered")).until(T0 + 400 * DAY)

    assert bench.tracker.shipment("ups:1") is None


def test_what_never_settles_is_not_asked_for_every_minute() -> None:
    bench = Bench().feed(scan("ups:1", T0))
    steps = 0
    for step in bench.clock.mark("feed", T0 + 30 * DAY):
        assert isinstance(step, Due)
        bench.out += list(bench.tracker.due(step))
        steps += 1

    assert steps < 200


@settings(max_examples=60)
@given(st.permutations([*TWO_PARCELS, ticket(T0 + 2 * DAY), scan(FIRST, T0 + 3 * DAY, "delivered")]))
def test_any_order_of_arrival_ends_in_the_same_parcels(facts: list[Fact]) -> None:
    straight = Bench().feed(*TWO_PARCELS, ticket(T0 + 2 * DAY), scan(FIRST, T0 + 3 * DAY, "delivered"))
    shuffled = Bench().feed(*facts)

    assert not [one for one in shuffled.out if isinstance(one, Refused)]
    for name in (FIRST, SECOND):
        assert shuffled.order_of(name) == straight.order_of(name)
