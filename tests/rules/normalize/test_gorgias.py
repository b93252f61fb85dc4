"""Gorgias: triggers, messages, and a ticket as it stands."""

import pytest

from rules.normalize import parse_ticket
from schemas.facts import Rejected, TicketChange
from tests.rules.normalize.aggregator_payloads import gorgias_ticket
from tests.rules.normalize.payloads import Json, dump

LATER = "2026-03-04T09:00:00+00:00"


def read(message: object) -> tuple[TicketChange, ...]:
    result = parse_ticket("gorgias", dump(message))
    assert not isinstance(result, Rejected), result
    return result


def said(*, agent: bool, public: bool = True) -> Json:
    return {"id": 7, "from_agent": agent, "public": public, "created_datetime": LATER}


@pytest.mark.parametrize(
    ("trigger", "ticket", "message", "events"),
    [
        ("ticket-created", {}, {}, ["opened"]),
        ("ticket-message-created", {}, said(agent=True), ["agent_replied"]),
        ("ticket-message-created", {}, said(agent=False), ["customer_replied"]),
        ("ticket-message-created", {}, said(agent=True, public=False), []),
        ("ticket-status-updated", {"status": "closed", "closed_datetime": LATER}, {}, ["closed"]),
        ("ticket-status-updated", {"opened_datetime": LATER}, {}, ["opened"]),
        ("ticket-assignment-updated", {}, {}, []),
    ],
)
def test_triggers(trigger: str, ticket: Json, message: Json, events: list[str]) -> None:
    raw = {"trigger": trigger, "ticket": gorgias_ticket(**ticket), **({"message": message} if message else {})}
    assert [change.event for change in read(raw)] == events


def test_a_ticket_alone_tells_all_that_happened() -> None:
    messages = [said(agent=False), said(agent=True), said(agent=True, public=False)]
    changes = read(gorgias_ticket(status="closed", closed_datetime=LATER, messages=messages))
    assert [change.event for change in changes] == ["opened", "agent_replied", "closed"]
    assert {(one.ticket_id, one.order_id, one.customer_id, one.channel) for one in changes} == {
        ("35", "A-1001", "900", "email")
    }


def test_the_order_comes_from_its_id_then_a_field_then_a_tag() -> None:
    fields = {"Order number": {"value": "A-2"}}
    assert read(gorgias_ticket(external_id="A-1", custom_fields=fields))[0].order_id == "A-1"
    assert read(gorgias_ticket(custom_fields=fields))[0].order_id == "A-2"
    assert read(gorgias_ticket(tags=["order:A-3", "intent_refund"]))[0].intent == "refund"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"hello": 1}, "schema_invalid"),
        (gorgias_ticket(id=None), "semantic_invalid"),
        (gorgias_ticket(created_datetime="yesterday"), "semantic_invalid"),
    ],
)
def test_bad_tickets_are_refused(message: object, reason: str) -> None:
    result = parse_ticket("gorgias", dump(message))
    assert isinstance(result, Rejected)
    assert result.reason == reason


def test_a_template_writes_yes_and_no_as_texts() -> None:
    message = {"from_agent": "true", "public": "true", "created_datetime": LATER}
    body = {"event": {"type": "ticket-message-created"}, "ticket": gorgias_ticket()}
    assert [change.event for change in read({**body, "message": message})] == ["agent_replied"]
    assert [change.event for change in read({**body, "message": {**message, "from_agent": "false"}})] == [
        "customer_replied"
    ]
    assert read({**body, "message": {**message, "public": "false"}}) == ()


def test_flat_bodies_and_lists_of_tickets_are_read() -> None:
    (opened,) = read({"ticket_id": 35, "ticket_status": "open", "ticket_created_datetime": LATER})
    assert (opened.event, opened.ticket_id) == ("opened", "35")
    listed = {"data": [gorgias_ticket(), gorgias_ticket(id=36)], "meta": {"next_cursor": None}}
    assert {change.ticket_id for change in read(listed)} == {"35", "36"}
