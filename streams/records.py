"""Between the engine's records and those of the pure hops."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from rules.pipeline.records import Out, Record
from schemas.partitioning import murmur2_partition
from streams.engine.records import InRecord, OutRecord

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def record_of(record: InRecord) -> Record:
    """A record as the hops read it; its Kafka timestamp is when we heard."""
    timestamp = _EPOCH + record.timestamp_ms * _MILLISECOND
    return Record(record.topic, record.partition, record.offset, timestamp, record.key, record.value, record.headers)


def out_records(outs: Iterable[Out], partitions: int) -> Iterator[OutRecord]:
    """Records as the engine writes them; one without a place goes to every partition."""
    for out in outs:
        # The client writes no null header; an empty one is the nearest.
        headers = tuple((name, value or b"") for name, value in out.headers)
        stamp = (out.timestamp - _EPOCH) // _MILLISECOND
        for partition in _places(out, partitions):
            yield OutRecord(out.topic, partition, out.key, out.value, headers, stamp)


def _places(out: Out, partitions: int) -> Iterable[int]:
    if out.partition is not None:
        return (out.partition,)
    if out.place is None:
        return range(partitions)
    return (murmur2_partition(out.place.encode("utf-8", "surrogatepass"), partitions),)
