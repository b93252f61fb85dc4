"""The ticker: the only reader of a wall clock. It writes the time into every partition of the raw topics."""

import logging
from datetime import UTC, datetime

from confluent_kafka import KafkaException, Producer

from schemas.codec import rfc3339
from schemas.words import MARK_HEADER, RAW_TOPICS

_LOG = logging.getLogger("wismo.ticker")


def write_marks(producer: Producer, partitions: int, time: datetime) -> int:
    """Queue a mark of `time` for every raw partition; returns how many. A lost or doubled mark does no harm."""
    stamp = int(time.timestamp() * 1000)
    headers = [(MARK_HEADER, rfc3339(time).encode())]
    for topic in RAW_TOPICS:
        for partition in range(partitions):
            producer.produce(topic, value=b"", partition=partition, headers=headers, timestamp=stamp)
    return len(RAW_TOPICS) * partitions


def tick(producer: Producer, partitions: int) -> None:
    """Write one round of marks with the time of now; what goes wrong is logged, the next round mends it."""
    now = datetime.now(UTC)
    try:
        write_marks(producer, partitions, now.replace(microsecond=now.microsecond // 1000 * 1000))
        producer.poll(0)
    except (KafkaException, BufferError) as error:
        _LOG.warning("marks not written: %s; the clock stands until the next round", error)
