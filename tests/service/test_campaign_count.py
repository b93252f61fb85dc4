"""The campaign's count finds what it is there to find: good logs have no fault, and each fault put in is named."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import cast

import pytest
from msgspec.structs import replace

from bench.chaos_count import Counted, count
from cli.simulation.presets import small_recording
from rules.loading import load_policy
from rules.pipeline.envelope import POSITION_HEADER, mark
from rules.pipeline.hops import LinkHop, TrackHop, route_batch
from rules.pipeline.memory import MemoryRows
from rules.pipeline.records import Out, Record
from rules.pipeline.replay import floor_minute, in_order
from schemas.recording import RawRecord
from schemas.words import CUSTOMER_MESSAGES, LINK_EVENTS, RAW_TOPICS, SHIPMENT_EVENTS, SHIPMENT_UPDATES, SHIPMENTS
from streams.records import out_records
from tests.service.harness import Bench

Logs = dict[str, list[Record]]


class Written:
    """The logs of one partition of every topic, as workers that never fail write them."""

    partitions = 1

    def __init__(self, records: list[RawRecord]) -> None:
        self.logs: Logs = defaultdict(list)
        policy = load_policy(None)
        link = LinkHop(MemoryRows(), MemoryRows(), 0, 1, policy, strict=True)
        track = TrackHop(MemoryRows(), MemoryRows(), 0, 1, policy, strict=True)
        self._raw(records)
        for topic in RAW_TOPICS:
            for record in self.logs[topic]:
                self._write(route_batch([record]))
        for topic, handle in ((LINK_EVENTS, link.handle), (SHIPMENT_EVENTS, track.handle)):
            for record in self.logs[topic]:  # it grows: clocks announce themselves to each other
                self._write(handle(record))

    def read(self, *topics: str) -> list[Record]:
        return [record for topic in topics for record in self.logs[topic]]

    def _raw(self, records: list[RawRecord]) -> None:
        last: datetime | None = None
        for number, raw in enumerate(in_order(records)):
            if (minute := floor_minute(raw.timestamp)) != last:
                last = minute
                self._marks(minute)
            headers = {**raw.headers, POSITION_HEADER: f"{number:012d}"}
            as_bytes = tuple((name, value.encode()) for name, value in headers.items())
            self._append(Record(raw.topic, 0, 0, raw.timestamp, raw.key, raw.value, as_bytes))
        assert last is not None
        self._marks(max(raw.timestamp for raw in records) + timedelta(microseconds=1))

    def _marks(self, moment: datetime) -> None:
        for topic in RAW_TOPICS:
            out = mark(topic, "feed", moment)
            self._append(Record(topic, 0, 0, moment, b"", None, out.headers))

    def _write(self, outs: Iterable[Out]) -> None:
        for out in outs:
            for one in out_records([out], 1):
                self._append(Record(one.topic, 0, 0, out.timestamp, one.key, one.value, one.headers))

    def _append(self, record: Record) -> None:
        self.logs[record.topic].append(replace(record, offset=len(self.logs[record.topic])))


@pytest.fixture
def records() -> list[RawRecord]:
    return list(small_recording(3))


def counted(written: Written, records: list[RawRecord]) -> Counted:
    return count(cast("Bench", written), records)


def value_changed(logs: Logs) -> None:
    first = logs[SHIPMENT_UPDATES][0]
    assert first.value is not None
    logs[SHIPMENT_UPDATES].append(
        replace(first, value=first.value.replace(b'"schema_version":1', b'"schema_version":9'))
    )


def lose(topic: str, which: int) -> Callable[[Logs], None]:
    def change(logs: Logs) -> None:
        del logs[topic][which]

    return change


def lose_raw(logs: Logs) -> None:
    logs[RAW_TOPICS[0]].remove(next(record for record in logs[RAW_TOPICS[0]] if record.key))


def facts_of(logs: Logs) -> int:
    return next(n for n, record in enumerate(logs[SHIPMENT_EVENTS]) if record.value and b"scans" in record.value)


def test_good_logs_have_no_fault_and_repeats_are_none(records: list[RawRecord]) -> None:
    written = Written(records)
    good = counted(written, records)
    assert good.wrong == []
    assert good.numbers["events"] > len(records) / 2
    written.logs[SHIPMENT_UPDATES].append(written.logs[SHIPMENT_UPDATES][-1])
    again = counted(written, records)
    assert again.wrong == [] and again.numbers["events_again"] == 1


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda logs: logs[SHIPMENT_EVENTS].pop(facts_of(logs)), "routed: 1 lost, 0 too many"),
        (value_changed, "twice, with other bytes"),
        (lose(SHIPMENT_UPDATES, 1), "is not what its facts give: 1 lost, 0 too many"),
        (lose(SHIPMENTS, -1), "ended otherwise than `wismo decide` says"),
        (lose(CUSTOMER_MESSAGES, -1), "ended otherwise than `wismo decide` says"),
        (lose_raw, "on the raw topics"),
    ],
)
def test_each_fault_is_named(records: list[RawRecord], fault: Callable[[Logs], None], said: str) -> None:
    written = Written(records)
    fault(written.logs)
    assert any(said in wrong for wrong in counted(written, records).wrong)
