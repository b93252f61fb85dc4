"""UPS Quantum View: events known by their kind, codes of exceptions, and several parcels in one file."""

from typing import Any

from tests.rules.normalize.carrier_payloads import read, told
from tests.rules.normalize.payloads import Json, dump

SENDER = "ups"
ATLANTA = {"AddressArtifactFormat": {"PoliticalDivision2": "ATLANTA", "PoliticalDivision1": "GA", "CountryCode": "USA"}}
XML = """<QuantumViewResponse><Response/><QuantumViewEvents><SubscriberID>x</SubscriberID><SubscriptionEvents>
<SubscriptionFile><Delivery><TrackingNumber>1Z0000000000000005</TrackingNumber><Date>20260304</Date>
<Time>120000</Time></Delivery></SubscriptionFile></SubscriptionEvents></QuantumViewEvents></QuantumViewResponse>"""


def event(day: str = "20260302", clock: str = "100000", number: str = "1Z0000000000000003", **more: Any) -> Json:
    return {"TrackingNumber": number, "Date": day, "Time": clock, "ActivityLocation": ATLANTA, **more}


def answer(**file: Any) -> bytes:
    subscription = {"Name": "all", "SubscriptionFile": [{"FileName": "f", **file}]}
    return dump({"QuantumViewResponse": {"QuantumViewEvents": {"SubscriptionEvents": [subscription]}}})


def test_kinds_and_codes_have_their_meaning() -> None:
    activity = {"Activity": {"Date": "20260301", "Time": "093000"}, "TrackingNumber": "1Z0000000000000003"}
    generic = {"TrackingNumber": "1Z0000000000000003", "Activity": {"Date": "20260304", "Time": "050000"}}
    raw = answer(
        Delivery=event("20260304"),
        Origin=event(),
        Manifest=[{"PickupDate": "20260301", "Package": [activity]}],
        Exception=[event("20260303", StatusCode="DJ"), event("20260303", "110000", StatusCode="ZZ9")],
        Generic=[{**generic, "ActivityType": "OD"}, {**generic, "ActivityType": "ZZ"}],
    )
    assert told(SENDER, raw) == [
        (None, "label_created", None),
        (None, "picked_up", None),
        ("DJ", "delayed", "weather"),
        ("ZZ9", None, None),
        ("OD", "out_for_delivery", None),
        ("ZZ", None, None),
        (None, "delivered", None),
    ]
    assert [scan.code for scan in read(SENDER, raw) if not scan.mapped] == ["ZZ9", "ZZ"]


def test_times_are_those_of_the_place() -> None:
    (scan,) = read(SENDER, answer(Origin=event(clock="183000")))
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-03-02 23:30:00+00:00", "zone_inferred")


def test_parcels_of_one_file_keep_apart() -> None:
    raw = answer(Origin=[event(), event(number="1Z0000000000000004")])
    assert [scan.shipment_id for scan in read(SENDER, raw)] == ["ups:1Z0000000000000003", "ups:1Z0000000000000004"]


def test_xml_reads_like_json_and_no_waiting_file_says_nothing() -> None:
    assert told(SENDER, XML.encode()) == [(None, "delivered", None)]
    assert read(SENDER, dump({"QuantumViewResponse": {"Response": {"ResponseStatusCode": "0"}}})) == ()
