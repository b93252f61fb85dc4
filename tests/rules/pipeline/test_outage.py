"""After an outage the clock does not overtake the backlog: no parcel is silent whose scans are still in the queue."""

import json
from datetime import UTC, datetime, timedelta

from rules.loading import load_policy
from rules.pipeline.envelope import mark
from rules.pipeline.hops import LinkHop, TrackHop, route_batch
from rules.pipeline.memory import MemoryRows
from rules.pipeline.records import Out, Record
from schemas.codec import rfc3339
from schemas.words import LINK_EVENTS, RAW_TOPICS, SHIPMENT_EVENTS

T0 = datetime(2026, 3, 2, 8, tzinfo=UTC)
DOWN, UP = timedelta(hours=47, minutes=30), timedelta(hours=49, minutes=30)
"""Two hours around the limit of 48 h for a parcel of unknown service."""
PARCELS = 60
SILENT = "1Z9999999999999999"


def scan(number: str, at: datetime) -> Record:
    value = {"carrier": "ups", "tracking_number": number, "status": "in_transit", "occurred_at": rfc3339(at)}
    return Record("carrier-scans", 0, 0, at, number.encode(), json.dumps(value).encode(), (("source", b"wismo"),))


def tick(topic: str, at: datetime) -> Record:
    made = mark(topic, "ticker", at)
    return Record(topic, 0, 0, at, None, b"", made.headers)


class Stream:
    """The three hops over one partition; what the queues hold is handed on in the order given."""

    def __init__(self) -> None:
        policy, rows = load_policy(), [MemoryRows() for _ in range(4)]
        self._link = LinkHop(rows[0], rows[1], 0, 1, policy, strict=False)
        self._track = TrackHop(rows[2], rows[3], 0, 1, policy, strict=False)
        self.cases: list[tuple[str, str]] = []

    def read(self, *records: Record) -> None:
        outs = route_batch(records)
        links = [out for record in self._of(LINK_EVENTS, outs) for out in self._link.handle(record)]
        queue = self._of(SHIPMENT_EVENTS, [*outs, *links])
        while queue:
            decided = list(self._track.handle(queue.pop(0)))
            self._note(decided)
            queue += self._of(SHIPMENT_EVENTS, decided)

    def _of(self, topic: str, outs: list[Out]) -> list[Record]:
        found = [out for out in outs if out.topic == topic]
        return [Record(topic, 0, n, out.timestamp, out.key, out.value, out.headers) for n, out in enumerate(found)]

    def _note(self, outs: list[Out]) -> None:
        for out in outs:
            if out.topic.startswith("exceptions-") and out.labels is not None:
                self.cases.append(((out.key or b"").decode(), out.labels["kind"]))


def number_of(parcel: int) -> str:
    return f"1Z{parcel:016d}"


def before_the_outage(stream: Stream) -> None:
    stream.read(*[scan(number_of(parcel), T0) for parcel in range(PARCELS)], scan(SILENT, T0))
    for hour in range(1, int(DOWN / timedelta(hours=1)) + 1):
        for topic in RAW_TOPICS:
            stream.read(tick(topic, T0 + timedelta(hours=hour)))


def backlog() -> list[Record]:
    """What the carriers sent while nobody read: each parcel but one moved on, a minute before its limit or later."""
    start = T0 + timedelta(hours=47, minutes=59)
    return [scan(number_of(parcel), start + timedelta(minutes=parcel)) for parcel in range(PARCELS)]


def test_after_two_hours_only_the_parcel_that_is_silent_is_called_so() -> None:
    stream = Stream()
    before_the_outage(stream)
    # The quiet topics come first, as their queues are short: their marks are hours ahead of the backlog.
    for topic in RAW_TOPICS[1:]:
        stream.read(tick(topic, T0 + UP))
    for record in backlog():
        stream.read(record)
    assert stream.cases == []
    stream.read(tick(RAW_TOPICS[0], T0 + UP))
    assert stream.cases == [(f"ups:{SILENT}", "stalled")]


def test_the_same_without_a_backlog_finds_them_all() -> None:
    stream = Stream()
    before_the_outage(stream)
    for topic in RAW_TOPICS:
        stream.read(tick(topic, T0 + UP))
    assert len(stream.cases) == PARCELS + 1
