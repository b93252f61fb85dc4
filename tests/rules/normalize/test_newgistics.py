"""Newgistics: returns delivered to a warehouse, the day in one field and the clock in another."""

import pytest

from tests.rules.normalize.carrier_payloads import read
from tests.rules.normalize.payloads import dump
from tests.rules.normalize.small_carrier_payloads import newgistics

DAY = "/Date(1772431200000-0600)/"
"""Midnight of 2 March 2026 at -06:00."""


def test_delivered_to_the_return_center_is_not_the_customers() -> None:
    (scan,) = read("newgistics", newgistics(("DRC", DAY, None)))
    assert (scan.state, scan.direction, scan.flags) == ("returned", "return", ("back_at_sender", "return_shipment"))
    (scan,) = read("newgistics", newgistics(("PUU", DAY, None)))
    assert (scan.state, scan.flags) == ("picked_up", ("return_shipment",))


@pytest.mark.parametrize(
    ("clock", "at", "quality"),
    [
        # 14:30 at -06:00, on the day of the query months later.
        ("/Date(1783024200000-0600)/", "2026-03-02 20:30:00+00:00", "offset"),
        # Year 1: a clock time that is none.
        ("/Date(-62135575200000-0600)/", "2026-03-02 12:00:00+00:00", "date_only"),
        (None, "2026-03-02 12:00:00+00:00", "date_only"),
    ],
)
def test_the_clock_counts_without_its_own_day(clock: str | None, at: str, quality: str) -> None:
    (scan,) = read("newgistics", newgistics(("IPS", DAY, clock)))
    assert (str(scan.occurred_at), scan.time_quality) == (at, quality)


def test_a_day_in_year_one_is_no_time() -> None:
    (scan,) = read("newgistics", newgistics(("IPS", "/Date(-62135575200000-0600)/", None)))
    assert scan.time_quality == "missing"


def test_an_unknown_code_is_unmapped_and_an_error_holds_no_scan() -> None:
    assert [scan.mapped for scan in read("newgistics", newgistics(("QQQ", DAY, None)))] == [False]
    assert read("newgistics", dump({"Error": {"Message": "none"}, "Packages": []})) == ()
