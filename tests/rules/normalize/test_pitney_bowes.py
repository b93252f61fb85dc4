"""Pitney Bowes: a return label that is no parcel on its way, and three fields for one time."""

import pytest

from tests.rules.normalize.carrier_payloads import read, told
from tests.rules.normalize.payloads import dump
from tests.rules.normalize.small_carrier_payloads import pitney_bowes, pitney_event


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        ("AWP", "label_created", None),
        ("OFD", "out_for_delivery", None),
        ("DAT", "attempted", "unspecified"),
        ("INF", None, None),
    ],
)
def test_codes(code: str, state: str | None, reason: str | None) -> None:
    assert told("pitney_bowes", pitney_bowes(pitney_event(code))) == [(code, state, reason)]


def test_a_return_label_is_a_label_and_its_delivery_the_retailers() -> None:
    rows = [pitney_event("DLD", "RTN", "Delivered", "18:00:00"), pitney_event("LC", "RTN", "Manifest")]
    label, back = read("pitney_bowes", pitney_bowes(*rows))
    assert (label.state, label.direction, label.flags) == ("label_created", "return", ("return_shipment",))
    assert (back.state, back.flags) == ("returned", ("back_at_sender", "return_shipment"))


@pytest.mark.parametrize("more", [{"serviceCode": "RP"}, {"serviceName": "Parcel Return Service"}])
def test_a_return_service_is_a_return_too(more: dict[str, str]) -> None:
    assert read("pitney_bowes", pitney_bowes(pitney_event("TRD"), **more))[0].direction == "return"


def test_the_time_is_made_of_three_fields_and_the_number_loses_its_zip() -> None:
    (scan,) = read("pitney_bowes", pitney_bowes(pitney_event("TRD")))
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-03-02 20:20:26+00:00", "offset")
    assert scan.shipment_id == "pitney_bowes:92000000000000000000000001"
    assert read("pitney_bowes", pitney_bowes(pitney_event("TRD"), carrier="USPS"))[0].carrier == "usps"


def test_an_unknown_code_keeps_the_meaning_of_its_status_and_both_unknown_are_unmapped() -> None:
    assert told("pitney_bowes", pitney_bowes(pitney_event("QQQ", status="OutForDelivery")))[0][1] == "out_for_delivery"
    assert [scan.mapped for scan in read("pitney_bowes", pitney_bowes(pitney_event("QQQ", status="New")))] == [False]


def test_the_current_status_counts_where_it_stands_alone() -> None:
    answer = {
        "trackingNumber": "92000000000000000000000001",
        "scanDetailsList": [],
        "currentStatus": pitney_event("DLD"),
    }
    assert told("pitney_bowes", dump(answer)) == [("DLD", "delivered", None)]
    assert read("pitney_bowes", dump({"errors": [{"errorCode": "1"}]})) == ()


def test_a_carriers_own_code_counts_where_there_is_no_standard_one() -> None:
    own = {"scanType": "02", "scanDescription": "NOTICE LEFT", "standardizedEventCode": None, "l1Code": None}
    event = {**pitney_event("X", status="Exception"), **own}
    (scan,) = read("pitney_bowes", pitney_bowes(event, carrier="USPS"))
    assert (scan.code, scan.state, scan.reason) == ("02", "attempted", "recipient_unavailable")
    (scan,) = read("pitney_bowes", pitney_bowes(event))
    assert (scan.state, scan.reason) == ("delayed", "unspecified")
