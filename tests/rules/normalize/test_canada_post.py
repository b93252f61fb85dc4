"""Canada Post: placeholders for times, and a parcel delivered twice."""

import pytest

from tests.rules.normalize.carrier_payloads import canada_page, canada_post, read, soap, tag, told
from tests.rules.normalize.payloads import Json, dump

SENDER = "canada_post"


def test_delivered_twice_keeps_every_state_as_scanned() -> None:
    raw = canada_post(
        ("1496", "2026-02-03", "11:59:59", "EST"),
        ("20", "2026-02-03", "11:59:59", "EST"),
        ("0174", "2026-02-03", "08:27:43", "EST"),
        ("0173", "2026-02-02", "06:19:57", "EST"),
        ("1496", "2026-02-01", "07:59:52", "EST"),
        ("20", "2026-02-01", "07:59:52", "EST"),
        ("0500", "2026-02-01", "07:51:23", "EST"),
    )
    states = [state for code, state, _ in told(SENDER, raw) if code != "20"]
    assert states == ["out_for_delivery", "delivered", "delayed", "out_for_delivery", "delivered"]


def test_a_signature_image_says_nothing_about_state() -> None:
    (scan,) = read(SENDER, canada_post(("20", "2026-02-03", "10:00:00", "EST")))
    assert (scan.state, scan.informational) == (None, True)


def test_one_second_before_noon_is_a_placeholder() -> None:
    (scan,) = read(SENDER, canada_post(("1496", "2026-02-03", "11:59:59", "EST")))
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-02-03 12:00:00+00:00", "placeholder")


def test_midnights_of_a_scan_abroad_are_days_in_the_lists_order() -> None:
    codes = ["1498", "0174", "4311", "8901", "0105", "1302", "3000"]
    days = ["2026-02-02", "2026-02-02", "2026-01-30", "2026-01-30", "2026-01-29", "2026-01-29", "2026-01-28"]
    scans = read(SENDER, canada_post(*((code, day, "00:00:00", "") for code, day in zip(codes, days, strict=True))))
    assert [scan.code for scan in scans] == codes[::-1]
    assert {scan.time_quality for scan in scans} == {"date_only"}


@pytest.mark.parametrize(
    ("zone", "hour", "quality"),
    [("EST", 15, "offset"), ("MST", 17, "offset"), ("CSTNO", 16, "offset"), ("ADT", 13, "offset"), ("", 10, "naive")],
)
def test_zones_are_abbreviations(zone: str, hour: int, quality: str) -> None:
    (scan,) = read(SENDER, canada_post(("0174", "2026-02-03", "10:00:00", zone)))
    assert scan.occurred_at is not None
    assert (scan.occurred_at.hour, scan.time_quality) == (hour, quality)


def test_a_label_after_its_pickup_keeps_its_time() -> None:
    raw = canada_post(("3000", "2026-02-03", "23:42:00", "EST"), ("0100", "2026-02-03", "18:34:00", "EST"))
    assert [state for _, state, _ in told(SENDER, raw)] == ["in_transit", "label_created"]


def test_a_lost_leading_zero_is_no_new_code() -> None:
    assert told(SENDER, canada_post(("174", "2026-02-03", "10:00:00", "EST"))) == [("174", "out_for_delivery", None)]


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        ("1411", "attempted", "business_closed"),
        ("1415", "returned", "address_issue"),
        ("1417", "returned", "refused"),
        ("1435", "attempted", "recipient_unavailable"),
        ("810", "delayed", "customs_hold"),
        ("0020", None, None),
        ("0610", None, None),
        ("9999", None, None),
    ],
)
def test_the_posts_own_list_says_what_a_code_means(code: str, state: str | None, reason: str | None) -> None:
    (scan,) = read(SENDER, canada_post((code, "2026-02-03", "10:00:00", "EST")))
    assert (scan.state, scan.reason, scan.mapped) == (state, reason, code != "9999")


SUMMARY: Json = {
    "pin": "7",
    "event-type": "INFO",
    "event-description": "Item processed",
    "event-date-time": "20260203:101112",
    "event-location": "SAINT-LAURENT, QC",
    "expected-delivery-date": "2026-02-04",
}


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "in_transit"),
        ({"event-type": "DELIVERED", "event-description": "Signature image recorded for Online viewing"}, "delivered"),
        ({"event-type": "out", "event-description": "Something"}, "out_for_delivery"),
        ({"event-description": "Something"}, None),
    ],
)
def test_a_summary_is_the_latest_event(changes: dict[str, str], state: str | None) -> None:
    (scan,) = read(SENDER, dump({"tracking-summary": {"pin-summary": [{**SUMMARY, **changes}]}}))
    assert (scan.shipment_id, scan.state, scan.mapped) == ("canada_post:7", state, state is not None)
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-02-03 15:11:12+00:00", "zone_inferred")


def test_a_summary_without_an_event_says_nothing() -> None:
    assert read(SENDER, b"<tracking-summary><pin-summary><pin>7</pin></pin-summary></tracking-summary>") == ()


def test_soap_and_the_newer_json_hold_the_same_detail() -> None:
    occurrence = "".join(tag(f"event-{name}", value) for name, value in (("identifier", 1496), ("date", "2026-02-03")))
    detail = tag("pin", 7) + tag("significant-events", tag("occurrence", occurrence))
    event = {"eventIdentifier": "1496", "eventDate": "2026-02-03", "eventTime": "", "eventProvince": "ON"}
    wrapped = soap(tag("get-tracking-detail-response", tag("tracking-detail", detail)))
    plain = dump({"pin": "7", "significantEvents": [event]})
    assert told(SENDER, wrapped) == told(SENDER, plain) == [("1496", "delivered", None)]
    assert (
        read(SENDER, dump([{"pin": "7", "eventType": "OUT", "eventDescription": "x"}]))[0].state == "out_for_delivery"
    )
    assert read(SENDER, soap(tag("Fault", tag("faultcode", "Server")))) == ()


def test_half_delivered_on_the_website_is_a_failed_attempt() -> None:
    assert told(SENDER, canada_page(status="HalfDelivered")) == [("HalfDelivered", "attempted", "unspecified")]


def test_the_website_gives_an_offset() -> None:
    (scan,) = read(SENDER, canada_page(("1496", "2026-02-03", "10:00:00", "-05:00"), status="Delivered"))
    assert (scan.state, str(scan.occurred_at)) == ("delivered", "2026-02-03 15:00:00+00:00")


def test_a_number_not_found_holds_no_scan() -> None:
    assert told(SENDER, b"<messages><message><code>004</code></message></messages>") == []
