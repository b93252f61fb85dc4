"""DHL Parcel DE: three codes that mean something only together."""

import pytest

from tests.rules.normalize.carrier_payloads import parcel_de, read, told, unified, unified_event

SENDER = "dhl_parcel_de"
WHEN = "18.03.2026 10:02"


@pytest.mark.parametrize(
    ("codes", "state", "reason"),
    [
        ("SRTED/NRQRD/AE", "picked_up", None),
        ("SRTED/NRQRD/ES", "picked_up", None),
        ("SRTED/NRQRD/NB", "in_transit", None),
        ("SRTED/NRQRD/PO", "out_for_delivery", None),
        ("DLVRD/OTHER/ZU", "delivered", None),
        ("DSPSD/NTCLM/ZU", "damaged", "destroyed_or_seized"),
        ("DLVRD/SERPT/ZU", "in_transit", "awaiting_customer_pickup"),
        ("DLVRD/ACCDM/ZU", "damaged", "delivered_damaged"),
        ("STORN/NRQRD/DD", None, "retraction"),
        ("RCCLS/LOSTX/ZN", "delayed", "lost"),
        ("//ZN", "attempted", None),
    ],
)
def test_the_triple_decides(codes: str, state: str | None, reason: str | None) -> None:
    (scan,) = read(SENDER, parcel_de((codes, WHEN, "false")))
    assert (scan.state, scan.reason, scan.mapped) == (state, reason, True)
    assert scan.code == codes.strip("/")


@pytest.mark.parametrize("codes", ["DLVRD/QQQQQ/ZU", "QQQQQ/OTHER/ZU", "SRTED/NRQRD/QQ"])
def test_a_triple_with_one_unknown_code_is_unmapped(codes: str) -> None:
    (scan,) = read(SENDER, parcel_de((codes, WHEN, "false")))
    assert (scan.state, scan.mapped) == (None, False)


def test_times_are_german_and_have_no_seconds() -> None:
    (scan,) = read(SENDER, parcel_de(("DLVRD/OTHER/ZU", WHEN, "false")))
    assert (str(scan.occurred_at), scan.time_quality, scan.raw_time) == (
        "2026-03-18 09:02:00+00:00",
        "zone_inferred",
        WHEN,
    )


def test_the_pickup_after_the_packstation_stays_where_its_time_puts_it() -> None:
    rows = [
        ("SHRCU/PCKST/ES", "17.03.2026 11:44", "false"),
        ("LDTMV/MVMTV/AA", "17.03.2026 13:54", "false"),
        ("PCKDU/PUBCR/AE", "17.03.2026 13:55", "false"),
    ]
    assert [state for _, state, _ in told(SENDER, parcel_de(*rows))] == ["picked_up", "in_transit", "picked_up"]


def test_delivered_on_the_way_back_is_the_senders() -> None:
    rows = [
        ("NTDEL/NHOME/ZN", "17.03.2026 11:44", "false"),
        ("LDTMV/MVMTV/AA", "18.03.2026 11:44", "true"),
        ("DLVRD/OTHER/ZU", "19.03.2026 11:44", "true"),
    ]
    scans = read(SENDER, parcel_de(*rows))
    assert [(scan.state, scan.flags, scan.direction) for scan in scans] == [
        ("attempted", (), "outbound"),
        ("returned", ("returning",), "outbound"),
        ("returned", ("back_at_sender",), "outbound"),
    ]


def test_a_return_of_its_own_is_one_from_its_first_scan() -> None:
    rows = [("PCKDU/PUBCR/AE", "17.03.2026 11:44", "true"), ("DLVRD/OTHER/ZU", "18.03.2026 11:44", "true")]
    scans = read(SENDER, parcel_de(*rows, back="true"))
    assert [(scan.state, scan.direction, "return_shipment" in scan.flags) for scan in scans] == [
        ("picked_up", "return", True),
        ("returned", "return", True),
    ]


def test_the_unified_shape_is_read_too() -> None:
    raw = unified("parcel-de", unified_event("transit", "EE", "2026-03-02T10:00:00"))
    assert told(SENDER, raw) == [("transit/EE", "in_transit", None)]


def test_a_number_not_found_holds_no_scan() -> None:
    assert told(SENDER, b'<data name="piece-shipment-list" code="100" error="No data found"/>') == []


@pytest.mark.parametrize("name", ["piece-shipment", "piece-status-public"])
def test_an_answer_without_events_speaks_by_its_own_status(name: str) -> None:
    told_of = 'status="Delivered" status-timestamp="18.03.2026 10:02" ice="DLVRD" ric="OTHER" standard-event-code="ZU"'
    piece = f'<data name="{name}" piece-code="0034" {told_of} event-country="DE"/>'
    (scan,) = read(SENDER, f'<data name="piece-shipment-list" code="0">{piece}</data>'.encode())
    assert (scan.shipment_id, scan.code, scan.state) == ("dhl_parcel_de:0034", "DLVRD/OTHER/ZU", "delivered")
    assert (scan.raw_time, scan.description) == ("18.03.2026 10:02", "Delivered")


def test_a_piece_that_says_nothing_is_no_scan() -> None:
    assert (
        read(SENDER, b'<data name="piece-shipment-list"><data name="piece-shipment" piece-code="0034"/></data>') == ()
    )
