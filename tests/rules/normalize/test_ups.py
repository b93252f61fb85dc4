"""UPS: which of its code fields decides, and its many clocks."""

import pytest

from rules.normalize import parse_scans
from schemas.facts import Rejected, Scan
from tests.rules.normalize.payloads import dump, ups, ups_activity, ups_alert, ups_xml


def read(raw: bytes) -> tuple[Scan, ...]:
    result = parse_scans("ups", raw)
    assert not isinstance(result, Rejected), result
    return result


def one(kind: str, code: str | None, status: str | None) -> Scan:
    (scan,) = read(ups(ups_activity(kind, code, status)))
    return scan


@pytest.mark.parametrize(
    ("kind", "code", "status", "state", "reason"),
    [
        ("X", "RZ", "012", "delayed", "customs_hold"),
        ("X", "RZ", "014", "in_transit", "customs_cleared"),
        ("X", "BB", "058", "delayed", "customs_hold"),
        ("X", "BB", "014", "in_transit", "customs_processing"),
        ("X", None, "092", "in_transit", "customs_processing"),
        ("I", "OR", "005", "picked_up", None),
        ("I", "DP", "005", "in_transit", None),
        ("I", "OT", None, "out_for_delivery", None),
        ("D", "OT", None, "out_for_delivery", None),
        ("I", "ZZ9", "021", "out_for_delivery", None),
        ("X", "48", "022", "attempted", "recipient_unavailable"),
        ("X", "3N", "035", "returned", "not_collected"),
        ("D", "FS", "011", "delivered", None),
        ("D", "2Q", "011", "in_transit", "awaiting_customer_pickup"),
        ("D", "B0", "034", "returned", None),
        ("X", "DL", None, "returned", None),
        ("I", "DL", None, "out_for_delivery", None),
        ("P", "PU", None, "picked_up", None),
        ("M", "DP", None, "label_created", None),
        ("M", None, None, "label_created", None),
        ("MV", "VP", "007", "label_created", "cancelled"),
        ("X", "8I", None, None, "retraction"),
        ("I", "CA", None, None, "retraction"),
        ("I", "CA", "005", None, "retraction"),
        ("X", "33", "013", None, None),
        ("D", "UJ", "011", "delivered", None),
        ("X", "HD", "011", "damaged", "damaged_after_delivery"),
        ("U", "UP", "154", None, None),
        ("D", "FS", "000", "delivered", None),
    ],
)
def test_codes(kind: str, code: str | None, status: str | None, state: str | None, reason: str | None) -> None:
    scan = one(kind, code, status)
    assert (scan.state, scan.reason, scan.mapped) == (state, reason, True)


@pytest.mark.parametrize("kind", ["D", "I", "M", "X", "P", "ZZ", "U"])
def test_an_unknown_code_is_unmapped_whatever_its_type(kind: str) -> None:
    scan = one(kind, "Q0Q", None)
    assert (scan.state, scan.mapped, scan.informational, scan.code) == (None, False, False, f"{kind}/Q0Q")


def test_codes_are_printed_with_their_status_code() -> None:
    assert [one(*key).code for key in (("I", "DP", "005"), ("X", None, "092"), ("D", None, None))] == [
        "I/DP+005",
        "X+092",
        "D",
    ]


def test_mail_innovations_needs_the_party_that_said_it() -> None:
    refused = ups(ups_activity("I", "PU", None), informationSource={"code": "H6"})
    picked_up = ups(ups_activity("I", "PU", None))
    assert [read(raw)[0].state for raw in (refused, picked_up)] == ["attempted", "picked_up"]


def test_gmt_fields_win_and_lost_zeros_come_back() -> None:
    (scan,) = read(ups(ups_activity("I", "DP", "005", gmtDate="20260302", gmtTime="74700", gmtOffset="-04.00")))
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-03-02 07:47:00+00:00", "gmt_field")


@pytest.mark.parametrize(
    ("fields", "at", "quality"),
    [
        ({"gmtOffset": "-04.00"}, "2026-03-02 14:15:00+00:00", "offset"),
        ({}, "2026-03-02 16:15:00+00:00", "zone_inferred"),
        ({"location": {}}, "2026-03-02 10:15:00+00:00", "naive"),
        ({"time": ""}, "2026-03-02 12:00:00+00:00", "date_only"),
        ({"date": "20261399"}, "None", "missing"),
        ({"date": "00010101"}, "None", "missing"),
        ({"date": None, "time": None}, "None", "missing"),
    ],
)
def test_times(fields: dict[str, object], at: str, quality: str) -> None:
    (scan,) = read(ups({**ups_activity("I", "DP", "005"), **fields}))
    assert (str(scan.occurred_at), scan.time_quality) == (at, quality)


def test_track_alert_takes_its_status_code_from_the_description_code() -> None:
    status = {"type": "I", "code": "OT", "description": "Out for Delivery", "descriptionCode": "021"}
    (scan,) = read(ups_alert(activityStatus=status, scheduledDeliveryDate="20260303"))
    assert (scan.state, scan.code, scan.raw_time) == ("out_for_delivery", "I/OT+021", "20260302 091500")
    assert str(scan.occurred_at) == "2026-03-02 17:15:00+00:00"
    assert str(scan.estimated_delivery_at) == "2026-03-03 12:00:00+00:00"


