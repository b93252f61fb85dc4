"""Purolator: an exact duplicate, coarse scan types, and a vehicle nobody scanned."""

import pytest

from tests.rules.normalize.carrier_payloads import purolator, purolator_soap, read, soap, tag, told

SENDER = "purolator"


def test_an_exact_duplicate_counts_once_and_a_new_number_says_nothing() -> None:
    row = ("Other", "2026-01-13", "172300", "New Tracking Number Assigned -")
    (scan,) = read(SENDER, purolator_soap(row, row))
    assert (scan.state, scan.informational, scan.code) == (None, True, "Other")


def test_two_scans_of_one_minute_differ_by_their_text() -> None:
    rows = [("Other", "2026-01-13", "172300", said) for said in ("Arrived at sort facility", "Departed sort facility")]
    assert len(read(SENDER, purolator_soap(*rows))) == 2


def test_other_with_a_text_nobody_knows_is_unmapped() -> None:
    (scan,) = read(SENDER, purolator_soap(("Other", "2026-01-13", "172300", "Delivered by drone")))
    assert (scan.state, scan.mapped) == (None, False)


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("ProofOfPickUp", "picked_up"),
        ("OnDelivery", "out_for_delivery"),
        ("Delivery", "delivered"),
        ("Undeliverable", "attempted"),
    ],
)
def test_scan_types(kind: str, state: str) -> None:
    (scan,) = read(SENDER, purolator_soap((kind, "2026-01-13", "72300", "")))
    assert (scan.state, str(scan.occurred_at)) == (state, "2026-01-13 12:23:00+00:00")


def test_a_counter_that_signs_is_delivered_and_then_waits_for_the_customer() -> None:
    rows = [
        ("9500", "2026-01-15 10:00:00", None),
        ("9550", "2026-01-14 10:00:00", None),
        ("9000", "2026-01-13 10:00:00", None),
    ]
    assert told(SENDER, purolator(*rows)) == [
        ("9000", "delivered", None),
        ("9550", "in_transit", "awaiting_customer_pickup"),
        ("9500", "delivered", None),
    ]


def test_an_inferred_vehicle_is_told_by_its_code() -> None:
    (scan,) = read(SENDER, purolator(("4200", "2026-01-15 10:00:00", "INFERRED")))
    assert (scan.code, scan.state) == ("4200/INFERRED", "out_for_delivery")
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-01-15 17:00:00+00:00", "zone_inferred")


def test_3000_is_a_label_here_and_no_tour() -> None:
    assert told(SENDER, purolator(("3000", "2026-01-15 10:00:00", None))) == [("3000", "label_created", None)]


def test_a_fault_holds_no_scan() -> None:
    assert read(SENDER, soap(tag("Fault", tag("faultcode", "s:Client")))) == ()
