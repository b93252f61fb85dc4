"""USPS: the UTC field that lost a day, blank clocks, and codes whose text matters."""

import pytest

from rules.normalize import parse_scans
from schemas.facts import Rejected, Scan
from tests.rules.normalize.payloads import dump, usps, usps_event, usps_xml


def read(raw: bytes) -> tuple[Scan, ...]:
    result = parse_scans("usps", raw)
    assert not isinstance(result, Rejected), result
    return result


def test_the_instant_comes_from_local_time_and_offset() -> None:
    (scan,) = read(usps(usps_event("SF", "2026-03-02T18:31:00", "-06:00", "2026-03-02T00:31:21Z")))
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-03-03 00:31:00+00:00", "offset")
    assert scan.raw_time == "2026-03-02T18:31:00"


@pytest.mark.parametrize(
    ("event", "at", "quality"),
    [
        (usps_event("MA", "2026-03-02T00:00:00"), "2026-03-02 12:00:00+00:00", "date_only"),
        (usps_event("MA", "2026-03-02T00:00:00", "-08:00"), "2026-03-02 08:00:00+00:00", "offset"),
        (usps_event("10", "2026-03-02T10:00:00"), "2026-03-02 18:00:00+00:00", "zone_inferred"),
        (usps_event("10", "2026-03-02T10:00:00", eventState=None), "2026-03-02 10:00:00+00:00", "naive"),
        (
            usps_event("10", "2026-03-02T20:00:00", None, "2026-03-02T04:00:09Z"),
            "2026-03-03 04:00:09+00:00",
            "gmt_field",
        ),
        (usps_event("10", None, None, "2026-03-02T04:00:09Z"), "2026-03-02 04:00:09+00:00", "gmt_field"),
        (usps_event("10", None), "None", "missing"),
        (usps_event("10", "soon"), "None", "missing"),
        (usps_event("10", "0001-01-01T00:00:00", "-06:00"), "None", "missing"),
    ],
)
def test_times(event: dict[str, object], at: str, quality: str) -> None:
    (scan,) = read(usps(event))
    assert (str(scan.occurred_at), scan.time_quality) == (at, quality)


@pytest.mark.parametrize(
    ("code", "text", "state", "reason", "flags"),
    [
        ("01", "Delivered, Front Door/Porch", "delivered", None, ()),
        ("01", "Delivered, To Original Sender", "returned", None, ("back_at_sender",)),
        ("02", "Notice Left", "attempted", "recipient_unavailable", ()),
        ("04", "Refused", "attempted", "refused", ("refused",)),
        ("09", "Return to Sender", "returned", None, ("returning",)),
        ("16", "Available for Pickup", "in_transit", "awaiting_customer_pickup", ("pickup_ready",)),
        ("44", "Customer Recall", "returned", "requested", ("returning",)),
        ("TL", "In Transit to Next Facility", "in_transit", None, ()),
        ("DX", "Delivery status not updated", None, "no_info", ()),
    ],
)
def test_codes(code: str, text: str, state: str | None, reason: str | None, flags: tuple[str, ...]) -> None:
    (scan,) = read(usps(usps_event(code, "2026-03-02T10:00:00", "-08:00", eventType=text)))
    assert (scan.state, scan.reason, scan.flags, scan.mapped) == (state, reason, flags, True)


def test_an_unknown_code_is_unmapped_even_when_its_text_sounds_well() -> None:
    (scan,) = read(usps(usps_event("Q9", "2026-03-02T10:00:00", eventType="Delivered, In/At Mailbox")))
    assert (scan.state, scan.mapped, scan.code) == (None, False, "Q9")


def test_blank_clocks_stay_beside_their_neighbour_and_the_label_comes_first() -> None:
    rows = [
        ("01", "March 4, 2026", "12:24 pm", "Delivered"),
        ("EF", "March 2, 2026", "", "Depart"),
        ("10", "March 2, 2026", "3:19 pm", "Processed"),
        ("MA", "March 2, 2026", "", "Label"),
        ("03", "March 2, 2026", "11:31 am", "Acceptance"),
    ]
    scans = read(usps_xml(*rows))
    assert [scan.code for scan in scans] == ["MA", "03", "10", "EF", "01"]
    assert [scan.time_quality for scan in scans] == ["date_only", "zone_inferred"] + ["zone_inferred", "date_only"] + [
        "zone_inferred"
    ]
    assert str(scans[1].occurred_at) == "2026-03-02 19:31:00+00:00"


@pytest.mark.parametrize(
    ("clock", "at"),
    [("12:00 am", "08:00"), ("12:30 pm", "20:30"), ("1:05 am", "09:05"), ("13:00 pm", "12:00"), ("noon", "12:00")],
)
def test_clocks_of_twelve_hours(clock: str, at: str) -> None:
    (scan,) = read(usps_xml(("10", "March 2, 2026", clock, "Processed")))
    assert str(scan.occurred_at) == f"2026-03-02 {at}:00+00:00"


def test_the_zip_prefix_comes_off_the_number() -> None:
    (scan,) = read(
        usps(usps_event("10", "2026-03-02T10:00:00"), trackingNumber="420 40202 9400 1000 0000 0000 0000 01")
    )
    assert scan.shipment_id == "usps:9400100000000000000001"


def test_a_return_delivered_is_the_merchants() -> None:
    (scan,) = read(usps(usps_event("01", "2026-03-02T10:00:00"), mailClass="USPS Ground Advantage Return Service"))
    assert (scan.state, scan.direction, scan.flags) == ("returned", "return", ("back_at_sender", "return_shipment"))


@pytest.mark.parametrize(
    "raw",
    [
        b'<TrackResponse><TrackInfo ID="94001"><Error><Number>-2147219283</Number></Error></TrackInfo></TrackResponse>',
        b"<Error><Number>80040b1a</Number><Description>Authorization failure</Description></Error>",
        dump({"apiVersion": "/v3", "error": {"code": "404", "message": "not found"}}),
        dump({"trackingNumber": "9400100000000000000001", "trackingEvents": []}),
    ],
)
def test_a_number_not_found_holds_no_scan(raw: bytes) -> None:
    assert read(raw) == ()


def test_the_plain_variant_without_fields_says_what_it_can() -> None:
    summary = b"<TrackSummary>The Postal Service could not locate the tracking information</TrackSummary>"
    raw = b'<TrackResponse><TrackInfo ID="94001">' + summary + b"</TrackInfo></TrackResponse>"
    (scan,) = read(raw)
    assert (scan.informational, scan.reason, scan.time_quality) == (True, "no_info", "missing")