def test_xml_noon_is_a_placeholder_and_the_day_still_orders() -> None:
    scans = read(ups_xml(("D", "KM", "20260303", "120000"), ("M", "MP", "20260301", "120000")))
    assert [(scan.state, scan.time_quality) for scan in scans] == [
        ("label_created", "placeholder"),
        ("delivered", "placeholder"),
    ]


def test_xml_is_ordered_by_time_not_by_position() -> None:
    rows = [("I", "AR", "20260302", "061500"), ("I", "OR", "20260302", "003800"), ("M", "MP", "20260302", "061042")]
    assert [scan.code for scan in read(ups_xml(*rows))] == ["I/OR", "M/MP", "I/AR"]


def test_ties_keep_the_order_of_the_list_read_backwards() -> None:
    rows = [ups_activity("I", code, "005") for code in ("AR", "DP")]
    late = ups_activity("D", "FS", "011", day="20260303")
    assert [scan.code for scan in read(ups(late, *rows))] == ["I/DP+005", "I/AR+005", "D/FS+011"]


def test_each_scan_once_and_the_estimate_on_the_latest() -> None:
    row = ups_activity("I", "DP", "005")
    dates = [{"type": "SDD", "date": "20260304"}, {"type": "RDD", "date": "20260305"}]
    first, last = read(ups(row, row, ups_activity("I", "AR", "005", day="20260303"), deliveryDate=dates))
    assert first.estimated_delivery_at is None
    assert str(last.estimated_delivery_at) == "2026-03-05 12:00:00+00:00"


def test_several_packages_are_several_parcels() -> None:
    packages = [
        {"trackingNumber": f"1Z000000000000001{n}", "activity": [ups_activity("I", "DP", "005")]} for n in range(2)
    ]
    raw = dump({"trackResponse": {"shipment": [{"package": packages}]}})
    assert [scan.shipment_id for scan in read(raw)] == ["ups:1Z0000000000000010", "ups:1Z0000000000000011"]


@pytest.mark.parametrize(
    "answer",
    [
        {
            "trackResponse": {
                "shipment": [{"warnings": [{"code": "TW0001", "message": "Tracking Information Not Found"}]}]
            }
        },
        {"response": {"errors": [{"code": "151044", "message": "No tracking information available"}]}},
        {"trackResponse": {"shipment": [{"package": [{"trackingNumber": "1Z0000000000000002"}]}]}},
    ],
)
def test_a_number_not_found_holds_no_scan(answer: object) -> None:
    assert read(dump(answer)) == ()


def test_a_soap_envelope_and_the_older_status_shape_are_read() -> None:
    activity = (
        "<t:Activity><t:Status><t:Type>I</t:Type><t:Code>OR</t:Code></t:Status><t:Date>20260302</t:Date></t:Activity>"
    )
    package = f"<t:Package><t:TrackingNumber>1Z0000000000000006</t:TrackingNumber>{activity}</t:Package>"
    answer = f'<t:TrackResponse xmlns:t="http://ups/track"><t:Shipment>{package}</t:Shipment></t:TrackResponse>'
    (scan,) = read(f'<e:Envelope xmlns:e="http://soap"><e:Body>{answer}</e:Body></e:Envelope>'.encode())
    assert (scan.code, scan.state, scan.time_quality) == ("I/OR", "picked_up", "date_only")


def test_a_wrong_type_is_refused_with_its_path_and_without_its_value() -> None:
    result = parse_scans("ups", ups({**ups_activity("I", "DP", "005"), "date": ["Jane Doe"]}))
    assert isinstance(result, Rejected)
    assert (result.reason, "Jane" in result.message) == ("schema_invalid", False)
    assert ".date is not a text" in result.message or "date" in result.message


def test_freight_has_its_activities_and_place_on_the_shipment() -> None:
    activity = {"Description": "Arrived", "Date": "20260302", "Time": "1010", "ActivityLocation": {"City": "Atlanta"}}
    number = {"Code": "01", "Value": "123456789"}
    (scan,) = read(dump({"TrackResponse": {"Shipment": {"InquiryNumber": number, "Activity": [activity]}}}))
    assert (scan.shipment_id, scan.description, scan.mapped) == ("ups:123456789", "Arrived", False)
    assert scan.location is not None
    assert scan.location.city == "Atlanta"


def test_a_clock_nobody_can_read_leaves_the_day() -> None:
    (scan,) = read(ups(ups_activity("I", "DP", "005", time="8000")))
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-03-02 12:00:00+00:00", "date_only")


@pytest.mark.parametrize(("kind", "code", "status"), [("x", "rz", "12"), (" X ", "RZ", "012")])
def test_small_letters_and_lost_zeros_are_the_same_code(kind: str, code: str, status: str) -> None:
    scan = one(kind, code, status)
    assert (scan.state, scan.reason) == ("delayed", "customs_hold")
    assert scan.code == f"{kind.strip()}/{code}+{status}"
