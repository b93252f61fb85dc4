"""Between the engine's records and those of the pure hops."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeGuard

from rules.pipeline.records import Headers, Out, Record
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
        headers = out.headers if _whole(out.headers) else tuple((name, value or b"") for name, value in out.headers)
        stamp = (out.timestamp - _EPOCH) // _MILLISECOND
        for partition in _places(out, partitions):
            yield OutRecord(out.topic, partition, out.key, out.value, headers, stamp)


def _places(out: Out, partitions: int) -> Iterable[int]:
    if out.partition is not None:
        return (out.partition,)
    if out.place is None:
        return range(partitions)
    return (_partition(out.place, partitions),)


@lru_cache(maxsize=1 << 16)
def _partition(place: str, partitions: int) -> int:
    # One parcel's events come close together: most of them find the answer.
    return murmur2_partition(place.encode("utf-8", "surrogatepass"), partitions)


def _whole(headers: Headers) -> TypeGuard[tuple[tuple[str, bytes], ...]]:
    return all([value is not None for _, value in headers])  # a list: half the time of a generator
