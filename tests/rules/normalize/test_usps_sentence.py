"""USPS sentences: the event, its time and place out of one text, and nothing lost where they cannot be read."""

import pytest

from rules.normalize import usps_sentence
from tests.rules.normalize.carrier_payloads import read, told
from tests.rules.normalize.payloads import dump

SENDER = "usps"
DELIVERED = "Your item was delivered in or at the mailbox at 1:22 pm on March 5, 2026 in MEMPHIS, TN 38118."
OLDEST = """<TrackResponse><TrackInfo ID="9400"><TrackSummary>Your item was delivered at 8:10 am on June 1 in
Wilmington DE 19801.</TrackSummary><TrackDetail>May 30 11:07 am NOTICE LEFT WILMINGTON DE 19801.</TrackDetail>
<TrackDetail>May 29 11:07 am ARRIVAL AT UNIT WILMINGTON DE 19850.</TrackDetail>
<TrackDetail>May 28 11:07 am ARRIVAL AT UNIT WILMINGTON DE 19850.</TrackDetail></TrackInfo></TrackResponse>"""


@pytest.mark.parametrize(
    ("sentence", "event", "day", "clock", "city"),
    [
        (
            "Out for Delivery, March 5, 2026, 6:10 am, MEMPHIS, TN 38118",
            "Out for Delivery",
            "March 5, 2026",
            "6:10 am",
            7,
        ),
        (DELIVERED, DELIVERED, "March 5, 2026", "1:22 pm", 7),
        ("Out for delivery on March 5, 2026 at 8:41 am in AVON, GA 30277.", None, "March 5, 2026", "8:41 am", 4),
        ("Arrived at Facility, March 4, 2026, 2:00 am, MEMPHIS TN DISTRIBUTION", "Arrived at Facility", ..., ..., 0),
        (
            "May 30 11:07 am NOTICE LEFT WILMINGTON DE 19801.",
            "NOTICE LEFT WILMINGTON DE 19801.",
            "May 30",
            "11:07 am",
            0,
        ),
        ("Something else entirely", "Something else entirely", None, None, 0),
    ],
)
def test_a_sentence_gives_what_it_tells(
    sentence: str, event: str | None, day: object, clock: object, city: int
) -> None:
    found = usps_sentence.read(sentence)
    assert found["Event"] == (event or sentence)
    if day is not ...:
        assert (found.get("EventDate"), found.get("EventTime")) == (day, clock)
    assert len(str(found.get("EventCity", ""))) == city


def test_the_oldest_form_keeps_every_scan_though_its_year_is_unknown() -> None:
    scans = read(SENDER, OLDEST.encode())
    assert [(scan.state, scan.raw_time) for scan in scans] == [
        ("in_transit", "May 28 11:07 am"),
        ("in_transit", "May 29 11:07 am"),
        ("attempted", "May 30 11:07 am"),
        ("delivered", "June 1 8:10 am"),
    ]
    assert {scan.time_quality for scan in scans} == {"missing"}


def test_a_summary_without_events_speaks_by_its_sentences() -> None:
    listed = ["Out for Delivery, March 5, 2026, 6:10 am, MEMPHIS, TN 38118", "Arriving Late, March 4, 2026"]
    raw = dump({"trackingNumber": "9400", "statusCategory": "Delivered", "eventSummaries": [DELIVERED, *listed]})
    assert told(SENDER, raw) == [
        (None, "delayed", "carrier_delay"),
        (None, "out_for_delivery", None),
        (None, "delivered", None),
    ]
    assert str(read(SENDER, raw)[-1].occurred_at) == "2026-03-05 19:22:00+00:00"


def test_a_status_alone_is_one_scan_without_a_time() -> None:
    (scan,) = read(SENDER, dump({"trackingNumber": "9400", "status": "Delivered, Front Door/Porch"}))
    assert (scan.state, scan.time_quality) == ("delivered", "missing")


def test_a_pushed_payload_is_the_answer_inside_it() -> None:
    event = {"eventCode": "01", "eventType": "Delivered", "eventTimestamp": "2026-03-05T10:00:00", "eventState": "CA"}
    raw = dump({"subscriptionId": "x", "payload": {"trackingNumber": "9400", "trackingEvents": [event]}})
    assert told(SENDER, raw) == [("01", "delivered", None)]
