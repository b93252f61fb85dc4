"""Front: previews of events, seconds with a fraction, and an opening that has no event."""

import pytest

from rules.normalize import parse_ticket
from schemas.facts import Rejected, TicketChange
from tests.rules.normalize.aggregator_payloads import front_event
from tests.rules.normalize.payloads import Json, dump


def read(message: object) -> tuple[TicketChange, ...]:
    result = parse_ticket("front", dump(message))
    assert not isinstance(result, Rejected), result
    return result


@pytest.mark.parametrize(
    ("kind", "conversation", "events"),
    [
        ("inbound", {}, ["customer_replied"]),
        ("inbound", {"created_at": 1772532000.1}, ["opened"]),
        ("out_reply", {}, ["agent_replied"]),
        ("archive", {}, ["closed"]),
        ("conversation_reopened", {}, ["opened"]),
        ("comment", {}, []),
        ("ticket_status_updated", {"statusCategory": "resolved"}, ["closed"]),
        ("ticket_status_updated", {"statusCategory": "waiting"}, []),
    ],
)
def test_events(kind: str, conversation: Json, events: list[str]) -> None:
    event = front_event(kind, **conversation)
    assert [change.event for change in read(event)] == events
    assert [
        change.event for change in read({"type": kind, "authorization": {"id": "cmp_1"}, "payload": event})
    ] == events


def test_the_conversation_is_the_ticket_and_its_fields_name_the_order() -> None:
    (change,) = read(front_event("inbound", custom_fields={"Order Number": "A-2", "Tracking number": "1z 9"}))
    assert (change.ticket_id, change.order_id, change.tracking_number) == ("cnv_55c8", "A-2", "1Z9")
    assert str(change.at) == "2026-03-03 10:00:00.250000+00:00"
    assert read(front_event("inbound"))[0].order_id == "A-1001"


@pytest.mark.parametrize(("status", "events"), [("archived", ["opened", "closed"]), ("assigned", ["opened"])])
def test_a_conversation_of_the_api(status: str, events: list[str]) -> None:
    conversation = front_event("x")["conversation"]
    assert [change.event for change in read({**conversation, "status": status})] == events


def test_the_handshake_is_no_event() -> None:
    assert read({"type": "sync", "challenge": "abc"}) == ()


@pytest.mark.parametrize(
    ("message", "reason"),
    [({"hello": 1}, "schema_invalid"), ({**front_event("inbound"), "emitted_at": "soon"}, "semantic_invalid")],
)
def test_bad_events_are_refused(message: object, reason: str) -> None:
    result = parse_ticket("front", dump(message))
    assert isinstance(result, Rejected)
    assert result.reason == reason


def test_lists_of_events_and_conversations_are_read_one_by_one() -> None:
    events = [front_event("archive"), front_event("comment")]
    result = parse_ticket("front", dump({"_pagination": {}, "_results": events}))
    assert [change.event for change in result if isinstance(change, TicketChange)] == ["closed"]
    assert parse_ticket("front", dump({"_results": []})) == ()
