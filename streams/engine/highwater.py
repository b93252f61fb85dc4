"""The true end of a partition, also from a broker that answers "latest" wrongly.

The embedded broker counts batches where it should count records: after one batch of ten records
"latest" is 1. The high watermark that comes with every fetch is right on every broker, so one
record near the claimed end is fetched and that watermark believed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError

from streams.engine.tp import TP

_POLL_MS = 200


async def true_highwater(consumer: Any, tps: Iterable[TP], timeout: float = 60.0) -> dict[TP, int]:
    """Return the next offset to be written to each partition, 0 or the log start when empty.

    Args:
        consumer: a started AIOKafkaConsumer without a group; its assignment is replaced.
        timeout: seconds for all partitions together.

    Raises:
        KafkaTimeoutError: some partition did not answer in time.
    """
    # aiokafka insists on its own class where Faust's equal tuple would do.
    wanted = [TopicPartition(*tp) for tp in tps]
    if not wanted:
        return {}
    try:
        async with asyncio.timeout(timeout):
            return {TP(*tp): end for tp, end in (await _ask(consumer, wanted)).items()}
    except TimeoutError as error:
        raise KafkaTimeoutError(f"no high watermark within {timeout} s for {wanted}") from error


async def _ask(consumer: Any, wanted: list[Any]) -> dict[Any, int]:
    starts = await consumer.beginning_offsets(wanted)
    claimed = await consumer.end_offsets(wanted)
    # A partition that ever got a batch claims at least its start plus one, on any broker.
    ends = {tp: claimed[tp] for tp in wanted if claimed[tp] <= starts[tp]}
    pending = {tp for tp in wanted if tp not in ends}
    if not pending:
        return ends
    consumer.assign(list(pending))
    for tp in pending:
        consumer.seek(tp, claimed[tp] - 1)
    while pending:
        await consumer.getmany(*pending, timeout_ms=_POLL_MS)
        for tp in list(pending):
            watermark = consumer.highwater(tp)
            if watermark is not None:
                ends[tp] = max(watermark, claimed[tp])
                pending.discard(tp)
    return ends
