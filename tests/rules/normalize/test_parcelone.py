"""ParcelOne: codes that contradict their text, and the answer that ends at the last mile."""

import pytest

from tests.rules.normalize.carrier_payloads import read, told
from tests.rules.normalize.payloads import dump
from tests.rules.normalize.small_carrier_payloads import parcelone


@pytest.mark.parametrize(
    ("code", "said", "state", "reason"),
    [
        ("REGISTERED", "Data received", "label_created", None),
        ("REGISTERED", "Shipment picked up", "picked_up", None),
        ("IN_TRANSIT", "Out for delivery", "out_for_delivery", None),
        ("DELIVERED", "Out for delivery", "delivered", None),
        ("DELIVERED_PARCELSHOP", "Delivered", "in_transit", "awaiting_customer_pickup"),
        ("NOT_DELIVERED", "Consignee not available", "attempted", "recipient_unavailable"),
        ("PAYMENT_REQUIRED", "Duties", "delayed", "payment_due"),
    ],
)
def test_codes(code: str, said: str, state: str, reason: str | None) -> None:
    assert told("parcelone", parcelone((code, said))) == [(code, state, reason)]


def test_a_naive_time_is_read_in_its_place() -> None:
    (scan,) = read("parcelone", parcelone(("DEPARTED", "Departed")))
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-03-02 09:00:00+00:00", "zone_inferred")


def last_mile(code: str, common: str) -> bytes:
    times = {"EventdateCET": "2026-03-02T10:00:00+01:00", "EventdateUTC": "2026-03-02T09:00:00+00:00"}
    event = {**times, "Statuscode": code, "Status": "Something", "Location": "DE Pohlheim", "DeliveryStatus": common}
    return dump({"P1Trackno": "4050000000002", "TrackingEvents": [event]})


def test_the_answer_up_to_the_last_mile() -> None:
    assert told("parcelone", last_mile("394", "InTransit_001")) == [("394", "in_transit", "handoff")]
    assert told("parcelone", last_mile("777", "Exception_013")) == [("777", "delayed", "lost")]
    (scan,) = read("parcelone", last_mile("394", ""))
    assert (scan.shipment_id, scan.time_quality) == ("parcelone:4050000000002", "offset")


def test_an_unknown_code_is_unmapped_and_an_error_holds_no_scan() -> None:
    assert [scan.mapped for scan in read("parcelone", parcelone(("TELEPORTED", "Delivered")))] == [False]
    assert read("parcelone", dump({"Error": "No shipment data found yet"})) == ()


def test_a_date_with_dots_is_german() -> None:
    (scan,) = read("parcelone", parcelone(("DELIVERED", "Delivered"), when="02.03.2026 12:00"))
    assert (scan.occurred_at and scan.occurred_at.date().isoformat(), scan.raw_time) == (
        "2026-03-02",
        "02.03.2026 12:00",
    )
