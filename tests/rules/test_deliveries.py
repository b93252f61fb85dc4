"""What scans tell of a delivery beside that it was one, by code and by the sender's words."""

from typing import Any

import pytest

from rules.deliveries import handed_to, proof
from rules.loading import load_policy
from rules.normalize import tables
from rules.situation import Situation
from tests.rules.builders import MONDAY, Story, hours, scan

KEYS = sorted(tables.load_pairs(tables.DELIVERIES).items())


def seen(*scans: Any) -> Situation:
    told = Story()
    told.scans(*scans)
    assert told.shipment is not None
    return Situation(told.shipment, load_policy().at(MONDAY))


@pytest.mark.parametrize(("key", "word"), KEYS, ids=[key for key, _ in KEYS])
def test_each_code_is_known_to_its_table_and_only_adds_to_it(key: str, word: str) -> None:
    name, _, code = key.partition(":")
    cells = [row for row in tables.table_cells(name) if code in (row["key"], *row["key"].replace(":", "/").split("/"))]

    assert cells
    assert {row["state"] for row in cells} <= ({"delivered", ""} if word == "proof" else {"delivered"})


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"code": "DLVRD/NGHBR/ZU", "mapping_version": "dhl_parcel_de-a1"}, "neighbour"),
        ({"code": "delivered/DOR_OTH", "mapping_version": "dhl_unified-a1"}, "another person"),
        ({"code": "DE/DELIVERED_TO_NEIGHBOUR", "mapping_version": "shipengine-a1"}, "neighbour"),
        ({"code": "EVKDN", "mapping_version": "ups-a1"}, None),
        ({"code": "d/3h", "mapping_version": "ups-a1"}, "neighbour"),
        ({"code": "X", "description": "Zugestellt an Nachbarn"}, "neighbour"),
        ({"code": "X", "description": "Delivered in the neighbourhood shop"}, None),
        ({"code": "X", "description": "Collected by your neighbour's dog walker"}, None),
        ({"code": "X", "description": "Delivered to another person at the address"}, "another person"),
        ({"code": "X", "description": "Placed in parcel locker"}, "locker"),
        ({"code": "X", "reason": "handoff"}, "another carrier or agent"),
        ({"code": "X", "reason": "late"}, None),
    ],
)
def test_who_has_it_is_told_by_code_reason_or_plain_words(fields: dict[str, Any], word: str | None) -> None:
    found = handed_to(seen(scan("delivered", MONDAY, **fields)))

    assert (found[0] if found else None) == word


def test_a_delivery_that_was_taken_back_or_was_another_parcels_tells_nothing() -> None:
    there = scan("delivered", MONDAY, reason="redirected")
    back = scan(None, MONDAY + hours(1), code="oops", reason="retraction")
    assert handed_to(seen(there, back, scan("delivered", MONDAY + hours(3), code="again"))) is None

    anew = MONDAY + hours(24 * 70)
    assert handed_to(seen(there, scan("picked_up", anew), scan("delivered", anew + hours(30), code="again"))) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Delivered, signed for by J. Doe", True),
        ("Proof of delivery available", True),
        ("Delivery photo", True),
        ("POD received", True),
        ("Delivered. No signature obtained", False),
        ("Left at door, signature not required", False),
        ("Signature unavailable", False),
        ("Delivered at front door", False),
        ("Delivered to the designated podium", False),
    ],
)
def test_a_proof_is_told_by_plain_words(text: str, told: bool) -> None:
    assert (proof(seen(scan("delivered", MONDAY, description=text))) is not None) == told


def test_a_signature_that_is_only_asked_for_on_the_way_is_no_proof() -> None:
    note = scan(None, MONDAY - hours(5), code="note", description="Signature service")
    assert proof(seen(note, scan("delivered", MONDAY))) is None
    assert (
        proof(seen(scan("in_transit", MONDAY, description="Signature service"), scan("delivered", hours(5) + MONDAY)))
        is None
    )
