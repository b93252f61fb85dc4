"""Freshdesk: numbers for statuses, fields of the owner's choice, and notes that stay inside."""

import pytest

from rules.normalize import parse_ticket
from schemas.facts import Rejected, TicketChange
from tests.rules.normalize.aggregator_payloads import WHEN, freshdesk_ticket
from tests.rules.normalize.payloads import Json, dump


def read(message: object) -> tuple[TicketChange, ...]:
    result = parse_ticket("freshdesk", dump(message))
    assert not isinstance(result, Rejected), result
    return result


@pytest.mark.parametrize(
    ("told", "events"),
    [
        ({"triggered_event": "{ticket_action:created}"}, ["opened"]),
        ({"ticket_status": "Resolved"}, ["closed"]),
        ({"ticket_status": "Open"}, ["opened"]),
        ({"triggered_event": "{reply_sent:sent}", "ticket_status": "Pending"}, ["agent_replied"]),
        ({"triggered_event": "customer replied", "ticket_status": "Pending"}, ["customer_replied"]),
        ({"triggered_event": "{note_type:private}"}, []),
    ],
)
def test_webhooks_of_automation_rules(told: Json, events: list[str]) -> None:
    changes = read({"freshdesk_webhook": {"ticket_id": 35, "triggered_at": WHEN, "ticket_tags": "wismo, vip", **told}})
    assert [change.event for change in changes] == events
    assert all((change.ticket_id, change.intent) == ("35", "wismo") for change in changes)


@pytest.mark.parametrize(("status", "events"), [(2, ["opened"]), (3, ["opened"]), (5, ["opened", "closed"])])
def test_a_ticket_of_the_api(status: int, events: list[str]) -> None:
    changes = read(freshdesk_ticket(status=status, stats={"closed_at": "2026-03-05T09:00:00Z"}))
    assert [change.event for change in changes] == events
    assert (changes[0].order_id, changes[0].customer_id, changes[0].channel) == ("A-1001", "900", "email")
    assert changes[-1].at.day == (5 if status == 5 else 3)


@pytest.mark.parametrize(("changes", "events"), [([2, 4], ["closed"]), ([5, 2], ["opened"]), ([4, 5], []), (None, [])])
def test_app_events_of_an_update(changes: list[int] | None, events: list[str]) -> None:
    raw = {"event": "onTicketUpdate", "data": {"ticket": freshdesk_ticket(), "changes": {"status": changes}}}
    assert [change.event for change in read(raw)] == events


@pytest.mark.parametrize(
    ("incoming", "private", "events"),
    [(True, False, ["customer_replied"]), (False, False, ["agent_replied"]), (False, True, [])],
)
def test_conversations(incoming: bool, private: bool, events: list[str]) -> None:
    reply = {"id": 9, "ticket_id": 35, "incoming": incoming, "private": private, "created_at": WHEN}
    assert [change.event for change in read({"data": {"conversation": reply}})] == events


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"hello": 1}, "schema_invalid"),
        ({"freshdesk_webhook": {"ticket_id": 35}}, "semantic_invalid"),
        (["x"], "schema_invalid"),
    ],
)
def test_bad_tickets_are_refused(message: object, reason: str) -> None:
    result = parse_ticket("freshdesk", dump(message))
    assert isinstance(result, Rejected)
    assert result.reason == reason


def test_a_conversation_of_the_api_is_a_reply() -> None:
    told = {"id": 5, "ticket_id": 35, "incoming": False, "private": False, "created_at": WHEN, "body_text": "..."}
    assert [(change.event, change.ticket_id) for change in read(told)] == [("agent_replied", "35")]
    assert [change.event for change in read([{**told, "incoming": True}, {**told, "private": True}])] == [
        "customer_replied"
    ]


def test_a_rule_about_something_else_does_not_open_the_ticket_anew() -> None:
    told = {"ticket_id": 35, "ticket_status": "Open", "ticket_created_at": "2026-03-01T09:00:00Z", "triggered_at": WHEN}
    for happened, at in (("{priority:{from:1,to:2}}", "2026-03-01T09"), ("{status:{from:5,to:2}}", WHEN[:13])):
        (change,) = read({"freshdesk_webhook": {**told, "triggered_event": happened}})
        assert (change.event, change.at.isoformat()[:13]) == ("opened", at)


def test_a_list_of_tickets_is_read_ticket_by_ticket() -> None:
    assert {change.ticket_id for change in read([freshdesk_ticket(), freshdesk_ticket(id=36)])} == {"35", "36"}
