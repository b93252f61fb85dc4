"""OnTrac and LaserShip: a coarse status, "Released" for delivered, and a UTC that is none."""

import pytest

from tests.rules.normalize.carrier_payloads import lasership, ontrac, read, told
from tests.rules.normalize.payloads import dump

WHEN = "2026-03-02T14:00:00-08:00"


@pytest.mark.parametrize(
    ("code", "said", "state", "reason"),
    [
        ("OFDL", "Out for Delivery", "out_for_delivery", None),
        ("EXRL", "On its way to OnTrac", "label_created", None),
        ("UTLV", "Delivery Pending", "attempted", "unspecified"),
        ("BCLD", "Business closed", "attempted", "business_closed"),
        (None, "DATA ENTRY", "label_created", None),
        (None, "Out for delivery", "out_for_delivery", None),
    ],
)
def test_the_code_decides_and_not_its_coarse_status(
    code: str | None, said: str, state: str, reason: str | None
) -> None:
    assert told("ontrac", ontrac((code, WHEN, said))) == [(code, state, reason)]


def test_the_estimate_called_utc_has_an_offset() -> None:
    (scan,) = read("ontrac", ontrac(("OFDL", WHEN, "x")))
    assert str(scan.estimated_delivery_at) == "2026-03-06 04:00:00+00:00"


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("Released", "delivered"),
        ("Delivered", "delivered"),
        ("Arrived", "in_transit"),
        ("OrderReceived", "label_created"),
    ],
)
def test_released_is_delivered(kind: str, state: str) -> None:
    (scan,) = read("lasership", lasership((kind, "2026-03-02T14:22:25", "2026-03-02T19:22:25")))
    assert (scan.state, str(scan.occurred_at), scan.time_quality, scan.raw_time) == (
        state,
        "2026-03-02 19:22:25+00:00",
        "gmt_field",
        "2026-03-02T14:22:25",
    )


def test_every_piece_of_an_order_has_its_scans() -> None:
    raw = lasership(("Arrived", "2026-03-02T14:22:25", ""), pieces=("LX10000001", "LX10000002"))
    scans = read("lasership", raw)
    assert [scan.shipment_id for scan in scans] == ["lasership:LX10000001", "lasership:LX10000002"]
    assert {scan.time_quality for scan in scans} == {"zone_inferred"}


@pytest.mark.parametrize(
    ("source", "raw"),
    [("ontrac", ontrac(("QQQQ", WHEN, "Delivered"))), ("lasership", lasership(("Vanished", WHEN, "")))],
)
def test_an_unknown_code_is_unmapped(source: str, raw: bytes) -> None:
    (scan,) = read(source, raw)
    assert (scan.state, scan.mapped) == (None, False)


def test_a_number_not_found_holds_no_scan() -> None:
    assert told("lasership", dump({"Error": True, "ErrorMessage": "Order not found"})) == []


OLDER = """<OnTracTrackingResult><Shipments><Shipment><Tracking>D10010000000001</Tracking><Exp_Del_Date>
2026-03-03T00:00:00</Exp_Del_Date><Events><Event><Status>DN</Status><Description>DELIVERED</Description><EventTime>2026-03-02T09:26:00
</EventTime><City>Phoenix</City><State>AZ</State><Zip>85001</Zip></Event><Event><Status>XX</Status><Description>DATA
ENTRY</Description><EventTime>2026-03-01T09:26:00</EventTime></Event><Event><Status>QQ</Status><Description>Odd
</Description></Event></Events></Shipment><Shipment><Tracking>D2</Tracking><Error>Not found</Error><Events/></Shipment>
</Shipments></OnTracTrackingResult>"""


def test_the_older_xml_speaks_by_its_texts() -> None:
    scans = {scan.code: scan for scan in read("ontrac", OLDER.replace("\n", " ").encode())}
    assert {code: scan.state for code, scan in scans.items()} == {"QQ": None, "XX": "label_created", "DN": "delivered"}
    assert not scans["QQ"].mapped
    assert {scan.shipment_id for scan in scans.values()} == {"ontrac:D10010000000001"}
    assert str(scans["DN"].occurred_at) == "2026-03-02 16:26:00+00:00"


def test_a_code_in_small_letters_is_the_same_code() -> None:
    assert told("ontrac", ontrac(("dlvd", WHEN, "Delivered"))) == [("dlvd", "delivered", None)]
