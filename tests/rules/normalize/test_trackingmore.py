"""TrackingMore: words that lie, names that change with the version, times without a zone."""

import pytest

from tests.rules.normalize.aggregator_payloads import trackingmore, trackingmore_event
from tests.rules.normalize.carrier_payloads import read, told
from tests.rules.normalize.payloads import dump


@pytest.mark.parametrize(
    ("status", "substatus", "state", "reason"),
    [
        ("inforeceived", "inforeceived001", "label_created", None),
        ("pickup", None, "out_for_delivery", None),
        ("pickup", "pickup002", "in_transit", "awaiting_customer_pickup"),
        ("pickup", "pickup099", "out_for_delivery", None),
        ("exception", "exception007", "delayed", "lost_suspected"),
        ("exception", "exception010", "returned", None),
        ("undelivered", "undelivered002", "attempted", "recipient_unavailable"),
        ("expired", "expired001", None, "tracking_expired"),
    ],
)
def test_codes(status: str, substatus: str | None, state: str | None, reason: str | None) -> None:
    raw = trackingmore(trackingmore_event(status, substatus))
    assert told("trackingmore", raw) == [(substatus or status, state, reason)]


def test_an_unknown_status_is_unmapped() -> None:
    assert [scan.mapped for scan in read("trackingmore", trackingmore(trackingmore_event("teleported")))] == [False]


def test_both_legs_of_an_old_answer_are_one_history() -> None:
    row = {
        "Date": "2026-03-02 10:00",
        "StatusDescription": "Left",
        "Details": "Shenzhen",
        "checkpoint_status": "transit",
    }
    last = {**row, "Date": "2026-03-04 10:00", "checkpoint_status": "delivered"}
    track = {"tracking_number": "94", "carrier_code": "usps", "status": "delivered"}
    legs = {"origin_info": {"trackinfo": [row]}, "destination_info": {"trackinfo": [last, row]}}
    scans = read("trackingmore", dump({"meta": {"code": 200}, "data": {"items": [{**track, **legs}]}}))
    assert [(scan.state, scan.time_quality) for scan in scans] == [("in_transit", "naive"), ("delivered", "naive")]


def test_a_list_and_an_error_are_answers_too() -> None:
    assert read("trackingmore", dump({"meta": {"code": 200}, "data": []})) == ()
    assert read("trackingmore", dump({"meta": {"code": 4001}, "data": []})) == ()
    assert read("trackingmore", trackingmore()) == ()


def test_a_place_in_one_text_is_taken_apart() -> None:
    event = {**trackingmore_event("transit"), "location": "MEMPHIS, TN, US"}
    (scan,) = read("trackingmore", trackingmore(event))
    assert scan.location and (scan.location.city, scan.location.region, scan.location.country) == (
        "MEMPHIS",
        "TN",
        "US",
    )
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-03-02 16:00:00+00:00", "zone_inferred")


def test_the_second_version_and_a_batch_answer_are_read() -> None:
    info = [{"StatusDescription": "Out", "Date": "2026-03-02 10:00", "Details": "", "checkpoint_status": "pickup"}]
    track = {"tracking_number": "7", "carrier_code": "fedex", "origin_info": {"trackinfo": info}}
    for data in (track, {"items": [track]}, {"success": [track], "error": []}, [track]):
        assert told("trackingmore", dump({"meta": {"code": 200}, "data": data})) == [
            ("pickup", "out_for_delivery", None)
        ]
    assert read("trackingmore", dump({"meta": {"code": 4102}, "data": []})) == ()
