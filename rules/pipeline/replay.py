"""The whole pipeline over a recording, in memory: what `wismo decide`, explain and the tests run."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from rules.pipeline.clock import Due, PartitionClock
from rules.pipeline.hops import tracked_outs
from rules.pipeline.link import GivenUp, Linker
from rules.pipeline.memory import MemoryRows
from rules.pipeline.park import given_up_letter, parked_letter
from rules.pipeline.records import Out, Record
from rules.pipeline.route import heard_links, route
from rules.pipeline.track import Passed, Tracked, Tracker
from rules.policy import PolicyBook
from rules.state import Shipment
from schemas.facts import Fact
from schemas.recording import RawRecord
from schemas.words import RAW_TOPICS

_FEED = frozenset({"feed"})


class UnknownTopicError(ValueError):
    """A recording holds a record of a topic that is no raw topic."""


class Replay:
    """Router, linker and tracker over one recording: one partition, no broker, the recording's own time.

    A `candidate` policy runs beside the live one and adds nothing but `shadow-exceptions`.
    """

    def __init__(self, policy: PolicyBook, candidate: PolicyBook | None = None) -> None:
        due = MemoryRows()
        self._link_clock = PartitionClock(MemoryRows(), 0, _FEED, strict=False)
        self._track_clock = PartitionClock(due, 0, _FEED, strict=False)
        self._linker = Linker(None, self._link_clock, 0, policy)
        self._tracker = Tracker(None, self._track_clock, policy, candidate=candidate)
        self._last: datetime | None = None
        self._told: set[tuple[str, datetime]] = set()

    def run(self, records: Iterable[RawRecord], until: datetime | None = None) -> Iterator[Out]:
        """All that the records lead to, marks of the clock included, in order.

        Marks stand on every minute of record time, to the last record or `until`.
        """
        for number, raw in enumerate(in_order(records)):
            if until is not None and raw.timestamp > until:
                break
            yield from self.advance(raw.timestamp)
            yield from self.feed(record_of(raw, number))
        if until is not None:
            yield from self.advance(until)

    def advance(self, time: datetime) -> Iterator[Out]:
        """Let the clock reach the last minute at or before `time`."""
        minute = floor_minute(time)
        if self._last is not None and minute <= self._last:
            return
        self._last = minute
        for step in self._link_clock.mark("feed", minute):
            if isinstance(step, Due):
                for one in self._linker.due(step):
                    if isinstance(one, GivenUp):
                        yield given_up_letter(one)
                    else:
                        # What the linker finds at a minute stands behind the mark of that minute.
                        yield from self._sweep(step.now)
                        yield from self.apply(one)
        yield from self._sweep(minute)

    def _sweep(self, minute: datetime) -> Iterator[Out]:
        for step in self._track_clock.mark("feed", minute):
            if isinstance(step, Due):
                yield from self._outs(self._tracker.due(step), step.now)

    def feed(self, record: Record) -> Iterator[Out]:
        """What one raw record leads to, all three hops."""
        if record.topic not in RAW_TOPICS:
            raise UnknownTopicError(f"topic {record.topic!r} is no raw topic: expected {', '.join(RAW_TOPICS)}")
        routed = route(record)
        for parked in routed.parked:
            yield parked_letter(parked)
        for fact in routed.facts:
            yield from self.apply(fact)
        for _, _, link in [*routed.links, *heard_links(record, routed, self._told)]:
            for one in self._linker.apply(link):
                if isinstance(one, GivenUp):
                    yield given_up_letter(one)
                else:
                    yield from self.apply(one)

    def apply(self, fact: Fact) -> Iterator[Out]:
        """What one fact leads to at the tracker."""
        return self._outs(self._tracker.apply(fact), fact.now)

    def _outs(self, tracked: Iterable[Tracked], now: datetime) -> Iterator[Out]:
        passed: list[Fact] = []
        yield from tracked_outs(_kept_back(tracked, passed), now)
        for fact in passed:
            yield from self.apply(fact)

    def shipment(self, shipment_id: str) -> Shipment | None:
        """The state of one shipment as of now."""
        return self._tracker.shipment(shipment_id)


def _kept_back(tracked: Iterable[Tracked], passed: list[Fact]) -> Iterator[Tracked]:
    """All but the facts for other parcels, which are put aside."""
    for one in tracked:
        if isinstance(one, Passed):
            passed.append(one.fact)
        else:
            yield one


def in_order(records: Iterable[RawRecord]) -> list[RawRecord]:
    """Records as the contract applies them: by timestamp, topic, position."""
    return sorted(records, key=lambda record: (record.timestamp, record.topic))


def record_of(raw: RawRecord, number: int) -> Record:
    """A record of a recording as the router reads it; its place in the recording stands for partition and offset."""
    headers = tuple((name, value.encode()) for name, value in raw.headers.items())
    position = ("wismo-position", f"{number:012d}".encode())
    return Record(raw.topic, 0, number, raw.timestamp, raw.key, raw.value, (*headers, position))


def floor_minute(time: datetime) -> datetime:
    """The last minute at or before `time`."""
    return time - timedelta(seconds=time.second, microseconds=time.microsecond)
