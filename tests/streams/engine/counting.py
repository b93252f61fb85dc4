"""A worker for the integration tests: counts records per key, and sends one output per record."""

import os
import sys
import time

import faust

from streams.engine.app import EngineApp
from streams.engine.records import InRecord, OutRecord

# Seconds per record, so that kills hit batches in work.
PAUSE = float(os.environ.get("WISMO_TEST_PAUSE", "0"))
TOPICS = ("eng-in", "eng-out", "eng-dead")


def count(records, rows):
    outputs = []
    time.sleep(PAUSE * len(records))
    for record in records:
        if record.value == b"poison":
            raise ValueError("poisoned")
        stored = rows["counts"].get(record.key)
        number, last = map(int, stored.split(b",")) if stored else (0, -1)
        if record.offset <= last:
            continue
        number += 1
        rows["counts"].put(record.key, b"%d,%d" % (number, record.offset))
        index = b"%d|%08d|%s" % (record.partition, number, record.key)
        rows["index"].put(index, b"1")
        assert rows["index"].range(index, index + b"\0", 1) == [(index, b"1")]
        # After a crash between two changelogs the index may already be ahead of the counts.
        rows["index"].delete(b"%d|%08d|%s" % (record.partition, number - 1, record.key))
        ident = b"%s:%d" % (record.key, number)
        outputs.append(OutRecord("eng-out", record.partition, record.key, record.value, (("id", ident),)))
    return outputs


def dead(record: InRecord, error: BaseException):
    reason = repr(error).encode()
    return [OutRecord("eng-dead", record.partition, record.key, record.value, (("reason", reason),))]


def make(bootstrap: str, store: str, datadir: str) -> EngineApp:
    app = EngineApp(
        "eng",
        broker=f"kafka://{bootstrap}",
        store=store,
        datadir=datadir,
        broker_session_timeout=6.0,
        broker_heartbeat_interval=1.0,
    )
    counts = app.batch_table("counts")
    index = app.batch_table("index", ordered=True)
    app.batch_agent(["eng-in"], count, tables=[index, counts], name="counter", poison=dead)
    return app


if __name__ == "__main__":
    app = make(sys.argv[1], sys.argv[2], sys.argv[3])
    faust.Worker(app, loglevel="INFO").execute_from_commandline()
