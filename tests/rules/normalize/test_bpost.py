"""bpost: three codes that were seen, times local to Belgium."""

from tests.rules.normalize.carrier_payloads import read, soap, told
from tests.rules.normalize.small_carrier_payloads import bpost


def test_codes() -> None:
    raw = bpost(("T00", "2026-07-01T06:20:00"), ("L00", "2026-07-02T08:45:00"), ("U01", "2026-07-02T14:00:00"))
    assert told("bpost", raw) == [
        ("T00", "in_transit", None),
        ("L00", "out_for_delivery", None),
        ("U01", "delivered", None),
    ]


def test_a_naive_time_is_belgian() -> None:
    (scan,) = read("bpost", bpost(("T00", "2026-07-01T06:20:00")))
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-07-01 04:20:00+00:00", "zone_inferred")
    assert read("bpost", bpost(("T00", "2026-07-01T06:20:00+02:00")))[0].time_quality == "offset"


def test_an_unknown_code_is_unmapped() -> None:
    assert [scan.mapped for scan in read("bpost", bpost(("Q00", "2026-07-01T06:20:00")))] == [False]


def test_an_envelope_and_a_fault_are_answers_too() -> None:
    assert len(read("bpost", soap(bpost(("T00", "2026-07-01T06:20:00")).decode()))) == 1
    assert read("bpost", b"<businessException><message>none</message></businessException>") == ()
