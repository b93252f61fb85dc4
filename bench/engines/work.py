"""The work that every engine does: the service's own hops, or nothing but a touch of state and one output.

Nothing here knows an engine. Where an engine hands over one event at a time, a batch is one record.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from rules.loading import load_policy
from rules.pipeline.hops import LinkHop, TrackHop, route_batch
from rules.pipeline.memory import MemoryRows
from rules.pipeline.records import Out, Record, Rows
from schemas.partitioning import murmur2_partition
from schemas.words import LINK_EVENTS, RAW_TOPICS, SHIPMENT_EVENTS, SHIPMENT_UPDATES

MODES: Final = ("real", "empty")
STATEFUL: Final = (LINK_EVENTS, SHIPMENT_EVENTS)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Work:
    """What an engine calls for each record; the state's rows are the engine's."""

    def __init__(self, mode: str, partitions: int) -> None:
        self._empty = mode == "empty"
        self.partitions = partitions
        self._policy = load_policy(None)
        # One memory for all partitions, so less is said twice than by the service, whose partitions may be dropped.
        self._told: set[tuple[str, datetime]] = set()
        # The agenda: no marks are fed, so it is only written. The engines compared keep it in plain memory.
        self._due: dict[tuple[str, int], MemoryRows] = {}

    def route(self, records: Sequence[Record]) -> list[Out]:
        """First hop."""
        if self._empty:
            return empty_route(records)
        return route_batch(records, self._told)

    def decide(self, records: Sequence[Record], rows: Rows) -> list[Out]:
        """Second and third hop: records of one partition of one topic, and its rows."""
        if self._empty:
            return empty_touch(records, rows)
        topic, partition = records[0].topic, records[0].partition
        due = self._due.setdefault((topic, partition), MemoryRows())
        hop: LinkHop | TrackHop
        if topic == LINK_EVENTS:
            hop = LinkHop(rows, due, partition, self.partitions, self._policy, strict=False)
        else:
            hop = TrackHop(rows, due, partition, self.partitions, self._policy, strict=False)
        outs = [out for record in records for out in hop.handle(record)]
        hop.save()
        return outs

    def handle(self, records: Sequence[Record], rows: Rows | None) -> list[Out]:
        """Whichever hop the topic belongs to."""
        return self.route(records) if records[0].topic in RAW_TOPICS or rows is None else self.decide(records, rows)


def empty_route(records: Sequence[Record]) -> list[Out]:
    """Every raw record goes on as it is, under its key."""
    return [
        Out(SHIPMENT_EVENTS, record.key, record.value, record.timestamp, place=(record.key or b"").decode())
        for record in records
    ]


def empty_touch(records: Sequence[Record], rows: Rows) -> list[Out]:
    """Counts a key in its row and sends the record on."""
    outs = []
    for record in records:
        key = record.key or b"-"
        rows.put(key, b"%d" % (int(rows.get(key) or b"0") + 1))
        outs.append(Out(SHIPMENT_UPDATES, key, record.value, record.timestamp, place=key.decode()))
    return outs


def moment(milliseconds: int) -> datetime:
    """A Kafka timestamp as a time."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def millis(out: Out) -> int:
    """The Kafka timestamp of an output."""
    return (out.timestamp - _EPOCH) // timedelta(milliseconds=1)


def headers_of(out: Out) -> list[tuple[str, bytes]]:
    """Headers as Kafka clients write them."""
    return [(name, value or b"") for name, value in out.headers]


def places(out: Out, partitions: int) -> Sequence[int]:
    """The partitions an output goes to; several only for what nobody can place."""
    if out.partition is not None:
        return (out.partition,)
    if out.place is None:
        return range(partitions)
    return (murmur2_partition(out.place.encode("utf-8", "surrogatepass"), partitions),)


class DictRows:
    """Rows over anything that reads like a dict of bytes."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def get(self, key: bytes) -> bytes | None:
        value: bytes | None = self._table.get(key)
        return value

    def put(self, key: bytes, value: bytes) -> None:
        self._table[key] = value

    def delete(self, key: bytes) -> None:
        self._table.pop(key, None)

    def range(self, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        raise NotImplementedError("only the agenda is read by range")
