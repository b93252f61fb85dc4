"""DHL Express: local times of several zones in one list, and codes that look like others' codes."""

import pytest

from tests.rules.normalize.carrier_payloads import (
    dhl_xml,
    mydhl,
    mydhl_event,
    read,
    soap,
    tag,
    told,
    unified,
    unified_event,
)
from tests.rules.normalize.payloads import dump

SENDER = "dhl_express"


@pytest.mark.parametrize(
    ("code", "state", "reason", "flags"),
    [
        ("PL", "in_transit", None, ()),
        ("DD", "damaged", "delivered_damaged", ()),
        ("CA", "attempted", "business_closed", ()),
        ("CC", "in_transit", "awaiting_customer_pickup", ("pickup_ready",)),
        ("RT", "returned", None, ("returning",)),
        ("RD", "attempted", "refused", ("refused",)),
        ("CD", "delayed", "customs_hold", ("held",)),
        ("RR", None, None, ()),
        ("OK", "delivered", None, ()),
    ],
)
def test_codes(code: str, state: str | None, reason: str | None, flags: tuple[str, ...]) -> None:
    (scan,) = read(SENDER, mydhl(mydhl_event(code, "2026-03-02", "10:00:00")))
    assert (scan.state, scan.reason, scan.flags, scan.mapped) == (state, reason, flags, True)


@pytest.mark.parametrize("code", ["RW", "PO"])
def test_a_code_missing_from_the_vendors_own_list_is_unmapped(code: str) -> None:
    (scan,) = read(SENDER, dhl_xml((code, "2026-03-02", "10:00:00", "Barcelona - Spain ")))
    assert (scan.state, scan.mapped) == (None, False)


def test_two_zones_in_one_list_are_put_in_true_order() -> None:
    late = ("DF", "2026-03-02", "22:57:01", "RENO,NV-USA")
    early = ("TR", "2026-03-03", "03:37:18", "LEIPZIG - GERMANY")
    scans = read(SENDER, dhl_xml(late, early))
    assert [(scan.code, str(scan.occurred_at)) for scan in scans] == [
        ("TR", "2026-03-03 02:37:18+00:00"),
        ("DF", "2026-03-03 06:57:01+00:00"),
    ]
    assert {scan.time_quality for scan in scans} == {"zone_inferred"}
    assert scans[1].location is not None
    assert (scans[1].location.city, scans[1].location.region, scans[1].location.country) == ("RENO", "NV", "US")


def test_where_one_area_has_no_zone_the_lists_order_counts() -> None:
    rows = [
        ("DF", "2026-03-02", "03:00:00", "CINCINNATI,OH-USA"),
        ("AR", "2026-03-02", "06:30:00", "TORONTO - CANADA"),
        ("WC", "2026-03-02", "08:30:00", "TORONTO - CANADA"),
    ]
    assert [scan.code for scan in read(SENDER, dhl_xml(*rows))] == ["DF", "AR", "WC"]


@pytest.mark.parametrize(
    ("area", "country", "quality"),
    [
        ("KINGSTON-JAM", "JM", "zone_inferred"),
        ("EAST MIDLANDS-UK", "GB", "zone_inferred"),
        ("A Gateway", None, "naive"),
    ],
)
def test_an_area_names_its_country_behind_the_last_dash(area: str, country: str | None, quality: str) -> None:
    (scan,) = read(SENDER, dhl_xml(("PL", "2026-03-02", "10:00:00", area)))
    assert scan.location is not None
    assert (scan.location.country, scan.time_quality) == (country, quality)


def test_the_offset_that_mydhl_may_send_decides() -> None:
    (scan,) = read(SENDER, mydhl(mydhl_event("PU", "2026-03-02", "13:06:00", "Brisbane-AU", GMTOffset="+09:00")))
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-03-02 04:06:00+00:00", "offset")


def test_pieces_repeat_the_scans_of_their_shipment() -> None:
    event = mydhl_event("PU", "2026-03-02", "13:06:00")
    pieces = [{"number": 1, "events": [event, mydhl_event("PL", "2026-03-02", "15:00:00")]}]
    assert [code for code, _, _ in told(SENDER, mydhl(event, pieces=pieces))] == ["PU"]
    assert [code for code, _, _ in told(SENDER, mydhl(pieces=pieces))] == ["PU", "PL"]


def test_the_unified_shape_is_read_too() -> None:
    raw = unified("express", unified_event("transit", "WC", "2026-03-02T10:00:00"))
    assert told(SENDER, raw) == [("transit/WC", "out_for_delivery", None)]


@pytest.mark.parametrize(
    "raw",
    [
        b"<r:ShipmentTrackingErrorResponse xmlns:r='x'><Response/></r:ShipmentTrackingErrorResponse>",
        b"<TrackingResponse><AWBInfo><AWBNumber/><Status>No Shipments Found</Status></AWBInfo></TrackingResponse>",
        dump({"title": "Missing parameters", "status": "400"}),
    ],
)
def test_a_number_not_found_holds_no_scan(raw: bytes) -> None:
    assert read(SENDER, raw) == ()


def test_the_global_web_services_wrap_the_same_answer() -> None:
    area = {"Description": "Vienna-Austria"}
    listed = [{"Date": "2026-03-02", "Time": "10:00:00", "ServiceEvent": {"EventCode": "PU"}, "ServiceArea": area}]
    shipment = {"ShipmentEvent": {"ArrayOfShipmentEventItem": listed}}
    info = {"AWBInfo": {"ArrayOfAWBInfoItem": {"AWBNumber": "1000000009", "ShipmentInfo": shipment}}}
    raw = dump({"trackShipmentRequestResponse": {"trackingResponse": {"TrackingResponse": info}}})
    (scan,) = read(SENDER, raw)
    assert (scan.shipment_id, scan.state) == ("dhl_express:1000000009", "picked_up")
    assert str(scan.occurred_at) == "2026-03-02 09:00:00+00:00"


def test_a_service_area_of_the_unified_api_tells_its_zone() -> None:
    event = unified_event("transit", "DF", "2026-03-02T10:00:00")
    event["location"] = {"address": {"addressLocality": "BRUSSELS - BELGIUM"}}
    (scan,) = read(SENDER, unified("express", event))
    assert scan.location is not None
    assert (scan.location.city, scan.location.country) == ("BRUSSELS", "BE")
    assert (scan.time_quality, str(scan.occurred_at)) == ("zone_inferred", "2026-03-02 09:00:00+00:00")


def test_a_soap_fault_says_nothing() -> None:
    assert read(SENDER, soap(tag("Fault", tag("faultcode", "Client")))) == ()
