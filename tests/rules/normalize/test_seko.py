"""SEKO: one code for all couriers, and equal times that only the list puts in order."""

import pytest

from tests.rules.normalize.carrier_payloads import read, told
from tests.rules.normalize.payloads import dump
from tests.rules.normalize.small_carrier_payloads import seko

WHEN = "2026-03-02T10:00:00"


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        ("OP-1", "label_created", None),
        ("OP-6", "delayed", "customs_hold"),
        ("OP-20", None, None),
        ("OP-65", "returned", "not_collected"),
        ("OP-76", "in_transit", "awaiting_customer_pickup"),
        ("OP-83", "delayed", "unspecified"),
        ("OP-84", "attempted", "recipient_unavailable"),
        ("OP-88", "delayed", "payment_due"),
        ("OP-92", "damaged", "destroyed_or_seized"),
    ],
)
def test_codes(code: str, state: str | None, reason: str | None) -> None:
    assert told("seko", seko((code, WHEN))) == [(code, state, reason)]


@pytest.mark.parametrize("codes", [["OP-1", "OP-10", "OP-21", "OP-72"], ["OP-72", "OP-21", "OP-10", "OP-1"]])
def test_equal_times_keep_the_way_of_the_list(codes: list[str]) -> None:
    scans = read("seko", seko(*((code, WHEN) for code in codes)))
    assert [scan.code for scan in scans] == ["OP-1", "OP-10", "OP-21", "OP-72"]


def test_its_times_are_naive_unless_the_place_says_its_country() -> None:
    assert read("seko", seko(("OP-21", WHEN)))[0].time_quality == "naive"


def test_an_unknown_code_is_unmapped_and_no_event_no_scan() -> None:
    assert [scan.mapped for scan in read("seko", seko(("OP-999", WHEN)))] == [False]
    assert read("seko", seko()) == ()
    assert read("seko", dump([])) == ()
