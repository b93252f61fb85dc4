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


@pytest.mark.parametrize(
    ("kind", "event", "detail", "order_id"),
    [
        ("custom_field_changed", {"field": {"title": "Order number"}, "current": "A-1001"}, {}, "A-1001"),
        ("custom_field_changed", {"custom_field": {"title": "Order ID"}, "current": 1001}, {}, "1001"),
        ("custom_field_changed", {"field": {"title": "Shoe size"}, "current": "44"}, {}, None),
        ("custom_field_changed", {"field": {"title": "Order number"}, "current": None}, {}, None),
        ("external_id_changed", {"current": "A-1001"}, {"external_id": "A-1001"}, "A-1001"),
        ("tags_changed", {"tags_added": ["order_A-1001"]}, {"tags": ["order_A-1001"]}, "A-1001"),
        ("external_id_changed", {"current": "A-1001"}, {"external_id": "A-1001", "status": "CLOSED"}, None),
    ],
)
def test_what_is_learnt_later_says_again_that_the_ticket_was_opened(
    kind: str, event: dict[str, object], detail: dict[str, Any], order_id: str | None
) -> None:
    changes = read(zendesk_event(kind, event, **{"created_at": "2026-03-02T08:00:00Z", **detail}))
    expected = [("opened", order_id, "2026-03-02 08:00:00+00:00")] if order_id else []
    assert [(change.event, change.order_id, str(change.at)) for change in changes] == expected


@pytest.mark.parametrize(
    ("kind", "told", "word"),
    [
        ("Ticket Created", {}, "opened"),
        ("Comment Created", comment(staff=True), "agent_replied"),
        ("Status Changed", {"previous": "open", "current": "solved"}, "closed"),
        ("Ticket Soft Deleted", {}, "closed"),
        ("Ticket Undeleted", {}, "opened"),
        ("Custom Field Changed", {"custom_field": {"title": "Order number"}, "current": "A-2"}, "opened"),
        ("Agent Assignment Changed", {"previous": 1, "current": 2}, None),
    ],
)
@pytest.mark.parametrize("wrapper", ["detail", "input"])
def test_the_event_bus_tells_the_same_events(
    kind: str, told: dict[str, object], word: str | None, wrapper: str
) -> None:
    ticket = {"id": 35, "created_at": "2026-03-01T09:00:00.721021468Z", "status": "open", "via": {"channel": "web"}}
    event = {"type": kind, "meta": {"occurred_at": "2026-03-03T09:00:00.465719851Z"}, "ticket": ticket, **told}
    changes = read(dump({"version": "0", wrapper: {"ticket_event": event}}))
    assert [(change.event, change.ticket_id, change.channel) for change in changes] == (
        [(word, "35", "web")] if word else []
    )


def test_a_body_of_a_trigger_is_a_ticket_with_names_of_its_owner() -> None:
    flat = {"ticket_id": "35", "ticket_status": "Solved", "order_number": "A-1001", "ticket_tags": "vip wismo"}
    times = {"ticket_created_at": "March 1, 2026", "ticket_created_at_with_timestamp": "2026-03-01T09:00:00Z"}
    opened, closed = read(dump({**flat, **times, "ticket_updated_at_with_timestamp": "2026-03-02T09:00:00Z"}))
    assert (opened.order_id, opened.intent, opened.at.day, closed.at.day) == ("A-1001", "wismo", 1, 2)
    nested = {"id": 35, "status": "Open", "created_at": "2026-03-01T09:00:00Z", "via": "Email"}
    (opened,) = read(dump({"ticket": {**nested, "custom_fields": {"order_number": "A-7"}}}))
    assert (opened.order_id, opened.channel) == ("A-7", "email")


def test_of_fields_with_a_number_only_what_must_be_a_tracking_number_counts() -> None:
    ticket = {"id": 35, "status": "open", "created_at": "2026-03-01T09:00:00Z"}
    held = [{"id": 1, "value": None}, {"id": 2, "value": "A-1001"}, {"id": 3, "value": "1z999aa10123456784"}]
    (opened,) = read(dump({"tickets": [{**ticket, "custom_fields": held}], "count": 1}))
    assert (opened.order_id, opened.tracking_number) == (None, "1Z999AA10123456784")
