"""The agents' handlers: bytes in, records in their partitions out, faults parked until there are too many."""

import json
from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry

from rules.loading import load_policy
from rules.pipeline.memory import MemoryRows
from schemas.dead_letters import read_errors
from schemas.partitioning import murmur2_partition
from schemas.words import LINK_EVENTS, RAW_TOPICS, SHIPMENT_EVENTS
from streams.engine.records import InRecord, OutRecord
from streams.hops import Handlers, TooManyFailuresError
from streams.metrics import Metrics

PARTITIONS = 4
NOON = 1_772_452_800_000
SCAN = {
    "carrier": "ups",
    "tracking_number": "1Z999AA10123456784",
    "status": "in_transit",
    "occurred_at": "2026-03-02T11:00:00Z",
}


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def handlers(registry: CollectorRegistry) -> Handlers:
    return Handlers(partitions=PARTITIONS, strict=False, policy=load_policy(None), metrics=Metrics(registry))


def raw(value: object, topic: str = "carrier-scans", offset: int = 0, **headers: str) -> InRecord:
    pairs = tuple((name, text.encode()) for name, text in ({"source": "wismo"} | headers).items())
    return InRecord(topic, 1, offset, NOON, b"k", json.dumps(value).encode(), pairs)


def mark(time: str, topic: str = "carrier-scans") -> InRecord:
    return InRecord(topic, 1, 9, NOON, None, b"", (("wismo-mark", time.encode()),))


def sent(outs: Sequence[OutRecord], topic: str) -> list[OutRecord]:
    return [out for out in outs if out.topic == topic]


def test_a_fact_goes_to_the_partition_of_its_shipment(handlers: Handlers) -> None:
    (fact,) = sent(handlers.route([raw(SCAN)], {}), SHIPMENT_EVENTS)

    assert fact.key == b"ups:1Z999AA10123456784"
    assert fact.partition == murmur2_partition(fact.key, PARTITIONS)
    assert fact.timestamp_ms == NOON


def test_a_mark_goes_to_every_partition_behind_what_came_before_it(handlers: Handlers) -> None:
    outs = handlers.route([raw(SCAN), mark("2026-03-02T12:00:00Z")], {})

    for topic in (LINK_EVENTS, SHIPMENT_EVENTS):
        assert {out.partition for out in sent(outs, topic) if out.key is None} == set(range(PARTITIONS))
    fact = sent(outs, SHIPMENT_EVENTS)[0]
    assert fact.key is not None


def test_of_marks_with_nothing_between_them_only_the_last_goes_on(handlers: Handlers) -> None:
    times = [f"2026-03-02T11:0{minute}:00Z" for minute in range(5)]

    outs = handlers.route([mark(time) for time in times], {})

    assert {dict(out.headers)["wismo-mark"] for out in outs} == {b"2026-03-02T11:04:00Z"}


@pytest.mark.parametrize("time", ["yesterday", "2031-01-01T00:00:00Z", "2026-03-02T12:00:00"])
def test_a_mark_that_cannot_be_believed_is_parked(handlers: Handlers, time: str) -> None:
    (letter,) = handlers.route([mark(time)], {})

    assert letter.topic == "dead-letters"
    assert "only the ticker writes marks" in read_errors(letter.headers)["exception.message"]


def test_a_reused_number_stays_in_one_partition(handlers: Handlers) -> None:
    rows = {"shipments": MemoryRows(), "due": MemoryRows()}
    facts = sent(handlers.route([raw(SCAN | {"carrier": "fedex"})], {}), SHIPMENT_EVENTS)
    batch = [InRecord(SHIPMENT_EVENTS, f.partition, 0, NOON, f.key, f.value, f.headers) for f in facts]

    outs = handlers.track(batch, rows)

    assert {out.partition for out in outs} == {facts[0].partition}
    assert {out.topic for out in outs} >= {"shipments", "shipment-updates"}


def test_the_same_fact_twice_is_a_counted_no_op(handlers: Handlers, registry: CollectorRegistry) -> None:
    rows = {"shipments": MemoryRows(), "due": MemoryRows()}
    fact = sent(handlers.route([raw(SCAN)], {}), SHIPMENT_EVENTS)[0]
    batch = [InRecord(SHIPMENT_EVENTS, fact.partition, 0, NOON, fact.key, fact.value, fact.headers)]

    assert handlers.track(batch, rows)
    assert not handlers.track(batch, rows)

    labels = {"stage": "track", "result": "duplicate"}
    assert registry.get_sample_value("wismo_events_processed_total", labels) == 1


def test_a_record_that_makes_a_handler_raise_is_parked_with_what_it_was(handlers: Handlers) -> None:
    (letter,) = handlers.poison(raw(SCAN), ValueError("a fault of ours"))

    said = read_errors(letter.headers)
    assert (said["reason"], said["stage"], said["offset"]) == ("handler_error", "process", "0")
    assert letter.value == raw(SCAN).value
    assert letter.partition == 1


def test_too_many_faults_stop_the_partition_instead_of_hiding_them(handlers: Handlers) -> None:
    with pytest.raises(TooManyFailuresError, match="wismo dlq list"):
        for offset in range(200):
            handlers.poison(raw(SCAN, offset=offset), ValueError("again"))


@pytest.mark.parametrize("topic", RAW_TOPICS)
def test_what_senders_get_wrong_never_stops_a_partition(handlers: Handlers, topic: str) -> None:
    bad = [InRecord(topic, 0, n, NOON, b"k", b"\xff", (("source", b"wismo"),)) for n in range(500)]

    outs = handlers.route(bad, {})

    assert len(sent(outs, "dead-letters")) == 500


def heard(outs: Sequence[OutRecord]) -> int:
    return len([out for out in sent(outs, LINK_EVENTS) if (out.key or b"").startswith(b"heard:")])


def test_that_a_carrier_was_heard_is_said_once_an_hour_when_it_is_written(handlers: Handlers) -> None:
    assert heard(handlers.route([raw(SCAN, offset=0)], {})) == PARTITIONS
    assert heard(handlers.route([raw(SCAN, offset=1)], {})) == 0  # the next slice of the same batch
    handlers.heard.done("carrier-scans", 1)
    assert heard(handlers.route([raw(SCAN, offset=2)], {})) == 0


def test_what_a_dropped_batch_said_is_said_again(handlers: Handlers) -> None:
    handlers.route([raw(SCAN, offset=0), raw(SCAN, offset=1)], {})  # and then the partition is taken away
    assert heard(handlers.route([raw(SCAN, offset=0)], {})) == PARTITIONS
