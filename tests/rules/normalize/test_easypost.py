"""EasyPost: the carrier's code first, else its own status with detail and text."""

import orjson
import pytest

from rules.normalize import parse_scans
from schemas.facts import Rejected, Scan
from tests.rules.normalize.payloads import dump, easypost, easypost_detail

WHEN = "2026-03-02T10:00:00Z"


def read(raw: bytes) -> tuple[Scan, ...]:
    result = parse_scans("easypost", raw)
    assert not isinstance(result, Rejected), result
    return result


def one(status: str, message: str = "Something happened", **more: object) -> Scan:
    (scan,) = read(easypost(easypost_detail(status, WHEN, message, **more)))
    return scan


@pytest.mark.parametrize(
    ("status", "detail", "message", "state", "reason"),
    [
        ("pre_transit", "label_created", "Label", "label_created", None),
        ("in_transit", "arrived_at_facility", "Picked up", "picked_up", None),
        ("in_transit", "arrived_at_facility", "Arrived", "in_transit", None),
        ("in_transit", "delayed", "Sorry", "delayed", "carrier_delay"),
        ("in_transit", "lost", "Sorry", "delayed", "lost"),
        ("in_transit", "nonsense", "On its way", "in_transit", None),
        ("available_for_pickup", None, "Ready", "in_transit", "awaiting_customer_pickup"),
        ("delivered", "arrived_at_pickup_location", "Delivered", "in_transit", "awaiting_customer_pickup"),
        ("delivered", "arrived_at_destination", "Delivered, front door", "delivered", None),
        ("return_to_sender", "return", "Address Does Not Exist - Returning", "returned", "address_issue"),
        ("return_to_sender", "in_transit", "Returning", "returned", None),
        ("return_to_sender", "refused", "Returning", "returned", "refused"),
        ("failure", "damaged", "Sorry", "damaged", "damaged"),
        ("failure", "failure", "Sorry", "attempted", "unspecified"),
        ("cancelled", None, "Void", "label_created", "cancelled"),
        ("canceled", None, "Void", "label_created", "cancelled"),
        ("unknown", "unknown", "", None, "no_info"),
        ("error", None, "", None, None),
    ],
)
def test_statuses(status: str, detail: str | None, message: str, state: str | None, reason: str | None) -> None:
    scan = one(status, message, status_detail=detail)
    assert (scan.state, scan.reason, scan.mapped, scan.code) == (state, reason, True, status)


def test_the_carriers_code_comes_first() -> None:
    scan = one("in_transit", "Notice", carrier_code="AO")
    assert (scan.state, scan.informational, scan.code) == (None, True, "AO")


def test_a_carriers_code_that_we_do_not_know_leaves_the_status_standing() -> None:
    scan = one("out_for_delivery", carrier_code="Q9Q")
    assert (scan.state, scan.code, scan.mapped) == ("out_for_delivery", "Q9Q", True)


@pytest.mark.parametrize("code", [None, "Q9Q"])
def test_an_unknown_status_is_unmapped(code: str | None) -> None:
    scan = one("wonderful", "Delivered", carrier_code=code, status_detail="delivered")
    assert (scan.state, scan.mapped) == (None, False)


@pytest.mark.parametrize(
    ("spelling", "word"),
    [("FedEx", "fedex"), ("UPS®", "ups"), ("UPSDAP", "ups"), ("DHLExpress", "dhl_express"), ("Acme Post", "acme-post")],
)
def test_spellings_of_carriers_meet(spelling: str, word: str) -> None:
    (scan,) = read(easypost(easypost_detail("delivered", WHEN, "Delivered"), carrier=spelling))
    assert scan.carrier == word


def test_the_webhook_carries_the_tracker_and_others_none() -> None:
    tracker = {"object": "Tracker", "tracking_code": "1", "carrier": "UPS"}
    details = [easypost_detail("delivered", WHEN, "Delivered")]
    event = {"object": "Event", "description": "tracker.updated", "result": {**tracker, "tracking_details": details}}
    assert [scan.shipment_id for scan in read(dump(event))] == ["ups:1"]
    assert read(dump({"object": "Event", "description": "batch.updated", "result": {"object": "Batch"}})) == ()
    assert read(dump(tracker)) == ()


def test_a_return_label_delivered_is_the_senders() -> None:
    (scan,) = read(easypost(easypost_detail("delivered", WHEN, "Delivered"), is_return=True))
    assert (scan.state, scan.flags, scan.direction) == ("returned", ("back_at_sender", "return_shipment"), "return")


def test_oldest_first_stays_and_newest_first_is_turned() -> None:
    rows = [easypost_detail("in_transit", f"2026-03-0{day}T10:00:00Z", f"Stop {day}") for day in (1, 2, 3)]
    for listed in (rows, rows[::-1]):
        assert [scan.description for scan in read(easypost(*listed))] == ["Stop 1", "Stop 2", "Stop 3"]


def test_an_impossible_estimate_is_left_out() -> None:
    detail = easypost_detail("delivered", WHEN, "Delivered")
    for written, kept in (("2875-10-22T00:00:00Z", False), ("2026-03-05T00:00:00Z", True)):
        (scan,) = read(easypost(detail, est_delivery_date=written))
        assert (scan.estimated_delivery_at is not None) is kept


def test_two_texts_in_one_minute_are_two_scans_and_a_repeated_one_is_not() -> None:
    rows = [easypost_detail("in_transit", WHEN, message) for message in ("Arrived", "Sorted", "Arrived")]
    assert [scan.description for scan in read(easypost(*rows))] == ["Arrived", "Sorted"]


def test_a_list_of_events_is_read_event_by_event() -> None:
    event = orjson.loads(easypost(easypost_detail("delivered", "2026-03-02T10:00:00Z", "Delivered")))
    tracker = event.get("result", event)
    events = [{"object": "Event", "result": tracker}, {"object": "Event", "result": {}}]
    assert [scan.state for scan in read(dump({"events": events, "has_more": False}))] == ["delivered"]
