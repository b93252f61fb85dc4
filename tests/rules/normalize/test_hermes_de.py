"""Hermes Germany: "returned" to the depot is not returned, and codes that take back."""

import pytest

from tests.rules.normalize.carrier_payloads import hermes, read, told
from tests.rules.normalize.payloads import dump

SENDER = "hermes_de"
WHEN = "2026-03-02T10:46:14+01:00"


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        ("3000", "out_for_delivery", None),
        ("4031", "attempted", "recipient_unavailable"),
        ("4035", "delayed", "not_collected"),
        ("6086", "delayed", "missort"),
        ("6087", "delayed", "missort"),
        ("6080", "returned", None),
        ("6085", "damaged", "damaged"),
        ("0600", "delayed", "late"),
        ("4070", None, "retraction"),
        ("4072", None, "retraction"),
        ("4690", None, "retraction"),
        ("9399", None, "retraction"),
        ("9321", None, None),
        ("9340", "label_created", "cancelled"),
    ],
)
def test_codes(code: str, state: str | None, reason: str | None) -> None:
    (scan,) = read(SENDER, hermes((code, WHEN)))
    assert (scan.state, scan.reason, scan.mapped) == (state, reason, True)


def test_delivered_to_the_client_is_a_return_that_arrived() -> None:
    (scan,) = read(SENDER, hermes(("7500", WHEN)))
    assert (scan.state, scan.direction, scan.flags) == ("returned", "return", ("back_at_sender", "return_shipment"))


def test_a_code_sent_as_a_number_has_lost_its_zeros() -> None:
    assert told(SENDER, hermes((600, WHEN))) == [("600", "delayed", "late")]


def test_the_forecast_is_a_day_and_an_hour_in_germany() -> None:
    (scan,) = read(SENDER, hermes(("2000", WHEN)))
    assert str(scan.estimated_delivery_at) == "2026-03-05 17:00:00+00:00"
    assert scan.location is not None
    assert scan.location.country == "DE"


def test_a_number_not_found_holds_no_scan() -> None:
    assert told(SENDER, dump({"shipmentinfo": [{"shipmentID": "H1", "result": {"code": "e001"}}]})) == []
