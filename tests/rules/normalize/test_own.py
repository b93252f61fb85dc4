"""Source `wismo`: our own shapes in our words, and refusals that name path and allowed words."""

import pytest
from msgspec import UNSET

from rules.normalize import parse_action, parse_order, parse_scans, parse_ticket
from schemas.facts import Action, Location, Money, OrderChange, Rejected, Scan, TicketChange
from tests.rules.normalize.payloads import dump, own_scan

ORDER = {"event": "created", "order_id": "A-1001", "at": "2026-03-01T10:00:00Z"}
TICKET = {"event": "opened", "ticket_id": "T-5", "at": "2026-03-03T09:00:00Z"}
ACTION = {"action": "decide", "shipment_id": "ups:1Z1", "at": "2026-03-03T10:00:00Z"}


def scan(**changes: object) -> Scan:
    result = parse_scans("wismo", own_scan(**changes))
    assert isinstance(result, tuple), result
    return result[0]


def order(**changes: object) -> OrderChange:
    result = parse_order("wismo", dump({**ORDER, **changes}))
    assert isinstance(result, tuple), result
    return result[0]


def refused(**changes: object) -> Rejected:
    result = parse_scans("wismo", own_scan(**changes))
    assert isinstance(result, Rejected), result
    return result


def test_a_scan_is_taken_at_its_word() -> None:
    read = scan(code="RZ", reason="weather", flags=["held", "held"], scan_id="s-1", service_level="ground", extra=1)
    assert (read.state, read.reason, read.flags, read.mapped, read.code) == (
        "in_transit",
        "weather",
        ("held",),
        True,
        "RZ",
    )
    assert (str(read.occurred_at), read.raw_time) == ("2026-03-02 21:05:00+00:00", "2026-03-02T16:05:00-05:00")
    assert read.location == Location(city="Louisville", region="KY", postal_code="40202", country="US")
    assert (read.time_quality, read.scan_id, read.service_level) == ("offset", "s-1", "ground")


@pytest.mark.parametrize("status", [None, "unknown"])
def test_a_scan_that_says_no_state_is_informational(status: str | None) -> None:
    assert scan(status=status).informational


def test_a_scan_without_time_is_kept() -> None:
    assert (scan(occurred_at=...).time_quality, scan(occurred_at=None).occurred_at) == ("missing", None)


def test_spellings_meet() -> None:
    read = scan(carrier="UPS®", tracking_number=" 1z 0000-0000 0000 0001 ")
    assert read.shipment_id == "ups:1Z0000000000000001"
    assert scan(carrier="usps", tracking_number="420402029400100000000000000001").tracking_number.startswith("9400")


def test_a_return_delivered_is_the_senders() -> None:
    read = scan(status="delivered", direction="return")
    assert (read.state, read.flags) == ("returned", ("back_at_sender", "return_shipment"))


def test_a_list_of_scans_is_read_in_order() -> None:
    two = [own_scan(occurred_at=f"2026-03-0{day}T10:00:00Z", code=str(day)) for day in (2, 1)]
    result = parse_scans("wismo", b"[" + b",".join(two) + b"]")
    assert isinstance(result, tuple)
    assert [one.code for one in result] == ["1", "2"]


@pytest.mark.parametrize(
    ("changes", "reason", "said"),
    [
        ({"status": "teleported"}, "semantic_invalid", "$.status: is not one of: label_created"),
        ({"status": ...}, "schema_invalid", "$.status: Field required"),
        ({"status": 3}, "schema_invalid", "$.status"),
        ({"reason": "bored"}, "semantic_invalid", "$.reason: is not one of"),
        ({"flags": ["blue"]}, "semantic_invalid", "$.flags[0]: is not one of"),
        ({"direction": "up"}, "semantic_invalid", "$.direction: is not one of: outbound return"),
        ({"tracking_number": "  "}, "semantic_invalid", "$.tracking_number"),
        ({"tracking_number": "- -"}, "semantic_invalid", "$.tracking_number"),
        ({"tracking_number": "a:b"}, "semantic_invalid", "$.tracking_number"),
        ({"tracking_number": 12}, "schema_invalid", "$.tracking_number"),
        ({"carrier": "®"}, "semantic_invalid", "$.carrier"),
        ({"occurred_at": "0001-01-01T00:00:00Z"}, "semantic_invalid", "$.occurred_at: a time in the year 1"),
        ({"occurred_at": "9999-12-31T23:00:00-14:00"}, "semantic_invalid", "$.occurred_at"),
        ({"occurred_at": "2026-03-02T16:05:00"}, "schema_invalid", "$.occurred_at: write an RFC 3339"),
        ({"occurred_at": 5}, "schema_invalid", "$.occurred_at: write an RFC 3339"),
        ({"location": []}, "schema_invalid", "$.location"),
        ({"location": {"city": 5}}, "schema_invalid", "$.location.city"),
    ],
)
def test_bad_scans_are_refused(changes: dict[str, object], reason: str, said: str) -> None:
    result = refused(**changes)
    assert result.reason == reason
    assert said in result.message


