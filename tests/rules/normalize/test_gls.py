"""GLS: offsets without a colon, and a status that is no scan."""

import pytest

from tests.rules.normalize.carrier_payloads import gls, read, told
from tests.rules.normalize.payloads import dump

SENDER = "gls"
WHEN = "2026-03-02T10:46:14+0200"


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        ("INTIAL.PREADVICE", "label_created", None),
        ("INTIAL.NORMAL", "picked_up", None),
        ("INBOUD.NORMAL", "in_transit", None),
        ("OUTDEL.NORMAL", "out_for_delivery", None),
        ("DELIVD.NORMAL", "delivered", None),
        ("DELIVD.PARCELSHOP", "in_transit", "awaiting_customer_pickup"),
        ("CANCEL.NORMAL", "label_created", "cancelled"),
        ("CHANGD.PARCELBOX", "in_transit", "redirected"),
    ],
)
def test_codes(code: str, state: str, reason: str | None) -> None:
    assert told(SENDER, gls((code, WHEN))) == [(code, state, reason)]


def test_an_offset_needs_no_colon() -> None:
    (scan,) = read(SENDER, gls(("INTIAL.NORMAL", WHEN)))
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-03-02 08:46:14+00:00", "offset")


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        ("DELIVEREDPS", "in_transit", "awaiting_customer_pickup"),
        ("FINAL", None, "tracking_expired"),
        ("NOTDELIVERED", "attempted", "unspecified"),
    ],
)
def test_the_status_counts_only_where_it_stands_alone(status: str, state: str | None, reason: str | None) -> None:
    alone = gls(status=status, statusDateTime=WHEN)
    assert told(SENDER, alone) == [(status, state, reason)]
    assert len(told(SENDER, gls(("INTIAL.NORMAL", WHEN), status=status, statusDateTime=WHEN))) == 1


def test_an_unknown_code_is_unmapped() -> None:
    (scan,) = read(SENDER, gls(("DELIVD.SOMEWHERE", WHEN)))
    assert (scan.state, scan.mapped) == (None, False)


def test_a_number_not_found_holds_no_scan() -> None:
    assert told(SENDER, dump({"parcels": [{"requested": "1", "errorCode": "NOT_FOUND"}]})) == []
