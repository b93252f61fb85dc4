"""DPD: two histories in one answer, and a SOAP answer that does not name its parcel."""

import pytest

from rules.normalize import parse_scans
from schemas.facts import Rejected
from tests.rules.normalize.carrier_payloads import dpd_soap, mydpd, read, soap, tag, told
from tests.rules.normalize.payloads import Json, dump

SENDER = "dpd"
TWINS = (("DEYY", "2026-03-03", "10:41:30"), ("DEY", "2026-03-03", "10:12:00"), ("CCO", "2026-03-02", "16:30:00"))
FIRST = ("BetweenDepots", "8/17/2026 7:11:26 PM", "Puurs (BE)", "true")


def test_of_two_histories_one_is_read() -> None:
    history = (("PARCEL_HANDED", "2026-03-02T18:05:12", "+01:00"), ("DELIVERED", "2026-03-03T10:12:00", "+01:00"))
    assert [code for code, _, _ in told(SENDER, mydpd(*history, events=TWINS))] == ["PARCEL_HANDED", "DELIVERED"]


def test_the_other_history_stands_in_where_it_is_alone() -> None:
    assert told(SENDER, mydpd(events=TWINS)) == [
        ("CCO", "in_transit", "customs_cleared"),
        ("DEY", "delivered", None),
        ("DEYY", None, None),
    ]
    assert {scan.time_quality for scan in read(SENDER, mydpd(events=TWINS))} == {"zone_inferred"}


@pytest.mark.parametrize(
    ("zone", "at", "quality"),
    [
        ("+02:00", "2026-07-02 16:05:12+00:00", "offset"),
        ("Europe/Zurich", "2026-07-02 16:05:12+00:00", "offset"),
        ("Mars/Olympus", "2026-07-02 16:05:12+00:00", "zone_inferred"),
    ],
)
def test_a_zone_is_an_offset_or_a_name(zone: str, at: str, quality: str) -> None:
    (scan,) = read(SENDER, mydpd(("IN_TRANSIT", "2026-07-02T18:05:12", zone)))
    assert (str(scan.occurred_at), scan.time_quality) == (at, quality)


def test_the_catch_all_of_the_guest_api_is_unmapped() -> None:
    (scan,) = read(SENDER, mydpd(("OTHER", "2026-07-02T18:05:12", "+02:00")))
    assert (scan.state, scan.mapped) == (None, False)


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        ("ReturningFromDelivery", "attempted", "unspecified"),
        ("ParcelShop", "in_transit", "awaiting_customer_pickup"),
        ("PickedUp", "picked_up", None),
        ("Courier", "out_for_delivery", None),
        ("Delivered", "delivered", None),
    ],
)
def test_returning_from_delivery_is_no_return(status: str, state: str, reason: str | None) -> None:
    assert told(SENDER, dpd_soap((status, "8/17/2026 7:11:26 PM", "Puurs (BE)", "true"))) == [(status, state, reason)]


def test_soap_dates_are_american_and_times_belgian() -> None:
    (scan,) = read(SENDER, dpd_soap(FIRST))
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-08-17 17:11:26+00:00", "zone_inferred")
    assert scan.raw_time == "8/17/2026 7:11:26 PM"


def test_a_stage_ahead_is_no_scan() -> None:
    ahead = ("Delivered", "", "", "false")
    assert [code for code, _, _ in told(SENDER, dpd_soap(FIRST, ahead))] == ["BetweenDepots"]


def test_two_shops_minutes_apart_are_two_scans() -> None:
    rows = [("ParcelShop", f"8/18/2026 4:{minute}:57 PM", "Mechelen (BE)", "true") for minute in ("09", "15", "16")]
    assert len(read(SENDER, dpd_soap(*rows))) == 3


def test_an_answer_without_a_number_is_never_taken_for_another_parcel() -> None:
    (one,) = read(SENDER, dpd_soap(FIRST))
    (other,) = read(SENDER, dpd_soap(("BetweenDepots", "8/17/2026 7:11:27 PM", "Puurs (BE)", "true")))
    assert one.tracking_number.startswith("UNNAMED")
    assert one.shipment_id != other.shipment_id
    (named,) = read(SENDER, dpd_soap(FIRST, number="05000000000001"))
    assert named.shipment_id == "dpd:05000000000001"


def test_a_fault_holds_no_scan() -> None:
    assert told(SENDER, soap(tag("Fault", tag("faultcode", "soap:Server")))) == []


def stage(status: str, when: object, *, reached: bool = True, **more: object) -> Json:
    return {"status": status, "statusHasBeenReached": reached, "date": when, "location": "Duisburg (DE)", **more}


def german(*stages: Json) -> bytes:
    cycle = {
        "shipmentInfo": {"parcelLabelNumber": "01000000000001"},
        "statusInfo": list(stages),
        "scanInfo": {"scan": []},
    }
    return dump({"parcellifecycleResponse": {"parcelLifeCycleData": cycle}})


def test_the_german_life_cycle_names_its_parcel_and_its_stages() -> None:
    raw = german(
        stage("ACCEPTED", "27.04.2026, 10:10", label="Handed to DPD", description={"content": ["It is on its way."]}),
        stage("AT_DELIVERY_DEPOT", "28/04/2026 05:10"),
        stage("OUT_FOR_DELIVERY", "2026-04-28T08:10:00"),
        stage("DELIVERED", None, reached=False),
    )
    scans = read(SENDER, raw)
    assert {scan.shipment_id for scan in scans} == {"dpd:01000000000001"}
    assert [(scan.code, scan.state, str(scan.occurred_at)) for scan in scans] == [
        ("ACCEPTED", "picked_up", "2026-04-27 08:10:00+00:00"),
        ("AT_DELIVERY_DEPOT", "in_transit", "2026-04-28 03:10:00+00:00"),
        ("OUT_FOR_DELIVERY", "out_for_delivery", "2026-04-28 06:10:00+00:00"),
    ]
    assert scans[0].description == "It is on its way."


def test_the_rest_answer_is_the_soap_answer_in_json() -> None:
    text = {"content": "Oirschot (NL)", "bold": False}
    info = stage("delivered", {"content": "17-08-2026 19:11"}, location=text, description={"content": [text]})
    wrapped = {"trackingResult": {"shipmentInfo": {"receiver": None}, "statusInfo": [info]}}
    raw = dump({"getTrackingDataResponse": wrapped, "parcelLabelNumber": "05000000000002"})
    (scan,) = read(SENDER, raw)
    assert (scan.shipment_id, scan.code, scan.state) == ("dpd:05000000000002", "delivered", "delivered")
    assert str(scan.occurred_at) == "2026-08-17 17:11:00+00:00"


@pytest.mark.parametrize("document", [{"error": None, "data": {}}, {"parcelNumber": "1", "details": []}, {"x": 1}])
def test_an_answer_of_another_shape_is_refused_and_not_lost(document: Json) -> None:
    result = parse_scans(SENDER, dump(document))
    assert isinstance(result, Rejected)
    assert "no DPD message we know" in result.message


def test_an_error_says_nothing() -> None:
    assert read(SENDER, dump({"error": {"errorCode": "404"}, "data": None})) == ()