def test_a_refusal_shows_no_value() -> None:
    assert "Jane" not in refused(status="Jane Doe", carrier=["Jane"]).message


def test_an_order_tells_absent_from_cleared() -> None:
    read = order(needed_by=None, value={"amount": "129.90", "currency": "USD"}, customer=None)
    assert (read.promise_date, read.needed_by, read.value, read.customer) == (UNSET, None, Money("129.90", "USD"), None)
    assert read.tie and read.tie != order().tie


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"event": "vanished"}, "semantic_invalid"),
        ({"order_id": " "}, "semantic_invalid"),
        ({"promise_date": "0001-01-01"}, "semantic_invalid"),
        ({"promise_date": "soon"}, "schema_invalid"),
        ({"promise_date": "2026-03-04T00:00:00Z"}, "schema_invalid"),
        ({"value": {"amount": 129.9, "currency": "USD"}}, "schema_invalid"),
        ({"value": {"amount": "NaN", "currency": "USD"}}, "schema_invalid"),
        ({"channel": "carrier pigeon"}, "semantic_invalid"),
        ({"destination": {"timezone": "Mars/Olympus"}}, "semantic_invalid"),
        ({"destination": {"timezone": "../../etc/passwd"}}, "semantic_invalid"),
        ({"customer": {"orders_before": -1}}, "semantic_invalid"),
        ({"shipments": [{"carrier": "ups"}]}, "schema_invalid"),
        ({"shipments": [{"carrier": "ups", "tracking_number": ""}]}, "semantic_invalid"),
    ],
)
def test_bad_orders_are_refused(changes: dict[str, object], reason: str) -> None:
    result = parse_order("wismo", dump({**ORDER, **changes}))
    assert isinstance(result, Rejected), result
    assert result.reason == reason


def test_a_ticket_and_an_action_are_read() -> None:
    ticket = parse_ticket("wismo", dump({**TICKET, "tracking_number": "1z-9", "intent": "wismo"}))
    assert isinstance(ticket, tuple)
    assert (ticket[0].tracking_number, ticket[0].intent, type(ticket[0])) == ("1Z9", "wismo", TicketChange)
    action = parse_action("wismo", dump({**ACTION, "decision": "reship", "until": "2026-03-04T10:00:00Z"}))
    assert isinstance(action, Action)
    assert (action.decision, str(action.until)) == ("reship", "2026-03-04 10:00:00+00:00")


def test_an_action_may_name_its_subject_as_the_event_of_the_case_does() -> None:
    named = {"action": "note", "subject": "order", "subject_id": "A-1", "shipment_id": None, "at": ACTION["at"]}
    action = parse_action("wismo", dump(named))
    assert isinstance(action, Action)
    assert (action.subject, action.shipment_id) == ("order", "A-1")
    nameless = parse_action("wismo", dump({**named, "subject_id": None}))
    assert isinstance(nameless, Rejected) and "shipment_id" in nameless.message


def test_the_letters_of_a_time_may_be_small() -> None:
    action = parse_action("wismo", dump({**ACTION, "at": "2026-03-03t10:00:00z"}))
    assert isinstance(action, Action)
    assert str(action.at) == "2026-03-03 10:00:00+00:00"


def test_bad_tickets_and_actions_are_refused() -> None:
    ticket = parse_ticket("wismo", dump({**TICKET, "intent": "gossip"}))
    action = parse_action("wismo", dump({**ACTION, "owner": "nobody"}))
    assert isinstance(ticket, Rejected) and isinstance(action, Rejected)
    assert (ticket.reason, action.reason) == ("semantic_invalid", "semantic_invalid")


@pytest.mark.parametrize("source", [None, "", "nobody", "zendesk"])
def test_who_sends_no_scans_is_an_unknown_type(source: str) -> None:
    result = parse_scans(source, own_scan())
    assert isinstance(result, Rejected)
    assert result.reason == "unknown_type"
