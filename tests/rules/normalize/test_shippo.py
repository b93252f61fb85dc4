"""Shippo: status and substatus, and text only where there is no substatus."""

import pytest

from tests.rules.normalize.aggregator_payloads import shippo, shippo_event
from tests.rules.normalize.carrier_payloads import read, told
from tests.rules.normalize.payloads import dump


@pytest.mark.parametrize(
    ("status", "substatus", "said", "state", "reason"),
    [
        ("PRE_TRANSIT", "information_received", "...", "label_created", None),
        ("TRANSIT", "package_accepted", "...", "picked_up", None),
        ("TRANSIT", "delivery_attempted", "...", "attempted", "unspecified"),
        ("TRANSIT", "pickup_available", "...", "in_transit", "awaiting_customer_pickup"),
        ("TRANSIT", None, "Out for Delivery, expected by 9pm", "out_for_delivery", None),
        ("TRANSIT", None, "Accepted at USPS origin facility", "picked_up", None),
        ("TRANSIT", None, "Departed", "in_transit", None),
        ("FAILURE", "package_lost", "...", "delayed", "lost"),
        ("FAILURE", "package_disposed", "...", "damaged", "destroyed_or_seized"),
        ("RETURNED", "package_unclaimed", "...", "returned", "not_collected"),
        ("UNKNOWN", None, "...", None, "no_info"),
    ],
)
def test_codes(status: str, substatus: str | None, said: str, state: str | None, reason: str | None) -> None:
    code = f"{status}/{substatus}" if substatus else status
    assert told("shippo", shippo(shippo_event(status, substatus, said))) == [(code, state, reason)]


def test_a_substatus_that_contradicts_its_status_yields_to_it() -> None:
    event = shippo_event("DELIVERED", "information_received", "Delivered")
    assert told("shippo", shippo(event)) == [("DELIVERED/information_received", "delivered", None)]


def test_text_does_not_refine_a_status_with_substatus() -> None:
    assert told("shippo", shippo(shippo_event("TRANSIT", "package_arrived", "Out for delivery")))[0][1] == "in_transit"
    assert told("shippo", shippo(shippo_event("TRANSIT", "brand_new", "Out for delivery")))[0][1] == "in_transit"


def test_an_unknown_status_is_unmapped() -> None:
    (scan,) = read("shippo", shippo(shippo_event("TELEPORTED", "delivered", "Delivered")))
    assert (scan.state, scan.mapped) == (None, False)


def test_a_status_alone_is_a_scan_and_beside_its_history_none() -> None:
    event = shippo_event("DELIVERED", "delivered")
    assert len(read("shippo", shippo(event))) == 1
    track = {"carrier": "usps", "tracking_number": "94", "tracking_history": [], "tracking_status": event}
    assert [scan.shipment_id for scan in read("shippo", dump(track))] == ["usps:94"]


def test_other_webhooks_and_unused_tracks_hold_no_scan() -> None:
    assert read("shippo", dump({"event": "transaction_created", "data": {"object_id": "t"}})) == ()
    assert read("shippo", dump({"carrier": "usps", "tracking_number": "94", "tracking_status": None})) == ()


def test_a_status_newer_than_its_history_is_a_scan_too() -> None:
    old, new = (shippo_event("TRANSIT", None, "Departed", f"2026-03-0{day}T10:00:00Z") for day in (1, 2))
    older = shippo_event("PRE_TRANSIT", None, "Label", "2026-02-27T10:00:00Z")
    track = {"carrier": "usps", "tracking_number": "94", "tracking_history": [old]}
    assert len(read("shippo", dump({**track, "tracking_status": new}))) == 2
    assert len(read("shippo", dump({**track, "tracking_status": older}))) == 1
    assert len(read("shippo", dump({**track, "tracking_status": {**new, "status_date": None}}))) == 1
