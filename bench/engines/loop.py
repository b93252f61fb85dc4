"""The same work as a hand-written confluent-kafka loop whose state is a dict: nothing survives it.

`python -m bench.engines.loop BOOTSTRAP PARTITIONS MODE FOLDER`.
"""

import sys
from collections import defaultdict
from itertools import groupby
from typing import Any

from confluent_kafka import Consumer, KafkaError, Message, Producer

from bench.engines.work import STATEFUL, DictRows, Work, headers_of, millis, moment, places
from rules.pipeline.records import Out, Record
from schemas.words import RAW_TOPICS

_BATCH = 1000


def main(bootstrap: str, partitions: str, mode: str, _folder: str) -> None:
    work = Work(mode, int(partitions))
    reader = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "bench-loop",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    writer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "linger.ms": 5, "message.max.bytes": 8 << 20})
    states: defaultdict[tuple[str, int], DictRows] = defaultdict(lambda: DictRows({}))
    reader.subscribe([*RAW_TOPICS, *STATEFUL])
    while True:
        messages = [message for message in reader.consume(_BATCH, 0.1) if message.error() is None]
        if not messages:
            continue
        messages.sort(key=_place)  # stable: a partition's own order stays
        for place, group in groupby(messages, key=_place):
            rows = states[place] if place[0] in STATEFUL else None
            for out in work.handle([_record(message) for message in group], rows):
                _send(writer, out, int(partitions))
        if writer.flush(60):
            sys.exit("not everything was delivered")
        reader.commit(asynchronous=False)


def _place(message: Message) -> tuple[str, int]:
    return str(message.topic()), int(message.partition() or 0)


def _record(message: Message) -> Record:
    headers: Any = tuple(message.headers() or ())
    when = moment(message.timestamp()[1])
    return Record(*_place(message), int(message.offset() or 0), when, message.key(), message.value(), headers)


def _send(writer: Producer, out: Out, partitions: int) -> None:
    for partition in places(out, partitions):
        kept = {"key": out.key, "partition": partition, "headers": headers_of(out), "timestamp": millis(out)}
        while True:
            try:
                writer.produce(out.topic, out.value, on_delivery=_delivered, **kept)
                break
            except BufferError:
                writer.poll(0.1)
    writer.poll(0)


def _delivered(error: KafkaError | None, _message: Message) -> None:
    if error is not None:
        sys.exit(f"not delivered: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
