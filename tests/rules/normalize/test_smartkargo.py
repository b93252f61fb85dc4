"""SmartKargo: zones by name, .NET fractions and ticks, one history a waybill."""

import pytest

from tests.rules.normalize.carrier_payloads import read, told
from tests.rules.normalize.payloads import dump
from tests.rules.normalize.small_carrier_payloads import smartkargo


@pytest.mark.parametrize(
    ("when", "zone", "at", "quality"),
    [
        ("2026-03-02T10:00:00", "America/New_York", "15:00:00", "offset"),
        ("2026-03-02T10:00:00.1234567", "America/New_York", "15:00:00.123456", "offset"),
        ("2026-03-02T10:00:00", None, "18:00:00", "zone_inferred"),
        ("2026-03-02T10:00:00", "Nowhere/City", "18:00:00", "zone_inferred"),
        ("2026-03-02T10:00:00", "../../etc/passwd", "18:00:00", "zone_inferred"),
        ("639080424000000000", None, "18:00:00", "zone_inferred"),
        ("/Date(1772445600000)/", None, "10:00:00", "gmt_field"),
    ],
)
def test_times(when: str, zone: str | None, at: str, quality: str) -> None:
    (scan,) = read("smartkargo", dump([smartkargo("DEP", when, zone)]))
    assert (str(scan.occurred_at), scan.time_quality) == (f"2026-03-02 {at}+00:00", quality)


def test_events_of_one_waybill_are_one_history() -> None:
    rows = [smartkargo("DDL", "2026-03-03T10:00:00"), smartkargo("BKD", "2026-03-01T10:00:00")]
    other = smartkargo("RCS", "2026-03-02T10:00:00", airWaybill="00000002")
    scans = read("smartkargo", dump([*rows, other]))
    assert [(scan.shipment_id, scan.state) for scan in scans] == [
        ("smartkargo:ABC00000001", "label_created"),
        ("smartkargo:ABC00000001", "delivered"),
        ("smartkargo:ABC00000002", "picked_up"),
    ]


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [("INF", None, None), ("GDL", "out_for_delivery", None), ("ADL", "attempted", "unspecified"), ("QQQ", None, None)],
)
def test_codes(code: str, state: str | None, reason: str | None) -> None:
    raw = dump([smartkargo(code, "2026-03-02T10:00:00")])
    assert told("smartkargo", raw) == [(code, state, reason)]
    assert read("smartkargo", raw)[0].mapped is (code != "QQQ")


def test_the_pieces_of_a_waybill_are_parcels_of_their_own() -> None:
    booked = smartkargo("BKD", "2026-03-01T08:00:00")
    one = smartkargo("DDL", "2026-03-03T08:00:00", pieceReference="P-1")
    other = smartkargo("RCS", "2026-03-02T08:00:00", pieceReference="P-2")
    alone = read("smartkargo", dump([one, {**booked, "pieceReference": "P-1"}]))
    assert {scan.unique_id for scan in alone} == {None}
    scans = read("smartkargo", dump([one, other, {**booked, "pieceReference": None}]))
    assert [(scan.unique_id, scan.state) for scan in scans] == [
        ("P1", "label_created"),
        ("P1", "delivered"),
        ("P2", "label_created"),
        ("P2", "picked_up"),
    ]
