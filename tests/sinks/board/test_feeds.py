"""Carriers' feeds and groups of dead letters."""

from datetime import timedelta

from schemas.dead_letters import Source
from sinks.board.events import UpdateEvent, read_event
from sinks.board.feeds import HOURS, MOST_GROUPS, note_dead_letter, note_event, surplus
from sinks.board.views import DeadGroup, Feed
from tests.sinks.samples import NOON, Log


def update(log: Log) -> UpdateEvent:
    record = log.update("ups:1Z1", "in_transit")
    event = read_event(record.topic, record.value or b"")
    assert isinstance(event, UpdateEvent)
    return event


def test_a_feed_knows_its_newest_news_and_its_hours() -> None:
    feed, log = Feed(carrier="ups"), Log()
    note_event(feed, update(log))
    note_event(feed, update(log.later(hours=1)))
    note_event(feed, update(log.later(hours=-1)))
    assert feed.last_received_at == NOON + timedelta(hours=1)
    assert (feed.events, feed.hours) == (3, {"2026-03-02T12": 2, "2026-03-02T13": 1})


def test_hours_are_bounded() -> None:
    feed, log = Feed(carrier="ups"), Log()
    for _ in range(HOURS + 10):
        note_event(feed, update(log.later(hours=1)))
    assert len(feed.hours) == HOURS


def test_dead_letters_of_one_cause_are_one_group() -> None:
    groups: dict[str, DeadGroup] = {}
    log = Log()
    for _ in range(3):
        note_dead_letter(groups, log.later(minutes=1).dead("undecodable", "a"))
    note_dead_letter(groups, log.dead("unmapped_code", "fedex/ZZ"))
    first = next(group for group in groups.values() if group.reason == "undecodable")
    assert len(groups) == 2
    assert (first.count, first.stage, first.exception, first.origin) == (
        3,
        "decode",
        "ValueError",
        "carrier-scans/2/41",
    )
    assert first.example == "dead-letters/0/2"
    assert first.last_seen - first.first_seen == timedelta(minutes=2)


def test_a_dead_letter_without_headers_still_has_a_group() -> None:
    groups: dict[str, DeadGroup] = {}
    note_dead_letter(groups, Source(topic="dead-letters", partition=0, offset=0, timestamp=-1))
    assert [(group.reason, group.count) for group in groups.values()] == [("unknown", 1)]


def test_groups_are_bounded() -> None:
    groups: dict[str, DeadGroup] = {}
    log = Log()
    for number in range(MOST_GROUPS + 3):
        note_dead_letter(groups, log.later(seconds=1).dead("undecodable", str(number)))
    over = surplus(groups)
    assert len(over) == 3
    assert all(groups[name].last_seen <= NOON + timedelta(seconds=3) for name in over)
