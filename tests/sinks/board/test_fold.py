"""Views are the same however often and in which order of topics their events come."""

import random
from datetime import timedelta

import pytest

from schemas.codec import rfc3339
from schemas.dead_letters import Source
from sinks.board.batch import Batch, decode, fold_in
from sinks.board.events import read_event
from sinks.board.fold import MOST_CASES, MOST_LINES, fold, place
from sinks.board.projection import project
from sinks.board.views import View
from tests.sinks.samples import NOON, Log

SHIPMENT = "ups:1Z999AA10123456784"


def folded(records: list[Source]) -> View:
    view = View(id=SHIPMENT)
    for record in records:
        fold(view, record.topic, read_event(record.topic, record.value or b""))
    return view


def a_story() -> list[Source]:
    log = Log()
    records = [log.update(SHIPMENT, "label_created", order_id="A-1")]
    records += [log.state(SHIPMENT, "label_created", order_id="A-1")]
    log.later(hours=2)
    records += [log.update(SHIPMENT, "in_transit", "label_created"), log.state(SHIPMENT, "in_transit", "label_created")]
    log.later(hours=50)
    records += [log.case("operations", SHIPMENT, "c1"), log.message(SHIPMENT, "m1", "held", reason="settling")]
    log.later(hours=1)
    records += [
        log.message(SHIPMENT, "m1", "send"),
        log.case("operations", SHIPMENT, "c1", change="escalated", score=82),
    ]
    return records


def test_a_story_becomes_a_view() -> None:
    view = folded(a_story())
    assert (view.state, view.previous_state, view.order_id, view.carrier) == (
        "in_transit",
        "label_created",
        "A-1",
        "ups",
    )
    assert [entry.what for entry in view.timeline] == ["update", "update", "case", "message", "message", "case"]
    assert (view.cases["c1"].score, view.cases["c1"].change) == (82, "escalated")
    assert view.messages["m1"].fate == "send"


def test_repeats_change_nothing() -> None:
    story = a_story()
    once = folded(story)
    assert folded(story + story) == once
    assert folded([record for record in story for _ in range(3)]) == once


@pytest.mark.parametrize("seed", range(30))
def test_topics_may_come_in_any_mutual_order(seed: int) -> None:
    """Partitions keep the order of a topic; topics have none among each other, above all in a rebuild."""
    story, rng = a_story(), random.Random(seed)
    by_topic: dict[str, list[Source]] = {}
    for record in story:
        by_topic.setdefault(record.topic, []).append(record)
    mixed = []
    while any(by_topic.values()):
        topic = rng.choice([name for name, left in by_topic.items() if left])
        mixed.append(by_topic[topic].pop(0))
    whole, other = folded(story), folded(mixed)
    assert (other.state, other.cases, other.messages) == (whole.state, whole.cases, whole.messages)
    assert sorted(entry.id for entry in other.timeline) == sorted(entry.id for entry in whole.timeline)
    assert project(other).counts == project(whole).counts


def test_of_one_moment_the_latest_state_counts_in_whichever_order_it_is_read() -> None:
    log = Log()
    updated, state = log.update(SHIPMENT, "in_transit"), log.state(SHIPMENT, "in_transit")
    promised = log.state(SHIPMENT, "in_transit", promise_date="2026-03-09")
    for order in ([updated, state, promised], [state, promised, updated], [state, updated, promised]):
        assert folded(order).promise_date == "2026-03-09"


def a_hand_over() -> list[Source]:
    log = Log()
    opened = log.case("operations", SHIPMENT, "c1")
    log.later(hours=1)
    given = log.case(
        "support", SHIPMENT, "c1", change="assigned", previous_owner="operations", topic="exceptions-operations"
    )
    taken = log.case("support", SHIPMENT, "c1", change="opened", previous_owner="operations")
    return [opened, given, taken]


def test_a_case_that_changes_owner_stays_one_case_in_whichever_order_it_is_read() -> None:
    opened, given, taken = a_hand_over()
    for order in ([opened, given, taken], [taken, opened, given], [opened, taken, given]):
        view = folded(order)
        assert view.cases["c1"].owner == "support"
        assert list(project(view).rows) == ["c1"]
        assert sorted(entry.word or "" for entry in view.timeline) == ["assigned", "opened"]


