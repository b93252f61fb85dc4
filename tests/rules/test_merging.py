"""Order events merge to one order, whatever order they come in and however often."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rules.merging import MergedOrder, merge
from schemas.facts import Money, OrderChange, OrderShipment

T0 = datetime(2026, 3, 1, tzinfo=UTC)


def change(minutes: int = 0, event: str = "updated", tie: str = "", **fields: object) -> OrderChange:
    return OrderChange(event=event, order_id="A", at=T0 + timedelta(minutes=minutes), tie=tie, **fields)  # type: ignore[arg-type]


def merged(*changes: OrderChange) -> MergedOrder:
    result: MergedOrder | None = None
    for one in changes:
        result = merge(result, one)
    assert result is not None
    return result


def test_a_later_event_replaces_only_the_fields_it_carries() -> None:
    order = merged(change(0, promise_date="2026-03-04", customer_id="C"), change(1, promise_date="2026-03-06")).order

    assert (order.promise_date, order.customer_id) == ("2026-03-06", "C")


def test_an_earlier_event_that_comes_late_replaces_nothing_newer() -> None:
    order = merged(change(5, promise_date="2026-03-06"), change(0, promise_date="2026-03-04", channel="dtc")).order

    assert (order.promise_date, order.channel) == ("2026-03-06", "dtc")


def test_null_clears() -> None:
    assert merged(change(0, needed_by="2026-03-09"), change(1, needed_by=None)).order.needed_by is None


def test_ties_are_settled_by_bytes() -> None:
    one, other = change(0, tie="a", storefront="x"), change(0, tie="b", storefront="y")

    assert merged(one, other) == merged(other, one)
    assert merged(one, other).order.storefront == "y"


def test_parcels_merge_by_carrier_and_number() -> None:
    first = OrderShipment(carrier="ups", tracking_number="1")
    second = OrderShipment(carrier="ups", tracking_number="2")
    again = OrderShipment(carrier="ups", tracking_number="1", service_level="express")

    order = merged(change(0, shipments=(first, second)), change(1, shipments=(again,))).order

    assert order.shipments == (again, second)


VALUES = st.one_of(st.none(), st.sampled_from(["2026-03-04", "2026-03-05", "2026-03-06"]))
PARCELS = st.builds(
    OrderShipment,
    carrier=st.sampled_from(["ups", "fedex"]),
    tracking_number=st.sampled_from("12"),
    service_level=st.sampled_from(["ground", "express", None]),
)
CHANGES = st.builds(
    change,
    st.integers(0, 4),
    st.sampled_from(["created", "updated", "fulfilled", "cancelled"]),
    st.sampled_from("abcdef"),
    promise_date=VALUES,
    value=st.one_of(st.none(), st.just(Money("1.00", "USD"))),
    shipments=st.lists(PARCELS, max_size=3, unique_by=lambda p: p.shipment_id).map(tuple),
)


@given(
    st.lists(CHANGES, min_size=1, max_size=8, unique_by=lambda c: (c.at, c.tie)).flatmap(
        lambda events: st.tuples(st.just(events), st.permutations(events + events))
    )
)
def test_any_order_and_any_repetition_end_in_the_same_order(both: tuple[list[OrderChange], list[OrderChange]]) -> None:
    events, shuffled = both

    assert merged(*events) == merged(*shuffled)
