"""Shopify: orders, fulfillments and fulfillment events."""

import pytest
from msgspec import UNSET

from rules.normalize import parse_order, parse_scans
from schemas.facts import Customer, Destination, Money, OrderChange, Rejected, Scan
from tests.rules.normalize.payloads import dump, shopify_fulfillment, shopify_order


def orders(message: object) -> tuple[OrderChange, ...]:
    result = parse_order("shopify", dump(message))
    assert not isinstance(result, Rejected), result
    return result


def scans(message: object) -> tuple[Scan, ...]:
    result = parse_scans("shopify", dump(message))
    assert not isinstance(result, Rejected), result
    return result


def test_a_new_order_is_created_with_what_it_says() -> None:
    (change,) = orders(shopify_order())
    assert (change.event, change.order_id, str(change.at)) == ("created", "1001001", "2026-03-01 15:00:00+00:00")
    assert (change.customer_id, change.channel, change.value) == ("77", "dtc", Money("129.90", "USD"))
    assert change.customer == Customer(tier="vip")
    assert change.destination == Destination(country="US", region="KY", postal_code="40202")
    assert change.promise_date is UNSET


def test_an_order_seen_late_tells_each_thing_at_its_time() -> None:
    message = shopify_order(
        updated_at="2026-03-04T10:00:00-05:00",
        cancelled_at="2026-03-03T10:00:00-05:00",
        fulfillment_status="fulfilled",
        fulfillments=[shopify_fulfillment()],
    )
    changes = orders({"order": message})
    assert [(change.event, change.at.day) for change in changes] == [
        ("created", 1),
        ("updated", 4),
        ("fulfilled", 2),
        ("cancelled", 3),
    ]
    assert [one.shipment_id for one in changes[1].shipments] == ["ups:1Z0000000000000005"]
    assert len({change.tie for change in changes}) == 1


@pytest.mark.parametrize(
    ("status", "event", "parcels"),
    [("success", "fulfilled", 1), ("pending", "updated", 1), ("cancelled", "updated", 0), ("failure", "updated", 0)],
)
def test_a_fulfillments_status_is_about_the_request(status: str, event: str, parcels: int) -> None:
    (change,) = orders({"fulfillment": shopify_fulfillment(status=status)})
    assert (change.event, change.order_id, len(change.shipments)) == (event, "1001001", parcels)


def test_a_number_named_twice_is_one_parcel_and_a_missing_company_is_not_guessed() -> None:
    (change,) = orders(shopify_fulfillment(tracking_company=None, tracking_numbers=["77", "77"], tracking_number="77"))
    assert [one.shipment_id for one in change.shipments] == ["unknown:77"]
    (change,) = orders(shopify_fulfillment(tracking_company="Other"))
    assert [one.shipment_id for one in change.shipments] == ["ups:1Z0000000000000005"]


def test_a_fulfillment_without_number_meets_its_events() -> None:
    (change,) = orders(shopify_fulfillment(tracking_number=None, tracking_numbers=[]))
    event = {"id": 9, "fulfillment_id": 5005, "order_id": 1001001, "status": "out_for_delivery"}
    (scan,) = scans({**event, "happened_at": "2026-03-02T16:32:23-05:00"})
    assert [one.shipment_id for one in change.shipments] == [scan.shipment_id] == ["shopify:5005"]
    assert (scan.state, scan.code, scan.scan_id) == ("out_for_delivery", "out_for_delivery", "9")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("label_printed", "label_created"),
        ("PICKED_UP", "delivered"),
        ("carrier_picked_up", "picked_up"),
        ("ready_for_pickup", "in_transit"),
        ("failure", "attempted"),
    ],
)
def test_words_of_fulfillment_events_in_either_case(status: str, state: str) -> None:
    (scan,) = scans({"fulfillment_id": 5005, "status": status, "happened_at": "2026-03-02T16:32:23-05:00"})
    assert (scan.state, scan.mapped) == (state, True)


def test_an_unknown_word_is_unmapped() -> None:
    (scan,) = scans({"fulfillment_id": 5005, "status": "teleported", "happened_at": "2026-03-02T16:32:23-05:00"})
    assert (scan.state, scan.mapped) == (None, False)


def test_a_fulfillments_shipment_status_is_a_scan_of_its_parcels() -> None:
    (scan,) = scans(shopify_fulfillment(shipment_status="in_transit"))
    assert (scan.shipment_id, scan.state) == ("ups:1Z0000000000000005", "in_transit")
    assert scans(shopify_fulfillment()) == ()


def test_a_fulfillment_event_changes_no_order() -> None:
    assert orders({"fulfillment_event": {"fulfillment_id": 5005, "status": "delivered"}}) == ()


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"hello": 1}, "schema_invalid"),
        (shopify_order(id=None), "semantic_invalid"),
        (shopify_order(updated_at="0001-01-01T00:00:00Z", created_at=None), "semantic_invalid"),
        (shopify_order(customer="Jane"), "schema_invalid"),
    ],
)
def test_bad_orders_are_refused(message: object, reason: str) -> None:
    result = parse_order("shopify", dump(message))
    assert isinstance(result, Rejected)
    assert result.reason == reason
    assert "Jane" not in result.message


@pytest.mark.parametrize(
    "message",
    [
        {"id": 5, "order_id": 7, "created_at": "2026-03-01T10:00:00Z", "refund_line_items": []},
        {"id": 5, "order_id": 7, "created_at": "2026-03-01T10:00:00Z", "kind": "sale", "status": "success"},
        {"id": 5, "token": "t", "created_at": "2026-03-01T10:00:00Z", "line_items": []},
        {"id": 5},
        {"refund": {"id": 5, "order_id": 7, "created_at": "2026-03-01T10:00:00Z"}},
    ],
)
def test_refunds_transactions_and_carts_are_no_parcels_and_no_orders(message: object) -> None:
    for parse in (parse_order, parse_scans):
        assert isinstance(parse("shopify", dump(message)), Rejected)


def test_answers_hold_many() -> None:
    assert len(orders({"orders": [shopify_order(), shopify_order(id=8)]})) == 2 * len(orders(shopify_order()))
    done = shopify_fulfillment(shipment_status="in_transit")
    assert [scan.state for scan in scans({"fulfillments": [done]})] == ["in_transit"]
    assert [change.event for change in orders({"fulfillments": [done]})] == ["fulfilled"]
    assert orders({"orders": []}) == () and scans({"fulfillment_events": []}) == ()
