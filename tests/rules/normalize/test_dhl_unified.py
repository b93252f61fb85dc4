"""DHL unified: a coarse code, and services whose own codes say more."""

import pytest

from tests.rules.normalize.carrier_payloads import read, told, unified, unified_event
from tests.rules.normalize.payloads import dump

SENDER = "dhl_unified"
WHEN = "2026-03-02T10:00:00"


@pytest.mark.parametrize(
    ("service", "coarse", "status", "state", "reason"),
    [
        ("express", "pre-transit", "DELIVERED", "label_created", None),
        ("express", "transit", None, "in_transit", None),
        ("svb", "delivered", "RETURNED_TO_SENDER", "returned", None),
        ("svb", "transit", "DELIVERY_ATTEMPTED", "attempted", None),
        ("svb", "transit", "IN_DELIVERY", "out_for_delivery", None),
        ("svb", "unknown", "AMBIGUOUS", None, "no_info"),
        ("ecommerce-europe", "delivered", "366", "returned", None),
        ("ecommerce-europe", "delivered", "302", "in_transit", "handoff"),
        ("ecommerce-europe", "failure", "101", "returned", "not_collected"),
        ("ecommerce", "failure", "101", "label_created", "cancelled"),
        ("express", "delivered", "101", "delivered", None),
        ("parcel-nl", "delivered", "DELIVERED_AT_PARCELSHOP", "delayed", "handover_failed"),
        ("parcel-de", "delivered", "ZF", "in_transit", "awaiting_customer_pickup"),
        ("freight", "failure", "21-600", "delivered", "unspecified"),
        ("sameday", "failure", None, "delayed", "unspecified"),
        ("sameday", "pre_transit", None, "label_created", None),
    ],
)
def test_the_services_own_code_decides(
    service: str, coarse: str, status: str | None, state: str | None, reason: str | None
) -> None:
    (scan,) = read(SENDER, unified(service, unified_event(coarse, status, WHEN)))
    assert (scan.state, scan.reason, scan.mapped) == (state, reason, True)
    assert scan.code == (f"{coarse}/{status}" if status else coarse)


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("The shipment has been delivered back to the business sender", "returned"),
        ("The shipment has been handed over to the Parcelshop", "in_transit"),
        ("Ready for collection at the locker", "in_transit"),
        ("Delivered to the recipient", "delivered"),
    ],
)
def test_delivered_is_not_always_delivery(said: str, state: str) -> None:
    (scan,) = read(SENDER, unified("post-de", unified_event("delivered", None, WHEN, said)))
    assert scan.state == state


def test_an_unknown_status_code_is_unmapped() -> None:
    (scan,) = read(SENDER, unified("svb", unified_event("arrived", "TELEPORTED", WHEN, "Delivered")))
    assert (scan.state, scan.mapped) == (None, False)


def test_status_and_events_are_two_tellings_of_one_scan() -> None:
    event = unified_event("transit", "POSTED", WHEN, "Posted")
    status = {**event, "timestamp": f"{WHEN}Z"}
    (scan,) = read(SENDER, unified("svb", event, status=status))
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-03-02 09:00:00+00:00", "zone_inferred")
    (alone,) = read(SENDER, unified("svb", status=status))
    assert (str(alone.occurred_at), alone.time_quality) == ("2026-03-02 10:00:00+00:00", "offset")


@pytest.mark.parametrize(
    ("service", "shipment"),
    [
        ("express", "dhl_express:1000000003"),
        ("parcel-de", "dhl_parcel_de:1000000003"),
        ("ecommerce", "dhl_ecommerce:1000000003"),
        ("freight", "dhl_unified:1000000003"),
    ],
)
def test_a_parcel_has_one_id_whichever_dhl_sender_tells_of_it(service: str, shipment: str) -> None:
    (scan,) = read(SENDER, unified(service, unified_event("transit", None, WHEN)))
    assert scan.shipment_id == shipment


def test_a_number_not_found_holds_no_scan() -> None:
    assert told(SENDER, dump({"title": "No result found", "status": 404, "detail": "No shipment"})) == []