def test_a_case_opened_and_given_away_at_one_moment_belongs_to_the_new_owner() -> None:
    log = Log()
    opened = log.case("operations", SHIPMENT, "c1")
    given = log.case(
        "support", SHIPMENT, "c1", change="assigned", previous_owner="operations", topic="exceptions-operations"
    )
    taken = log.case("support", SHIPMENT, "c1", change="opened", previous_owner="operations")
    for order in ([opened, given, taken], [taken, opened, given], [opened, taken, given]):
        assert folded(order).cases["c1"].owner == "support"


def test_a_resolved_case_leaves_the_queue_and_stays_on_the_page() -> None:
    log = Log()
    view = folded(
        [
            log.case("support", SHIPMENT, "c1"),
            log.case("support", SHIPMENT, "c1", change="resolved", resolved_at=rfc3339(NOON)),
        ]
    )
    assert project(view).rows == {}
    assert view.cases["c1"].is_open is False


def test_a_reopened_case_is_open_again() -> None:
    log = Log()
    records = [
        log.case("support", SHIPMENT, "c1"),
        log.case("support", SHIPMENT, "c1", change="resolved", resolved_at=rfc3339(NOON)),
    ]
    assert list(project(folded([*records, log.case("support", SHIPMENT, "c1", change="reopened")])).rows) == ["c1"]


def test_a_receipt_may_come_before_its_message() -> None:
    log = Log()
    receipt = log.event(
        "notification-receipts", SHIPMENT, channel="webhook", result="sent", message_id="m1", notified_event_id="e"
    )
    view = folded([receipt, log.message(SHIPMENT, "m1")])
    assert [(r.message_id, r.result) for r in view.receipts.values()] == [("m1", "sent")]


def test_two_channels_of_one_notification_are_two_receipts() -> None:
    log = Log()
    told = [
        log.event("notification-receipts", SHIPMENT, channel=name, result="sent", notified_event_id="e", sequence=1)
        for name in ("log", "webhook")
    ]
    assert len(folded(told).receipts) == 2


def test_a_view_stays_small() -> None:
    log, records = Log(), []
    for number in range(MOST_LINES + 50):
        records.append(log.later(minutes=1).update(SHIPMENT, "in_transit", "in_transit"))
        records.append(log.case("support", SHIPMENT, f"c{number}", change="resolved", resolved_at=rfc3339(log.now)))
    view = folded(records)
    assert len(view.timeline) == MOST_LINES
    assert view.dropped == len(records) - MOST_LINES
    assert len(view.cases) == MOST_CASES


def test_an_open_case_is_never_dropped() -> None:
    log = Log()
    view = folded([log.case("support", SHIPMENT, f"c{number}") for number in range(MOST_CASES + 20)])
    assert len(view.cases) == MOST_CASES + 20


def test_lines_are_in_the_order_of_what_happened() -> None:
    log = Log()
    first = log.update(SHIPMENT, "label_created")
    late = log.update(SHIPMENT, "in_transit", occurred_at=rfc3339(NOON - timedelta(hours=5)))
    view = folded([first, late])
    assert [entry.state for entry in view.timeline] == ["in_transit", "label_created"]


@pytest.mark.parametrize(
    ("location", "text"),
    [
        ({"city": "Louisville", "region": "KY", "country": "US"}, "Louisville, KY, US"),
        ({}, None), (None, None), ("Louisville", "Louisville"), ({"city": None}, None),
    ],
)  # fmt: skip
def test_a_place_in_one_line(location: object, text: str | None) -> None:
    assert place(location) == text


def test_what_cannot_be_read_is_left_out_and_counted() -> None:
    log = Log()
    broken = log.record("shipments", SHIPMENT, {"sequence": "x"})
    batch = decode([broken, log.update(SHIPMENT, "in_transit")])
    assert (batch.refused, len(batch.steps)) == (1, 1)


def test_a_tombstone_forgets_what_came_before_it_only() -> None:
    log = Log()
    batch: Batch = decode(
        [log.state(SHIPMENT, "delivered"), log.record("shipments", SHIPMENT, None), log.update(SHIPMENT, "in_transit")]
    )
    fold_in(batch)
    view = batch.views[SHIPMENT]
    assert view is not None
    assert (view.state, len(view.timeline)) == ("in_transit", 1)
