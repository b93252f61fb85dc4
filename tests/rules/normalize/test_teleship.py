"""Teleship: a coarse code that its text may refine, and no other."""

import pytest

from tests.rules.normalize.carrier_payloads import read, told
from tests.rules.normalize.payloads import dump
from tests.rules.normalize.small_carrier_payloads import teleship


@pytest.mark.parametrize(
    ("code", "said", "state", "reason"),
    [
        ("label_created", "Label", "label_created", None),
        ("collected", "Package collected from sender", "picked_up", None),
        ("in_transit", "In transit to destination country", "in_transit", None),
        ("in_transit", "Out for delivery", "out_for_delivery", None),
        ("in_transit", "Held by customs", "delayed", "customs_hold"),
        ("in_hub", "Out for delivery", "in_transit", None),
        ("delivery_failed", "Recipient not available", "attempted", "recipient_unavailable"),
        ("delivery_failed", "Something", "attempted", "unspecified"),
        ("returned", "Returned to sender", "returned", None),
        ("cancelled", "Cancelled", "label_created", "cancelled"),
    ],
)
def test_codes(code: str, said: str, state: str, reason: str | None) -> None:
    assert told("teleship", teleship((code, said))) == [(code, state, reason)]


def test_an_unknown_code_is_unmapped_whatever_its_text() -> None:
    assert [scan.mapped for scan in read("teleship", teleship(("teleported", "Delivered")))] == [False]


def test_an_error_and_a_history_without_events_hold_no_scan() -> None:
    assert read("teleship", dump({"messages": [{"code": 404}]})) == ()
    assert read("teleship", teleship()) == ()
