"""The same work as a stock Faust app: one agent a hop, an event at a time, tables in memory with their changelogs.

Better than the defaults wherever Faust's documentation offers it: raw bytes instead of its serialisers (ours are
faster), a linger, larger batches, and a producer buffer that does not stall. `python -m bench.engines.stock_faust
BOOTSTRAP PARTITIONS MODE FOLDER`.
"""

import sys
from typing import Any

import faust

from bench.engines.work import STATEFUL, DictRows, Work, headers_of, millis, moment, places
from cli.drain import OUTPUTS
from rules.pipeline.records import Record
from schemas.words import RAW_TOPICS


def build(bootstrap: str, partitions: int, mode: str, folder: str) -> faust.App:
    work = Work(mode, partitions)
    app = _app(bootstrap, partitions, folder)
    topics = {name: app.topic(name, key_type=bytes, value_type=bytes) for name in (*RAW_TOPICS, *STATEFUL, *OUTPUTS)}

    async def handle(event: Any, rows: DictRows | None) -> None:
        message = event.message
        place = (message.topic, message.partition, message.offset)
        headers = tuple(message.headers or ())
        record = Record(*place, moment(int(message.timestamp * 1000)), message.key, message.value, headers)
        for out in work.handle([record], rows):
            given = {"key": out.key, "value": out.value, "timestamp": millis(out) / 1000, "headers": headers_of(out)}
            for partition in places(out, partitions):
                await topics[out.topic].send(partition=partition, **given)

    def declare(name: str, read: Any, rows: DictRows | None) -> None:
        async def agent(stream: Any) -> None:
            async for event in stream.events():
                await handle(event, rows)

        app.agent(read, name=name)(agent)

    declare("router", app.topic(*RAW_TOPICS, key_type=bytes, value_type=bytes), None)
    for name in STATEFUL:
        table = app.Table(f"{name}-state", key_type=bytes, value_type=bytes, partitions=partitions)
        declare(name, topics[name], DictRows(table))
    return app


def _app(bootstrap: str, partitions: int, folder: str) -> faust.App:
    return faust.App(
        "bench-faust",
        broker=f"kafka://{bootstrap}",
        store="memory://",
        datadir=folder,
        topic_partitions=partitions,
        topic_disable_leader=True,
        web_enabled=False,
        producer_linger=0.005,
        producer_max_batch_size=256 << 10,
        producer_max_request_size=8 << 20,
        consumer_max_fetch_size=8 << 20,
        stream_buffer_maxsize=8192,
    )


def main(bootstrap: str, partitions: str, mode: str, folder: str) -> None:
    app = build(bootstrap, int(partitions), mode, folder)
    app.finalize()
    app.producer.buffer.max_messages = 20_000
    worker = faust.Worker(app, loglevel="WARNING")
    worker.spinner = None  # for it alone every library's debug lines would be made
    worker.execute_from_commandline()


if __name__ == "__main__":
    main(*sys.argv[1:])
