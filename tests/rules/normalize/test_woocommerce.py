"""WooCommerce: UTC times without a Z, guests, and parcels in the meta data of plugins."""

import pytest
from msgspec import UNSET

from rules.normalize import parse_order
from schemas.facts import Destination, Money, OrderChange, Rejected
from tests.rules.normalize.aggregator_payloads import woo_order
from tests.rules.normalize.payloads import dump


def orders(message: object) -> tuple[OrderChange, ...]:
    result = parse_order("woocommerce", dump(message))
    assert not isinstance(result, Rejected), result
    return result


def test_a_new_order_is_created_at_its_utc_time() -> None:
    (change,) = orders(woo_order())
    assert (change.event, change.order_id, str(change.at)) == ("created", "727", "2026-03-01 11:00:00+00:00")
    assert (change.customer_id, change.channel, change.value) == ("77", "dtc", Money("29.35", "EUR"))
    assert change.destination == Destination(country="DE", region="DE-BE", postal_code="10115")


@pytest.mark.parametrize(
    ("status", "events"),
    [
        ("processing", ["created", "updated"]),
        ("completed", ["created", "updated", "fulfilled"]),
        ("cancelled", ["created", "updated", "cancelled"]),
        ("refunded", ["created", "updated"]),
        ("checkout-draft", []),
    ],
)
def test_what_a_status_tells(status: str, events: list[str]) -> None:
    late = {"date_modified_gmt": "2026-03-03T11:00:00", "date_completed_gmt": "2026-03-02T11:00:00"}
    assert [change.event for change in orders(woo_order(status=status, **late))] == events


def test_a_guest_is_no_customer() -> None:
    assert orders(woo_order(customer_id=0))[0].customer_id is UNSET


@pytest.mark.parametrize(
    "meta",
    [
        {"key": "_wc_shipment_tracking_items", "value": [{"tracking_provider": "UPS", "tracking_number": "1Z 9"}]},
        {
            "key": "_wc_shipment_tracking_items",
            "value": '[{"custom_tracking_provider": "ups", "tracking_number": "1Z9"}]',
        },
        {"key": "_aftership_tracking_items", "value": [{"slug": "ups", "tracking_number": "1Z9"}]},
    ],
)
def test_parcels_of_tracking_plugins(meta: dict[str, object]) -> None:
    (change,) = orders(woo_order(meta_data=[{"key": "_other", "value": {"x": 1}}, meta]))
    assert [one.shipment_id for one in change.shipments] == ["ups:1Z9"]


def test_a_single_number_and_its_company_and_no_number_twice() -> None:
    single = [{"key": "_tracking_number", "value": "1Z9"}, {"key": "_tracking_provider", "value": "UPS"}]
    items = {"key": "_wc_shipment_tracking_items", "value": [{"tracking_number": "1Z9", "date_shipped": "1772445600"}]}
    assert [one.shipment_id for one in orders(woo_order(meta_data=single))[0].shipments] == ["ups:1Z9"]
    (parcel,) = orders(woo_order(meta_data=[*single, items]))[0].shipments
    assert str(parcel.shipped_at) == "2026-03-02 10:00:00+00:00"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"id": 727}, "schema_invalid"),
        (["x"], "schema_invalid"),
        (woo_order(id=None), "semantic_invalid"),
        (
            woo_order(date_created_gmt=None, date_created=None, date_modified_gmt=None, date_modified="x"),
            "semantic_invalid",
        ),
        (woo_order(shipping="Jane"), "schema_invalid"),
    ],
)
def test_bad_orders_are_refused(message: object, reason: str) -> None:
    result = parse_order("woocommerce", dump(message))
    assert isinstance(result, Rejected)
    assert result.reason == reason
    assert "Jane" not in result.message


@pytest.mark.parametrize(
    "parcels",
    [
        {"0": {"tracking_provider": "usps", "tracking_number": "94"}, "2": {"tracking_number": "1Z999AA10123456784"}},
        '{"0":{"tracking_provider":"usps","tracking_number":"94"},"2":{"tracking_number":"1Z999AA10123456784"}}',
        [{"tracking_provider": "usps", "tracking_number": "94"}, {"tracking_number": "1Z999AA10123456784"}],
    ],
)
def test_a_list_from_which_an_item_was_taken_comes_as_an_object(parcels: object) -> None:
    (change,) = orders(woo_order(meta_data=[{"key": "_wc_shipment_tracking_items", "value": parcels}]))
    assert [one.shipment_id for one in change.shipments] == ["usps:94", "ups:1Z999AA10123456784"]


def test_parcels_beside_the_meta_data_and_labels_bought_in_the_shop() -> None:
    beside = [{"tracking_provider": "fedex", "tracking_number": "7", "date_shipped": "2026-03-02"}]
    (change,) = orders(woo_order(shipment_trackings=beside))
    assert [(one.shipment_id, one.shipped_at and one.shipped_at.day) for one in change.shipments] == [("fedex:7", 2)]
    bought = {"tracking": "94", "carrier_id": "usps", "status": "PURCHASED"}
    labels = [bought, {**bought, "tracking": "95", "refund": {"status": "complete"}}, {**bought, "tracking": None}]
    (change,) = orders(woo_order(meta_data=[{"key": "wc_connect_labels", "value": labels}]))
    assert [one.shipment_id for one in change.shipments] == ["usps:94"]


def test_a_list_of_orders_is_read_order_by_order() -> None:
    assert [change.order_id for change in orders([woo_order(), woo_order(id=728), woo_order(status="auto-draft")])] == [
        "727",
        "728",
    ]
