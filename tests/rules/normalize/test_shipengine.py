"""ShipEngine: whose code a code is, details that narrow, and a Z that cannot be trusted."""

import pytest

from tests.rules.normalize.aggregator_payloads import WHEN, shipengine, shipengine_event
from tests.rules.normalize.carrier_payloads import read
from tests.rules.normalize.payloads import Json, dump


@pytest.mark.parametrize(
    ("status", "more", "code", "state", "reason"),
    [
        ("DE", {}, "DE", "delivered", None),
        ("SP", {}, "SP", "in_transit", "awaiting_customer_pickup"),
        ("UN", {}, "UN", None, "no_info"),
        ("EX", {"status_detail_code": "PARCEL_LOST"}, "EX/PARCEL_LOST", "delayed", "lost"),
        ("DE", {"status_detail_code": "DELIVERED_TO_PICKUP_POINT"}, None, "in_transit", "awaiting_customer_pickup"),
        ("IT", {"status_detail_code": "INFORMATION"}, None, None, None),
        ("IT", {"status_detail_code": "BRAND_NEW"}, None, "in_transit", None),
        ("IT", {"event_code": "OD"}, "IT/OD", "out_for_delivery", None),
        ("IT", {"carrier_status_code": "OD"}, "IT/OD", "out_for_delivery", None),
        ("IT", {"event_code": "ZZ9"}, "IT/ZZ9", "in_transit", None),
    ],
)
def test_codes(status: str, more: Json, code: str | None, state: str | None, reason: str | None) -> None:
    (scan,) = read("shipengine", shipengine({**shipengine_event(status), **more}))
    assert (scan.state, scan.reason, scan.mapped) == (state, reason, True)
    assert code is None or scan.code == code


def test_de_is_delivered_here_and_an_exception_at_fedex() -> None:
    rows = [shipengine_event("EX", "DE", "2026-03-01T10:00:00Z"), shipengine_event(None, "DE", WHEN)]
    assert [(scan.code, scan.state) for scan in read("shipengine", shipengine(*rows))] == [
        ("EX/DE", "attempted"),
        ("DE", "delivered"),
    ]


def test_a_status_that_shipengine_could_not_map_is_unmapped() -> None:
    event = shipengine_event("UN", status_detail_code="CARRIER_STATUS_NOT_MAPPED")
    (scan,) = read("shipengine", shipengine(event, carrier="ups"))
    assert (scan.state, scan.mapped) == (None, False)


def test_an_event_alone_without_status_has_that_of_the_answer() -> None:
    event = shipengine_event(None, None)
    (scan,) = read("shipengine", shipengine(event, status_code="AT", carrier_status_code="DE"))
    assert (scan.code, scan.state) == ("AT/DE", "attempted")
    rows = [event, {**event, "occurred_at": "2026-03-01T10:00:00Z"}]
    assert [scan.mapped for scan in read("shipengine", shipengine(*rows, status_code="DE"))] == [False, False]


@pytest.mark.parametrize(
    ("local", "quality"),
    [("2026-03-02T02:00:00", "gmt_field"), ("2026-03-02T06:00:00", "naive"), (WHEN[:-1], "naive"), (None, "gmt_field")],
)
def test_a_z_that_disagrees_with_the_local_time_is_no_offset(local: str | None, quality: str) -> None:
    (scan,) = read("shipengine", shipengine(shipengine_event("IT", carrier_occurred_at=local)))
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-03-02 10:00:00+00:00", quality)


def test_older_and_local_time_fields_count_where_they_stand_alone() -> None:
    (scan,) = read("shipengine", shipengine(shipengine_event("IT", when="", event_date=WHEN)))
    assert scan.raw_time == WHEN
    (scan,) = read("shipengine", shipengine(shipengine_event("IT", when="", carrier_occurred_at="2026-03-02T02:00:00")))
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-03-02 10:00:00+00:00", "zone_inferred")


def test_the_carrier_stands_in_the_address_of_the_resource_or_in_the_answer() -> None:
    event = shipengine_event("IT")
    assert read("shipengine", shipengine(event, carrier="ups"))[0].carrier == "ups"
    answer = {"tracking_number": "94", "carrier_code": "stamps_com", "events": [event]}
    assert read("shipengine", dump(answer))[0].shipment_id == "usps:94"


def test_what_is_no_tracking_holds_no_scan() -> None:
    assert read("shipengine", dump({"resource_type": "API_RATE", "data": {"rates": []}})) == ()
    assert read("shipengine", shipengine()) == ()


def test_an_answer_by_label_names_no_carrier_and_the_form_of_the_number_may() -> None:
    answer = {"status_code": "IT", "events": [shipengine_event("IT")]}
    numbers = ("1Z932R800390810600", "9405511899223197428490", "700000000013")
    found = [read("shipengine", dump({**answer, "tracking_number": one}))[0].shipment_id for one in numbers]
    assert found == ["ups:1Z932R800390810600", "usps:9405511899223197428490", "unknown:700000000013"]


def test_the_names_of_the_client_libraries_are_read_too() -> None:
    event = {"occurredAt": WHEN, "statusCode": "DE", "cityLocality": "Reno", "stateProvince": "NV", "countryCode": "US"}
    (scan,) = read("shipengine", dump({"trackingNumber": "7", "carrierCode": "fedex", "events": [event]}))
    assert (scan.shipment_id, scan.state, str(scan.occurred_at)) == (
        "fedex:7",
        "delivered",
        "2026-03-02 10:00:00+00:00",
    )
    assert scan.location and (scan.location.city, scan.location.country) == ("Reno", "US")


def test_the_webhook_of_the_second_version_names_its_carrier() -> None:
    data = {"tracking_number": "1Z0000000000000000", "carrier_code": "ups", "carrier_status_code": "M"}
    event = shipengine_event("NY", "MP", status_detail_code="ELEC_ADVICE_RECD_BY_CARRIER")
    raw = dump({"resource_type": "TRACK_EVENT_V2", "resource_url": "x", "data": {**data, "events": [event]}})
    (scan,) = read("shipengine", raw)
    assert (scan.carrier, scan.code, scan.state) == ("ups", "NY/ELEC_ADVICE_RECD_BY_CARRIER/M", "label_created")
