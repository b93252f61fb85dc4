"""Zendesk: which of its events concern a customer, and how a ticket names its order."""

from typing import Any

import pytest

from rules.normalize import parse_ticket
from schemas.facts import Rejected, TicketChange
from tests.rules.normalize.payloads import dump, zendesk_event


def read(raw: bytes) -> tuple[TicketChange, ...]:
    result = parse_ticket("zendesk", raw)
    assert not isinstance(result, Rejected), result
    return result


def comment(*, staff: bool, public: bool = True) -> dict[str, object]:
    return {"comment": {"id": "1", "body": "...", "is_public": public, "author": {"id": "9", "is_staff": staff}}}


@pytest.mark.parametrize(
    ("kind", "event", "word"),
    [
        ("created", {}, "opened"),
        ("status_changed", {"current": "SOLVED", "previous": "OPEN"}, "closed"),
        ("status_changed", {"current": "Closed", "previous": "Solved"}, None),
        ("status_changed", {"current": "open", "previous": "solved"}, "opened"),
        ("status_changed", {"current": {"status": "Pending"}, "previous": {"status": "Open"}}, None),
        ("comment_added", comment(staff=True), "agent_replied"),
        ("comment_added", comment(staff=False), "customer_replied"),
        ("comment_added", comment(staff=True, public=False), None),
        ("permanently_deleted", {}, "closed"),
        ("custom_field_changed", {"current": "A-1001"}, None),
    ],
)
def test_events(kind: str, event: dict[str, object], word: str | None) -> None:
    assert [change.event for change in read(zendesk_event(kind, event))] == ([word] if word else [])


@pytest.mark.parametrize(
    ("detail", "order_id"),
    [
        ({"external_id": "A-1001", "tags": ["order_A-2"]}, "A-1001"),
        ({"external_id": None, "tags": ["vip", "order_A-1001"]}, "A-1001"),
        ({"tags": ["order:A-1001"]}, "A-1001"),
        ({"tags": ["order_"]}, None),
        ({}, None),
    ],
)
def test_the_order_of_a_ticket(detail: dict[str, Any], order_id: str | None) -> None:
    (change,) = read(zendesk_event("created", **detail))
    assert change.order_id == order_id
    assert (change.ticket_id, change.customer_id, change.channel) == ("35", "900", "email")


def test_tags_name_the_parcel_and_the_intent() -> None:
    (change,) = read(zendesk_event("created", tags=["tracking_1z 999-aa1", "intent_refund"]))
    assert (change.tracking_number, change.intent) == ("1Z999AA1", "refund")


def test_a_ticket_of_the_api_tells_its_opening_and_its_end() -> None:
    ticket = {"id": 35, "status": "solved", "created_at": "2026-03-01T09:00:00Z", "updated_at": "2026-03-02T09:00:00Z"}
    changes = read(dump({"ticket": {**ticket, "requester_id": 900}}))
    assert [(change.event, change.ticket_id, change.at.day) for change in changes] == [
        ("opened", "35", 1),
        ("closed", "35", 2),
    ]
    assert [change.event for change in read(dump({**ticket, "status": "open"}))] == ["opened"]


@pytest.mark.parametrize(
    ("speaker", "word"), [("agent", "agent_replied"), ("end_user", "customer_replied"), ("system", None)]
)
def test_chat_messages_count_by_who_writes(speaker: str, word: str | None) -> None:
    message = {"type": "zen:event-type:messaging_ticket.message_added", "time": "2026-03-03T09:00:00.254571515Z"}
    raw = dump({**message, "detail": {"id": "141"}, "event": {"actor": {"type": speaker}, "message": {"id": "m"}}})
    assert [change.event for change in read(raw)] == ([word] if word else [])


def test_events_of_users_are_nothing_to_us() -> None:
    assert read(dump({"type": "zen:event-type:user.created", "time": "2026-03-01T09:00:00Z", "detail": {}})) == ()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (dump({"hello": 1}), "schema_invalid"),
        (zendesk_event("created", id=None), "semantic_invalid"),
        (zendesk_event("created", tags=[{}]), "schema_invalid"),
        (zendesk_event("created").replace(b"2026-03-03T", b"0001-03-03T"), "semantic_invalid"),
    ],
)
def test_bad_tickets_are_refused(raw: bytes, reason: str) -> None:
    result = parse_ticket("zendesk", raw)
    assert isinstance(result, Rejected)
    assert result.reason == reason
