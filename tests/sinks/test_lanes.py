"""A lane keeps order, waits where waiting helps, parks what is refused, and stops at a flood."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry

from schemas.dead_letters import Failure, Source
from sinks.dead_letters import ParkingError, StopLimit
from sinks.lanes import Lane
from sinks.metrics import SinkMetrics
from sinks.results import DeliveryResult, delivered, refused, skipped, try_again


class Parked:
    def __init__(self, error: Exception | None = None) -> None:
        self.letters: list[tuple[Source, Failure]] = []
        self._error = error

    def park(self, source: Source, failure: Failure) -> None:
        if self._error:
            raise self._error
        self.letters.append((source, failure))


class Told:
    def __init__(self, answer: Callable[[Source], DeliveryResult]) -> None:
        self.seen: list[int] = []
        self._answer = answer

    def deliver(self, record: Source) -> DeliveryResult:
        self.seen.append(record.offset)
        return self._answer(record)


@pytest.fixture
def metrics() -> SinkMetrics:
    return SinkMetrics(CollectorRegistry(), "test")


def lane(count: int, limit: StopLimit | None = None) -> Lane:
    made = Lane(("exceptions-support", 0), "g", limit)
    made.waiting.extend(
        Source(topic="exceptions-support", partition=0, offset=n, timestamp=0, key=b"k", value=b"v")
        for n in range(count)
    )
    return made


def work(lane: Lane, sink: Told, parked: Parked, metrics: SinkMetrics) -> None:
    lane.work(sink, parked, metrics, threading.Event())


def test_records_are_done_in_order(metrics: SinkMetrics) -> None:
    line, sink = lane(5), Told(lambda _: delivered())
    work(line, sink, Parked(), metrics)
    assert (sink.seen, line.done, list(line.waiting)) == ([0, 1, 2, 3, 4], 5, [])


def test_a_retryable_record_holds_back_those_behind_it(metrics: SinkMetrics) -> None:
    answers = iter([delivered(), try_again("timeout", after=0.02), delivered(), delivered()])
    line, sink = lane(3), Told(lambda _: next(answers))
    work(line, sink, Parked(), metrics)
    assert (line.done, len(line.waiting)) == (1, 2)
    assert not line.ready(time.monotonic())
    time.sleep(0.03)
    assert line.ready(time.monotonic())
    work(line, sink, Parked(), metrics)
    assert (sink.seen, line.done) == ([0, 1, 1, 2], 3)


def test_what_is_refused_is_parked_and_passed(metrics: SinkMetrics) -> None:
    line, parked = lane(2), Parked()
    work(
        line,
        Told(lambda r: refused("http_4xx", "it said 400") if r.offset == 0 else skipped("duplicate")),
        parked,
        metrics,
    )
    [(source, failure)] = parked.letters
    assert (source.offset, failure.reason, failure.stage, failure.message) == (
        0,
        "sink_rejected",
        "notify",
        "it said 400",
    )
    assert line.done == 2


def test_a_reason_of_the_contract_stays(metrics: SinkMetrics) -> None:
    parked = Parked()
    work(lane(1), Told(lambda _: refused("retries_exhausted")), parked, metrics)
    assert parked.letters[0][1].reason == "retries_exhausted"


def test_a_bug_costs_one_record(metrics: SinkMetrics) -> None:
    def answer(record: Source) -> DeliveryResult:
        if record.offset == 1:
            raise KeyError("customer name")
        return delivered()

    line, parked = lane(3), Parked()
    work(line, Told(answer), parked, metrics)
    [(_, failure)] = parked.letters
    assert (failure.reason, failure.exception, line.done) == ("handler_error", "KeyError", 3)
    assert "customer name" not in failure.message


def test_nothing_passes_an_unwritten_dead_letter(metrics: SinkMetrics) -> None:
    line = lane(2)
    with pytest.raises(ParkingError):
        work(line, Told(lambda _: refused("http_4xx")), Parked(ParkingError("no")), metrics)
    assert line.done is None


def test_a_flood_stops_the_lane(metrics: SinkMetrics) -> None:
    line, parked = lane(10, StopLimit(consecutive=4)), Parked()
    work(line, Told(lambda _: refused("http_4xx")), parked, metrics)
    assert len(parked.letters) == 4
    assert "too many records failed" in line.stopped
    assert not line.ready(time.monotonic())


def gathers(offsets: set[int], seconds: float = 0.03) -> Callable[[Source], DeliveryResult]:
    """A sink that puts these aside the first time."""
    seen: set[int] = set()

    def answer(record: Source) -> DeliveryResult:
        if record.offset in offsets and record.offset not in seen:
            seen.add(record.offset)
            return replace(try_again("gathering", after=seconds), aside=True)
        return delivered()

    return answer


def test_one_put_aside_is_passed_and_nothing_from_it_on_is_committed(metrics: SinkMetrics) -> None:
    line, sink = lane(4), Told(gathers({1}))
    work(line, sink, Parked(), metrics)
    assert (sink.seen, line.done, list(line.waiting)) == ([0, 1, 2, 3], 1, [])
    assert not line.ready(time.monotonic())
    time.sleep(0.04)
    assert line.ready(time.monotonic())
    work(line, sink, Parked(), metrics)
    assert (sink.seen, line.done) == ([0, 1, 2, 3, 1], 4)
    assert not line.ready(time.monotonic() + 9)


def test_the_first_of_several_aside_holds_the_commit_though_a_later_one_is_done(metrics: SinkMetrics) -> None:
    line = lane(3)
    waits = {0: 0.06, 1: 0.02}
    seen: set[int] = set()

    def answer(record: Source) -> DeliveryResult:
        if record.offset in waits and record.offset not in seen:
            seen.add(record.offset)
            return replace(try_again("gathering", after=waits[record.offset]), aside=True)
        return delivered()

    sink = Told(answer)
    work(line, sink, Parked(), metrics)
    assert line.done == 0
    time.sleep(0.03)
    work(line, sink, Parked(), metrics)
    assert (sink.seen, line.done) == ([0, 1, 2, 1], 0)
    time.sleep(0.04)
    work(line, sink, Parked(), metrics)
    assert (sink.seen, line.done) == ([0, 1, 2, 1, 0], 3)


def test_one_aside_goes_on_while_the_first_in_order_has_to_wait(metrics: SinkMetrics) -> None:
    gather = gathers({0})
    line, sink = lane(2), Told(lambda one: try_again("timeout", after=60) if one.offset == 1 else gather(one))
    work(line, sink, Parked(), metrics)
    time.sleep(0.04)
    assert line.ready(time.monotonic())
    work(line, sink, Parked(), metrics)
    assert (sink.seen, line.done, len(line.waiting)) == ([0, 1, 0], 1, 1)
    assert not line.ready(time.monotonic())


def test_one_aside_that_is_refused_is_parked_with_its_own_attempts(metrics: SinkMetrics) -> None:
    gather, parked = gathers({0}), Parked()
    again: list[int] = []

    def answer(record: Source) -> DeliveryResult:
        if record.offset == 0:
            again.append(0)
            return refused("http_4xx") if len(again) == 3 else replace(try_again("gathering", after=0), aside=True)
        return gather(record)

    line = lane(2)
    work(line, Told(answer), parked, metrics)
    [(source, failure)] = parked.letters
    assert (source.offset, failure.attempts, line.done) == (0, 3, 2)


def test_only_so_many_wait_aside(metrics: SinkMetrics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sinks.lanes.MOST_ASIDE", 2)
    line, sink = lane(4), Told(gathers({0, 1}))
    work(line, sink, Parked(), metrics)
    assert (sink.seen, len(line.waiting), line.done) == ([0, 1], 2, 0)
    time.sleep(0.04)
    work(line, sink, Parked(), metrics)
    assert (sorted(sink.seen), line.done) == ([0, 0, 1, 1, 2, 3], 4)


def test_what_waits_aside_is_not_late_for_that() -> None:
    registry = CollectorRegistry()
    line = Lane(("customer-messages", 0), "g")
    now = int(time.time() * 1000)
    line.waiting.append(Source(topic="customer-messages", partition=0, offset=0, timestamp=now, key=b"k", value=b"v"))
    sink, metrics = Told(gathers({0}, seconds=0.5)), SinkMetrics(registry, "test")
    work(line, sink, Parked(), metrics)
    time.sleep(0.55)
    work(line, sink, Parked(), metrics)
    assert sink.seen == [0, 0]
    assert registry.get_sample_value("wismo_end_to_end_seconds_count") == 1
    assert (registry.get_sample_value("wismo_end_to_end_seconds_sum") or 0) < 0.4
