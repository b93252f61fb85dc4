"""Evri: stages by code, international parcels by wording."""

import pytest

from tests.rules.normalize.carrier_payloads import evri, read, told
from tests.rules.normalize.payloads import dump

SENDER = "evri"
WHEN = "2026-03-02T10:46:14Z"


@pytest.mark.parametrize(
    ("said", "state", "reason"),
    [
        ("Received at Evri", "picked_up", None),
        ("Received by carrier", "in_transit", "handoff"),
        ("Delivered", "delivered", None),
        ("Delivery Attempted", "attempted", "unspecified"),
        ("Delivery awaiting collection", "in_transit", "awaiting_customer_pickup"),
        ("Delivery Exception", "delayed", "unspecified"),
        ("Carrier label error", "delayed", "label_problem"),
    ],
)
def test_wording(said: str, state: str, reason: str | None) -> None:
    assert told(SENDER, evri((None, WHEN, said))) == [(None, state, reason)]


def test_a_stage_code_decides() -> None:
    assert told(SENDER, evri(("4_COURIER", WHEN, "Nearly delivered"))) == [("4_COURIER", "out_for_delivery", None)]


@pytest.mark.parametrize(("stage", "said"), [("5_MOON", "Delivered"), (None, "Beamed up")])
def test_an_unknown_stage_or_wording_is_unmapped(stage: str | None, said: str) -> None:
    (scan,) = read(SENDER, evri((stage, WHEN, said)))
    assert (scan.state, scan.mapped) == (None, False)


def test_a_plain_list_of_events_is_read() -> None:
    event = {"dateTime": "2026-03-02 10:46:14", "event": "Out for delivery", "location": "London"}
    (scan,) = read(SENDER, dump({"trackingNumber": "T00", "events": [event]}))
    assert (scan.state, scan.time_quality, scan.shipment_id) == ("out_for_delivery", "naive", "evri:T00")


def test_a_number_not_found_holds_no_scan() -> None:
    assert told(SENDER, dump({"results": []})) == []


def test_wall_clocks_of_several_countries_keep_the_lists_order() -> None:
    rows = [
        ("Out for delivery", "2026-03-02 07:00:00"),
        ("Arrived In Country", "2026-03-02 09:00:00"),
        ("Accepted", "2026-03-01 09:00:00"),
    ]
    events = [{"dateTime": when, "event": said} for said, when in rows]
    scans = read(SENDER, dump({"trackingNumber": "T00", "events": events}))
    assert [scan.state for scan in scans] == ["picked_up", "in_transit", "out_for_delivery"]
