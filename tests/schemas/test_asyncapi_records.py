"""What the service writes is what the AsyncAPI document says: headers, keys, values and marks."""

from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from cli.dlq import _replay_headers
from cli.simulation.presets import demo_day
from rules.loading import load_policy
from rules.pipeline.envelope import mark
from rules.pipeline.hops import all_origins, routed_outs
from rules.pipeline.records import Out, Record
from rules.pipeline.replay import Replay
from schemas.codec import loads
from schemas.dead_letters import ERRORS, REPLAY, Failure, Source, dead_letter
from schemas.words import DEAD_LETTERS, RAW_TOPICS
from sinks.notifier.receipts import _headers
from streams.ticker import write_marks
from tests.schemas.asyncapi_document import key_problems, made, message_of, message_validators, problems, text

MOMENT = datetime(2026, 3, 2, 12, tzinfo=UTC)
LARGE = 9 * 1024 * 1024


@cache
def written() -> tuple[Out, ...]:
    """The first records of each topic and kind that the core writes over a day of traffic."""
    by_kind: dict[tuple[str, str, bool], list[Out]] = {}
    for out in Replay(load_policy(None)).run(demo_day(7)):
        kind = out.topic, text(out.headers).get("ce_type", ""), out.value is None
        by_kind.setdefault(kind, []).append(out)
    return tuple(out for outs in by_kind.values() for out in outs[:50])


def test_what_the_core_writes_is_what_the_document_says() -> None:
    seen = set()
    for out in written():
        name = message_of(out.topic, empty=out.value is None)
        headers, key = text(out.headers), None if out.key is None else out.key.decode()
        if out.topic != DEAD_LETTERS:
            assert problems(name, headers, loads(out.value or b"null")) == [], (out.topic, headers)
        assert key_problems(name, key) == []
        seen.add((out.topic, name))
    assert seen >= {("shipments", "ShipmentMessage"), ("shipments", "Tombstone"), ("dead-letters", "DeadLetterMessage")}
    assert seen >= {("exceptions-support", "ExceptionMessage"), ("customer-messages", "CustomerMessageMessage")}


def raw_record(value: bytes, **headers: str) -> Record:
    pairs = tuple((name, told.encode()) for name, told in headers.items())
    return Record("carrier-scans", 2, 17, MOMENT, b"k", value, pairs)


@pytest.mark.parametrize("value", [b"{", b"{}", b"\xff\xfe", b"x" * LARGE], ids=["cut", "empty", "no text", "large"])
def test_a_dead_letter_carries_the_headers_that_are_documented(value: bytes) -> None:
    (letter,) = routed_outs(raw_record(value, source="ups", traceparent="00-1-2-01"))
    headers = text(letter.headers)
    assert letter.topic == DEAD_LETTERS
    assert problems("DeadLetterMessage", headers, "bytes") == []
    assert {name for name in headers if name.startswith(ERRORS)} <= dead_letter_headers()


def dead_letter_headers() -> set[str]:
    return set(made()["components"]["schemas"]["DeadLetterHeaders"]["properties"])


def test_every_header_of_dead_letters_is_documented_and_no_other() -> None:
    foreign = (("source", b"ups"), ("big", b"x" * 900))
    source = Source(topic="t", partition=0, offset=1, timestamp=2, value=b"v" * 9000, headers=foreign)
    failure = Failure(
        stage="decode", reason="undecodable", message="m", failed_at=MOMENT, group="g", exception="E",
        app_version="1", schema="s", scan='["A"]',
    )  # fmt: skip
    cut = text(dead_letter(source, failure, limit=4000).headers)
    dropped = text(dead_letter(source, failure, limit=1000).headers)
    replayed = text(_replay_headers(SimpleNamespace(replays=0, place="3/9"), "r-1", "2026-03-02T12:00:00Z"))  # type: ignore[arg-type]
    ours = {name for name in {**cut, **dropped, **replayed} if name.startswith((ERRORS, REPLAY))}
    assert ours == dead_letter_headers()
    assert problems("DeadLetterMessage", {**cut, **dropped, **replayed}, "v") == []


@pytest.mark.parametrize("result", ["sent", "failed"])
def test_a_receipt_carries_the_headers_that_are_documented(result: str) -> None:
    event = {"event_id": "e", "result": result, "occurred_at": "2026-03-02T12:00:00Z"}
    notice = SimpleNamespace(event=SimpleNamespace(shipment_id="ups:1Z", subject_id=None), trace=None)
    headers = text(_headers(event, notice))  # type: ignore[arg-type]
    assert [error.message for error in message_validators("NotificationReceiptMessage")[0].iter_errors(headers)] == []


def test_marks_travel_where_the_document_says() -> None:
    ticks: list[dict[str, Any]] = []
    producer = SimpleNamespace(produce=lambda topic, **told: ticks.append(told))
    assert write_marks(producer, 1, MOMENT) == len(RAW_TOPICS)
    for headers in (ticks[0]["headers"], mark("link-events", "carrier-scans/0", MOMENT).headers):
        assert problems("MarkMessage", text(headers), "") == []
    with_marks = {name for name, channel in made()["channels"].items() if "MarkMessage" in channel["messages"]}
    assert with_marks == {*RAW_TOPICS, "link-events", "shipment-events"}
    assert {origin.partition("/")[0] for origin in all_origins(1)} == {*RAW_TOPICS, "link"}


def test_readers_of_the_published_schemas_bear_new_fields() -> None:
    for out in written():
        if out.topic != DEAD_LETTERS and out.value is not None:
            value = {**loads(out.value), "a_field_of_tomorrow": 1}
            assert problems(message_of(out.topic), text(out.headers), value) == []
