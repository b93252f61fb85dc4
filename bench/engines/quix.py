"""The same work on Quix Streams 3: a dataframe a topic, its state in RocksDB with a changelog.

`python -m bench.engines.quix BOOTSTRAP PARTITIONS MODE FOLDER`. Quix keeps state under the message's key and places
records by key, so only parcels under one reused number differ from the service.
"""

import sys
from pathlib import Path
from typing import Any

from quixstreams import Application, State, message_context
from quixstreams.models import Serializer, TopicConfig

from bench.engines.work import STATEFUL, Work, headers_of, moment
from rules.pipeline.records import Out, Record
from schemas.words import CUSTOMER_MESSAGES, DEAD_LETTERS, OWNERS, RAW_TOPICS, exceptions_topic

_OUTPUTS = ("shipments", "shipment-updates", *map(exceptions_topic, OWNERS), CUSTOMER_MESSAGES, DEAD_LETTERS)


class OutSerializer(Serializer):
    """The bytes of an output."""

    def __call__(self, value: Out, ctx: Any) -> bytes | None:
        return value.value


class StateRows:
    """The state of one key as rows."""

    def __init__(self, state: State) -> None:
        self._state = state

    def get(self, key: bytes) -> bytes | None:
        value: bytes | None = self._state.get_bytes(key)
        return value

    def put(self, key: bytes, value: bytes) -> None:
        self._state.set_bytes(key, value)

    def delete(self, key: bytes) -> None:
        self._state.delete(key)

    def range(self, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        raise NotImplementedError("only the agenda is read by range")


def main(bootstrap: str, partitions: str, mode: str, folder: str) -> None:
    count = int(partitions)
    work = Work(mode, count)
    app = Application(
        broker_address=bootstrap,
        consumer_group="bench-quix",
        auto_offset_reset="earliest",
        state_dir=Path(folder) / "quix",
        producer_extra_config={"acks": "all", "linger.ms": 5, "message.max.bytes": 8 << 20},
        loglevel="WARNING",
    )
    config = TopicConfig(num_partitions=count, replication_factor=1)
    topics = {
        name: app.topic(name, value_deserializer="bytes", value_serializer=OutSerializer(), config=config)
        for name in (*RAW_TOPICS, *STATEFUL, *_OUTPUTS)
    }

    def to_outs(frame: Any) -> None:
        frame = frame.set_headers(lambda out, key, timestamp, headers: headers_of(out))
        frame = frame.set_timestamp(lambda out, key, timestamp, headers: int(out.timestamp.timestamp() * 1000))
        frame.to_topic(lambda out, key, timestamp, headers: topics[out.topic], key=lambda out: out.key)

    def route(value: bytes, key: bytes, timestamp: int, headers: Any) -> list[Out]:
        return work.route([_record(value, key, timestamp, headers)])

    def decide(value: bytes, key: bytes, timestamp: int, headers: Any, state: State) -> list[Out]:
        return work.decide([_record(value, key, timestamp, headers)], StateRows(state))

    for name in RAW_TOPICS:
        to_outs(app.dataframe(topics[name]).apply(route, expand=True, metadata=True))
    for name in STATEFUL:
        to_outs(app.dataframe(topics[name]).apply(decide, stateful=True, expand=True, metadata=True))
    app.run()


def _record(value: bytes, key: bytes, timestamp: int, headers: Any) -> Record:
    context = message_context()
    place = (context.topic, context.partition, context.offset)
    return Record(*place, moment(timestamp), key, value, tuple(headers or ()))


if __name__ == "__main__":
    main(*sys.argv[1:])
