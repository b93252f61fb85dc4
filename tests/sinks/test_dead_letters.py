"""Dead letters are written before anything goes on, and a flood of them stops a partition."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from confluent_kafka import Producer

from schemas.dead_letters import Failure, Source, read_errors
from sinks.dead_letters import DeadLetterWriter, ParkingError, StopLimit

SOURCE = Source(topic="exceptions-support", partition=1, offset=7, timestamp=0, key=b"k", value=b"v")
FAILURE = Failure(stage="notify", reason="sink_rejected", message="m", failed_at=datetime(2026, 3, 2, tzinfo=UTC))


class FakeProducer:
    def __init__(self, error: Any = None) -> None:
        self.error = error
        self.sent: list[dict[str, Any]] = []

    def produce(self, topic: str, *, on_delivery: Callable[[Any, Any], None], **record: Any) -> None:
        self.sent.append({"topic": topic, **record})
        on_delivery(self.error, None)

    def flush(self, _timeout: float) -> int:
        return 0


class Refusal:
    def str(self) -> str:
        return "broker says no"


def test_a_record_goes_whole_to_the_partition_it_came_from() -> None:
    out = FakeProducer()
    DeadLetterWriter(cast(Producer, out)).park(SOURCE, FAILURE)
    [sent] = out.sent
    assert (sent["topic"], sent["partition"], sent["key"], sent["value"]) == ("dead-letters", 1, b"k", b"v")
    assert read_errors(sent["headers"])["reason"] == "sink_rejected"


def test_an_unacknowledged_dead_letter_stops_whoever_parks() -> None:
    with pytest.raises(ParkingError, match="exceptions-support/1/7.*broker says no"):
        DeadLetterWriter(cast(Producer, FakeProducer(Refusal()))).park(SOURCE, FAILURE)


def test_too_many_in_a_row_stop_the_partition() -> None:
    limit = StopLimit(consecutive=3)
    assert [limit.failed("sink_rejected") for _ in range(3)] == [False, False, True]


def test_one_that_passes_ends_the_row() -> None:
    limit = StopLimit(consecutive=2)
    assert not limit.failed("handler_error")
    limit.passed()
    assert not limit.failed("handler_error")


def test_too_large_a_share_stops_the_partition_once_the_window_is_full() -> None:
    limit = StopLimit(consecutive=100, ratio=0.5, window=4)
    answers = []
    for _ in range(2):
        limit.passed()
    for _ in range(3):
        answers.append(limit.failed("sink_rejected"))
    assert answers == [False, False, True]


@pytest.mark.parametrize("reason", ["undecodable", "unmapped_code", "retries_exhausted", "schema_invalid"])
def test_what_senders_get_wrong_never_stops_a_partition(reason: str) -> None:
    limit = StopLimit(consecutive=1)
    assert not any(limit.failed(reason) for _ in range(300))
