"""FedEx: sub-codes, notices that change nothing, and two parcels under one number."""

import pytest

from rules.normalize import parse_scans
from schemas.facts import Rejected, Scan
from tests.rules.normalize.payloads import dump, fedex, fedex_event, fedex_result, fedex_xml

WHEN = "2026-03-02T11:00:00-08:00"


def read(raw: bytes) -> tuple[Scan, ...]:
    result = parse_scans("fedex", raw)
    assert not isinstance(result, Rejected), result
    return result


def one(kind: str, exception: str = "", said: str = "") -> Scan:
    (scan,) = read(fedex(fedex_result(fedex_event(kind, WHEN, exception, said))))
    return scan


@pytest.mark.parametrize(
    ("kind", "exception", "said", "state", "reason"),
    [
        ("DE", "007", "", "attempted", "recipient_unavailable"),
        ("DE", "08", "", "attempted", "recipient_unavailable"),
        ("DE", "A47", "", "in_transit", "redirected"),
        ("DE", "A13", "", "in_transit", "redirected"),
        ("DE", "03", "", "attempted", "address_issue"),
        ("DE", "07", "Shipment refused by recipient", "attempted", "refused"),
        ("DE", "Q99", "", "attempted", "unspecified"),
        ("SE", "Q99", "Clearance delay - Import", "delayed", "customs_hold"),
        ("DY", "A52", "", "delayed", "carrier_delay"),
        ("AF", "A3", "", "in_transit", "awaiting_customer_pickup"),
        ("AF", "", "", "in_transit", None),
        ("HP", "015A", "", "in_transit", "awaiting_customer_pickup"),
        ("AO", "", "", None, None),
        ("AE", "", "", None, None),
        ("RR", "A12", "", None, None),
        ("RP", "", "", None, "return_label"),
        ("RT", "", "", None, None),
        ("RS", "", "", "returned", None),
        ("CA", "", "", "label_created", "cancelled"),
        ("OX", "", "", "label_created", "handoff"),
        ("DL", "", "Package returned to shipper", "returned", None),
        ("DL", "014", "Left at front door", "delivered", None),
        ("Ow", "", "", "in_transit", None),
    ],
)
def test_codes(kind: str, exception: str, said: str, state: str | None, reason: str | None) -> None:
    scan = one(kind, exception, said)
    assert (scan.state, scan.reason, scan.mapped) == (state, reason, True)
    assert scan.code == (f"{kind}/{exception}" if exception else kind)


@pytest.mark.parametrize(("kind", "exception"), [("Q9", ""), ("Q9", "A47"), ("", "08")])
def test_an_unknown_event_type_is_unmapped(kind: str, exception: str) -> None:
    scan = one(kind, exception, "Delivered")
    assert (scan.state, scan.mapped) == (None, False)


def test_one_number_with_two_unique_ids_is_two_parcels() -> None:
    results = [fedex_result(fedex_event("PU", WHEN), unique_id=f"2600{n}~700000000001~FDEG") for n in (1, 2)]
    assert [scan.shipment_id for scan in read(fedex(*results))] == [
        "fedex:700000000001:26001~700000000001~FDEG",
        "fedex:700000000001:26002~700000000001~FDEG",
    ]


def test_a_ground_pickup_at_midnight_is_a_day_and_comes_after_its_label() -> None:
    events = [
        fedex_event("AR", "2026-03-02T18:35:00-08:00"),
        fedex_event("OC", "2026-03-02T10:36:00-08:00"),
        fedex_event("PU", "2026-03-02T00:00:00"),
    ]
    scans = read(fedex(fedex_result(*events)))
    assert [scan.code for scan in scans] == ["OC", "PU", "AR"]
    assert (str(scans[1].occurred_at), scans[1].time_quality) == ("2026-03-02 12:00:00+00:00", "date_only")


def test_the_estimate_goes_to_the_latest_scan() -> None:
    window = {"window": {"ends": "2026-03-04T20:00:00-08:00"}}
    (scan,) = read(fedex(fedex_result(fedex_event("OD", WHEN), estimatedDeliveryTimeWindow=window)))
    assert str(scan.estimated_delivery_at) == "2026-03-05 04:00:00+00:00"


@pytest.mark.parametrize("prefix", ["", "v9"])
def test_soap_with_and_without_prefixes(prefix: str) -> None:
    rows = [("DL", "005", "2026-03-02T18:03:00-08:00"), ("DE", "007", "2026-03-01T14:30:44-08:00")]
    assert [(scan.code, scan.state) for scan in read(fedex_xml(*rows, prefix=prefix))] == [
        ("DE/007", "attempted"),
        ("DL/005", "delivered"),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        {
            "output": {
                "completeTrackResults": [{"trackResults": [{"error": {"code": "TRACKING.TRACKINGNUMBER.NOTFOUND"}}]}]
            }
        },
        {"transactionId": "t", "errors": [{"code": "NOT.AUTHORIZED.ERROR"}]},
        {"output": {}},
    ],
)
def test_a_number_not_found_holds_no_scan(answer: object) -> None:
    assert read(dump(answer)) == ()


def test_an_answer_without_detailed_scans_speaks_by_its_latest_status() -> None:
    why = [{"reason": "08", "reasonDescription": "Customer not available"}]
    where = {"city": "Boise", "stateOrProvinceCode": "ID", "countryCode": "US"}
    latest = {"code": "DE", "description": "Delivery exception", "ancillaryDetails": why, "scanLocation": where}
    number = {"trackingNumber": "123", "trackingNumberUniqueId": "u"}
    result = {"trackingNumberInfo": number, "latestStatusDetail": latest, "scanEvents": []}
    raw = dump({"output": {"completeTrackResults": [{"trackingNumber": "123", "trackResults": [result]}]}})
    (scan,) = read(raw)
    assert (scan.shipment_id, scan.code, scan.state) == ("fedex:123:u", "DE/08", "attempted")
    assert (scan.reason, scan.time_quality) == ("recipient_unavailable", "missing")


def test_the_latest_status_has_the_time_of_its_date() -> None:
    latest = {"code": "DL", "description": "Delivered"}
    dates = [{"type": "SHIP", "dateTime": WHEN[:10]}, {"type": "ACTUAL_DELIVERY", "dateTime": WHEN}]
    result = {"latestStatusDetail": latest, "dateAndTimes": dates}
    (scan,) = read(dump({"completeTrackResults": [{"trackingNumber": "123", "trackResults": [result]}]}))
    assert (scan.state, scan.raw_time) == ("delivered", WHEN)


def test_a_number_not_found_says_nothing() -> None:
    error = {"code": "TRACKING.TRACKINGNUMBER.NOTFOUND", "message": "not found"}
    result = {"trackingNumberInfo": {"trackingNumber": "123"}, "error": error, "latestStatusDetail": {"code": "OC"}}
    assert read(dump({"output": {"completeTrackResults": [{"trackResults": [result]}]}})) == ()


def test_a_reply_read_by_a_soap_library_is_the_same_reply() -> None:
    status = {"Code": "DL", "CreationTime": WHEN, "Description": "Delivered", "Location": {"CountryCode": "US"}}
    details = [{"TrackingNumber": "123", "StatusDetail": status}]
    (scan,) = read(dump({"CompletedTrackDetails": [{"TrackDetails": details}]}))
    assert (scan.shipment_id, scan.state, scan.raw_time) == ("fedex:123", "delivered", WHEN)
