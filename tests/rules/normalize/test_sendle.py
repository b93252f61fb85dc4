"""Sendle: failed pickups, zones that were unknown, and an answer that does not name its parcel."""

import pytest

from tests.rules.normalize.carrier_payloads import read, told
from tests.rules.normalize.payloads import dump
from tests.rules.normalize.small_carrier_payloads import sendle, sendle_event

WHEN = "2026-03-02T18:00:00Z"


@pytest.mark.parametrize(
    ("kind", "state", "reason"),
    [
        ("Pickup Attempted", "label_created", "pickup_failed"),
        ("Dropped off", "picked_up", None),
        ("Local Delivery", "out_for_delivery", None),
        ("Left with Agent", "in_transit", "awaiting_customer_pickup"),
        ("Card Left", "attempted", "recipient_unavailable"),
        ("Info", None, None),
    ],
)
def test_codes(kind: str, state: str | None, reason: str | None) -> None:
    assert told("sendle", sendle(sendle_event(kind, WHEN))) == [(kind, state, reason)]


def test_a_local_time_equal_to_utc_had_no_zone() -> None:
    known = sendle_event("In Transit", WHEN, "2026-03-02T10:00:00")
    unknown = sendle_event("In Transit", "2026-03-02T19:00:00Z", "2026-03-02T19:00:00")
    assert [scan.time_quality for scan in read("sendle", sendle(known, unknown))] == ["offset", "naive"]


def test_a_parcel_without_a_reference_keeps_one_id_as_its_history_grows() -> None:
    rows = [sendle_event("Pickup", WHEN), sendle_event("In Transit", "2026-03-03T18:00:00Z")]
    before, after = read("sendle", sendle(rows[0])), read("sendle", sendle(*rows))
    assert {scan.shipment_id for scan in before} == {scan.shipment_id for scan in after}
    other = read("sendle", sendle(sendle_event("Pickup", "2026-03-01T18:00:00Z")))
    assert other[0].shipment_id != before[0].shipment_id


def test_the_webhook_with_one_event_names_its_parcel() -> None:
    event = sendle_event("Delivered", WHEN, sendle_reference="SNFZZQ1", event_id="e-1")
    (scan,) = read("sendle", dump(event))
    assert (scan.shipment_id, scan.state, scan.scan_id) == ("sendle:SNFZZQ1", "delivered", "e-1")


def test_an_unknown_type_is_unmapped() -> None:
    assert [scan.mapped for scan in read("sendle", sendle(sendle_event("Teleported", WHEN)))] == [False]


@pytest.mark.parametrize("written", ["Dropped Off", "Dropped off", "DROPPED OFF"])
def test_its_words_are_known_in_any_case(written: str) -> None:
    assert told("sendle", sendle(sendle_event(written, WHEN))) == [(written, "picked_up", None)]
    assert told("sendle", sendle(sendle_event("Out For Delivery", WHEN)))[0][1] == "out_for_delivery"
