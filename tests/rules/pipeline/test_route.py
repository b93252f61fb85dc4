"""The router: bytes become facts and link events, or a dead letter that says why."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.pipeline.records import Record
from rules.pipeline.route import route, ticket_key
from schemas.facts import ActionFact, ScansFact, TicketChange
from schemas.links import FlightLink, NumberLink, OrderLink, TicketLink
from schemas.words import RAW_TOPICS, SOURCES

T0 = datetime(2026, 3, 2, 21, 5, tzinfo=UTC)
SCAN = {
    "carrier": "ups",
    "tracking_number": "1Z 999 AA1",
    "status": "attempted",
    "reason": "recipient_unavailable",
    "code": "X",
    "occurred_at": "2026-03-02T16:05:00-05:00",
}
ORDER = {
    "event": "fulfilled",
    "order_id": "A-1",
    "customer_id": "C-7",
    "at": "2026-03-01T10:00:00Z",
    "shipments": [{"carrier": "ups", "tracking_number": "1Z1"}, {"carrier": "fedex", "tracking_number": "7"}],
}


def record(topic: str, value: object, source: str | None = "wismo", **headers: str) -> Record:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    pairs = headers | ({"source": source} if source else {})
    return Record(topic, 2, 7, T0, b"k", raw, tuple((name, text.encode()) for name, text in pairs.items()))


def test_a_scan_becomes_one_fact_and_makes_its_number_known() -> None:
    routed = route(record("carrier-scans", SCAN))

    (fact,) = routed.facts
    assert isinstance(fact, ScansFact)
    assert (fact.shipment_id, fact.received_at, fact.now) == ("ups:1Z999AA1", T0, T0)
    (number, flight) = routed.links
    assert number[0] == number[1] == "number:1Z999AA1"
    assert isinstance(number[2], NumberLink)
    assert flight[0] == flight[1] == "carrier:ups"
    assert isinstance(flight[2], FlightLink)


def test_the_same_scan_gives_the_same_fact_id_wherever_it_stands() -> None:
    one, other = record("carrier-scans", SCAN), record("carrier-scans", SCAN, **{"wismo-position": "99"})

    assert route(one).facts[0].fact_id == route(other).facts[0].fact_id


def test_an_order_goes_to_its_order_and_makes_its_numbers_known() -> None:
    keys = [key for _, key, _ in route(record("order-events", ORDER)).links]

    assert keys == ["order:A-1", "number:1Z1", "number:7"]
    assert isinstance(route(record("order-events", ORDER)).links[0][2], OrderLink)


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"order_id": "A", "tracking_number": "1", "customer_id": "C"}, "order:A"),
        ({"tracking_number": "1", "customer_id": "C"}, "number:1"),
        ({"customer_id": "C"}, None),
        ({}, None),
    ],
)
def test_a_ticket_goes_to_the_surest_thing_it_names(fields: dict[str, str], place: str | None) -> None:
    ticket = TicketChange(event="opened", ticket_id="T", at=T0, **fields)

    assert ticket_key(ticket)[0] == place


def test_a_ticket_keeps_its_bytes_for_the_day_it_is_given_up() -> None:
    value = {"event": "opened", "ticket_id": "T-5", "order_id": "A-1", "at": "2026-03-03T09:00:00Z"}
    raw = record("ticket-events", value)

    link = route(raw).links[0][2]

    assert isinstance(link, TicketLink)
    assert link.origin is not None
    assert link.origin.value == raw.value


def test_an_action_becomes_a_fact_of_its_shipment() -> None:
    value = {"action": "note", "shipment_id": "ups:1Z1", "case_id": "c", "by": "sam", "at": "2026-03-03T10:00:00Z"}

    (fact,) = route(record("operator-actions", value)).facts

    assert isinstance(fact, ActionFact)
    assert fact.shipment_id == "ups:1Z1"


def test_a_scan_from_the_far_future_is_parked_and_does_not_apply() -> None:
    routed = route(record("carrier-scans", SCAN | {"occurred_at": "2031-01-01T00:00:00Z"}))

    assert not routed.facts
    assert routed.parked[0].rejected.reason == "semantic_invalid"


def test_an_unmapped_scan_is_parked_once_and_still_shown() -> None:
    payload: dict[str, Any] = {
        "object": "Event",
        "result": {
            "object": "Tracker",
            "tracking_code": "1Z5",
            "carrier": "UPS",
            "tracking_details": [
                {"status": "in_transit", "message": "Departed", "datetime": "2026-03-02T10:00:00Z"},
                {"status": "brand_new_status", "message": "Teleported", "datetime": "2026-03-02T11:00:00Z"},
            ],
        },
        "description": "tracker.updated",
    }
    routed = route(record("carrier-scans", payload, source="easypost"))

    (fact,) = routed.facts
    assert isinstance(fact, ScansFact)
    assert [scan.mapped for scan in fact.scans] == [True, False]
    (parked,) = routed.parked
    assert parked.rejected.reason == "unmapped_code"
    assert len(parked.scans) == 1


@pytest.mark.parametrize("topic", RAW_TOPICS)
def test_without_a_source_or_a_value_the_record_is_parked(topic: str) -> None:
    assert route(record(topic, SCAN, source=None)).parked[0].rejected.reason == "unknown_type"
    empty = Record(topic, 0, 0, T0, None, None, (("source", b"wismo"),))
    assert route(empty).parked[0].rejected.reason == "undecodable"


@settings(max_examples=300)
@given(st.sampled_from(RAW_TOPICS), st.sampled_from(SOURCES), st.binary(max_size=200))
def test_no_bytes_make_the_router_raise_and_none_are_lost(topic: str, source: str, raw: bytes) -> None:
    routed = route(record(topic, raw, source=source))

    assert routed.parked or routed.facts or routed.links or _readable(raw)


def _readable(raw: bytes) -> bool:
    # Only what can be read may rightly hold nothing: an answer without a scan.
    try:
        json.loads(raw)
    except ValueError:
        return False
    return True
