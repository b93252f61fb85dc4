"""Landmark: the order of the list holds, whatever its clocks say."""

import pytest

from tests.rules.normalize.carrier_payloads import read, told
from tests.rules.normalize.small_carrier_payloads import landmark


def test_delivered_before_crossing_keeps_the_order_of_the_file() -> None:
    rows = [("50", "2026-03-01 04:30:00"), ("150", "2026-03-02 07:55:00"), ("500", "2026-03-02 04:23:00")]
    assert [code for code, _, _ in told("landmark", landmark(*rows))] == ["50", "150", "500"]


def test_a_list_that_falls_is_turned() -> None:
    rows = [("500", "2026-03-03 04:23:00"), ("150", "2026-03-02 07:55:00"), ("50", "2026-03-01 04:30:00")]
    assert [code for code, _, _ in told("landmark", landmark(*rows))] == ["50", "150", "500"]


@pytest.mark.parametrize(
    ("when", "place", "at", "quality"),
    [
        ("2026-07-01 14:00:00", "London, UK", "13:00", "zone_inferred"),
        ("07/01/2026 02:00 PM", "London, UK", "13:00", "zone_inferred"),
        ("07/01/2026 02:00 PM", "Roundwood, WW", "14:00", "naive"),
    ],
)
def test_both_forms_of_its_times(when: str, place: str, at: str, quality: str) -> None:
    (scan,) = read("landmark", landmark(("300", when), place=place))
    assert (str(scan.occurred_at), scan.time_quality) == (f"2026-07-01 {at}:00+00:00", quality)


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        ("90", "delayed", "payment_due"),
        ("100", "label_created", None),
        ("400", "attempted", "unspecified"),
        ("410", "in_transit", "awaiting_customer_pickup"),
        ("900", "attempted", "undeliverable"),
    ],
)
def test_codes(code: str, state: str, reason: str | None) -> None:
    assert told("landmark", landmark((code, "2026-03-01 04:30:00"))) == [(code, state, reason)]


def test_an_unknown_code_is_unmapped_and_an_error_holds_no_scan() -> None:
    assert [scan.mapped for scan in read("landmark", landmark(("999", "2026-03-01 04:30:00")))] == [False]
    assert read("landmark", b"<TrackResponse><Errors><Error>none</Error></Errors></TrackResponse>") == ()


def test_the_expected_delivery_goes_to_the_latest_scan() -> None:
    raw = landmark(("50", "2026-03-01 04:30:00"), ("150", "2026-03-02 07:55:00"))
    raw = raw.replace(b"<Events>", b"<ExpectedDelivery>03/05/2026</ExpectedDelivery><Events>")
    estimates = [str(scan.estimated_delivery_at) for scan in read("landmark", raw)]
    assert estimates == ["None", "2026-03-05 12:00:00+00:00"]


def test_two_packages_are_two_shipments_and_an_error_is_none() -> None:
    raw = landmark(("50", "2026-03-01 04:30:00"))
    start, end = raw.index(b"<Package>"), raw.index(b"</Package>") + len(b"</Package>")
    second = raw[start:end].replace(b"<TrackingNumber>", b"<TrackingNumber>Z")
    found = {scan.shipment_id for scan in read("landmark", raw[:end] + second + raw[end:])}
    assert len(found) == 2
    error = b"<TrackResponse><Errors><Error><ErrorCode>104</ErrorCode></Error></Errors></TrackResponse>"
    assert read("landmark", error) == ()
