"""Sends records in broker batches and waits until the broker has acked every one."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any

from aiokafka.record.default_records import DefaultRecordBatchBuilder

from streams.engine.errors import RecordTooLarge
from streams.engine.records import OutRecord
from streams.engine.tp import TP

# What a request adds around one record: batch header, topic name, request fields.
_REQUEST_OVERHEAD = 1024


def row_limit(max_request_size: int) -> int:
    """Return the most bytes one record or row may have to fit into a request of this size."""
    return max_request_size - _REQUEST_OVERHEAD


def check_sizes(records: Iterable[OutRecord], limit: int) -> None:
    """Refuse records that could not be sent, while the input that caused them is still known.

    Raises:
        RecordTooLarge: a record has more than `limit` bytes.
        ValueError: a record has neither key nor value, or a negative partition.
        TypeError: key, value or a header value is not bytes, or the timestamp not an int.
    """
    size_of = DefaultRecordBatchBuilder.estimate_size_in_bytes
    for record in records:
        if record.key is None and record.value is None:
            raise ValueError(f"record for {record.topic} has neither key nor value")
        if record.partition < 0:
            raise ValueError(f"record for {record.topic} has partition {record.partition}")
        if not isinstance(record.timestamp_ms, int | None):
            raise TypeError(f"record for {record.topic} has timestamp {record.timestamp_ms!r}, not an int")
        size = size_of(record.key, record.value, list(record.headers))
        if size > limit:
            raise RecordTooLarge(
                f"record for {record.topic}[{record.partition}] with key {record.key!r:.80}"
                f" has {size} bytes, the limit is {limit}: raise producer_max_request_size"
                " and max.message.bytes of the topic together"
            )


async def send_all(
    producer: Any, records: Iterable[OutRecord], may_go_on: Callable[[], Awaitable[bool]] | None = None
) -> dict[TP, int] | None:
    """Send records, in order within a partition, and wait for the broker's acks.

    Args:
        producer: a started AIOKafkaProducer.
        may_go_on: asked before every further batch of a partition; no answer but True lets it be sent.

    Returns:
        The last offset written to each partition; None when it had to stop, with some written.

    Raises:
        KafkaError: the broker refused a batch or did not answer in time; some may be written.
    """
    by_partition: defaultdict[TP, list[OutRecord]] = defaultdict(list)
    for record in records:
        by_partition[TP(record.topic, record.partition)].append(record)
    if len(by_partition) == 1:  # as every changelog is: a task of its own would only cost turns of the loop
        ((tp, rows),) = by_partition.items()
        end = await _send_partition(producer, tp, rows, may_go_on)
        return None if end is None else {tp: end}
    sent = [asyncio.ensure_future(_send_partition(producer, tp, rows, may_go_on)) for tp, rows in by_partition.items()]
    try:
        ends = dict(zip(by_partition, await asyncio.gather(*sent), strict=True))
        whole = {tp: end for tp, end in ends.items() if end is not None}
        return whole if len(whole) == len(ends) else None
    except BaseException:
        for task in sent:
            task.cancel()
        await asyncio.gather(*sent, return_exceptions=True)
        raise


async def _send_partition(
    producer: Any, tp: TP, records: Sequence[OutRecord], may_go_on: Callable[[], Awaitable[bool]] | None
) -> int | None:
    end: int | None = None
    for builder in _builders(producer, records):
        # A pause while the batch before was on its way may have cost us the partition: others write to it now.
        if end is not None and may_go_on is not None and not await may_go_on():
            return None
        # One after the other: the client has only one of a partition on its way at a time in any case.
        written = await (await producer.send_batch(builder, tp.topic, partition=tp.partition))
        end = int(written.offset) + builder.record_count() - 1
    return end


def _builders(producer: Any, records: Sequence[OutRecord]) -> Iterator[Any]:
    builder = producer.create_batch()
    for record in records:
        if _append(builder, record) is None:
            # Refused, so the builder has closed itself; an empty one takes any size.
            yield builder
            builder = producer.create_batch()
            _append(builder, record)
    builder.close()
    yield builder


def _append(builder: Any, record: OutRecord) -> Any:
    return builder.append(
        timestamp=record.timestamp_ms, key=record.key, value=record.value, headers=list(record.headers)
    )
