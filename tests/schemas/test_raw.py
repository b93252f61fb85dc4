"""Models of our own raw shapes: strict, and silent about the values they refuse."""

import pytest
from pydantic import ValidationError

from schemas.raw import RawAction, RawOrder, RawScan, RawTicket

SCAN = {"carrier": "ups", "tracking_number": "1Z1", "status": None}


def test_a_scan_needs_carrier_number_and_status_only() -> None:
    scan = RawScan.model_validate(SCAN)
    assert (scan.status, scan.occurred_at, scan.flags) == (None, None, [])


def test_unknown_fields_are_ignored() -> None:
    assert not hasattr(RawScan.model_validate({**SCAN, "colour": "blue"}), "colour")


@pytest.mark.parametrize("model", [RawScan, RawOrder, RawTicket, RawAction])
def test_a_refusal_hides_what_was_sent(model: type[RawScan | RawOrder | RawTicket | RawAction]) -> None:
    with pytest.raises(ValidationError) as caught:
        model.model_validate({"carrier": ["Jane Doe"], "event": ["Jane Doe"], "action": ["Jane Doe"]})
    assert "Jane" not in str(caught.value)


def test_nothing_is_made_to_fit() -> None:
    for changes in ({"tracking_number": 5}, {"flags": "held"}, {"occurred_at": 1772462000}, {"status": ""}):
        with pytest.raises(ValidationError):
            RawScan.model_validate({**SCAN, **changes})
