"""Spring: 100 and 101, and an epoch beside its text."""

import pytest

from tests.rules.normalize.carrier_payloads import read, told
from tests.rules.normalize.payloads import dump
from tests.rules.normalize.small_carrier_payloads import spring


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        (0, "label_created", None),
        (25, None, "tracking_expired"),
        (100, "delivered", None),
        (101, "in_transit", "handoff"),
        (12501, "returned", "refused"),
        (12506, "damaged", "destroyed_or_seized"),
    ],
)
def test_codes(code: int, state: str | None, reason: str | None) -> None:
    assert told("spring", spring((code, 1772441225, "2026-03-02 08:47:05"))) == [(str(code), state, reason)]


def test_the_epoch_and_its_text_agree_as_utc() -> None:
    (scan,) = read("spring", spring((100, 1772441225, "2026-03-02 08:47:05")))
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-03-02 08:47:05+00:00", "gmt_field")
    assert scan.raw_time == "2026-03-02 08:47:05"


def test_an_unknown_code_is_unmapped_and_an_error_holds_no_scan() -> None:
    assert [scan.mapped for scan in read("spring", spring((777, 1772441225, "2026-03-02 08:47:05")))] == [False]
    assert read("spring", dump({"ErrorLevel": 10, "Error": "not found"})) == ()
