"""A worker for the tests on a broker: counts records per key and sends one output per record.

Run as a module: bootstrap servers, name (prefix of its topics), store, data directory, and the
seconds it takes for each record, so that kills hit batches in work.
"""

import sys
import time
from collections.abc import Mapping, Sequence

import faust

from streams.engine.app import EngineApp
from streams.engine.overlay import Rows
from streams.engine.records import InRecord, OutRecord


class Counter:
    """Keeps per key a number and the offset it was reached at; an index is ordered by number."""

    def __init__(self, name: str, pause: float) -> None:
        self.name = name
        self.pause = pause

    def count(self, records: Sequence[InRecord], rows: Mapping[str, Rows]) -> list[OutRecord]:
        time.sleep(self.pause * len(records))
        return [output for record in records for output in self._count_one(record, rows)]

    def _count_one(self, record: InRecord, rows: Mapping[str, Rows]) -> list[OutRecord]:
        key, value = record.key or b"", record.value or b""
        if value.startswith(b"poison"):
            raise ValueError("poisoned")
        stored = rows["counts"].get(key)
        number, last = map(int, stored.split(b",")) if stored else (0, -1)
        if record.offset <= last:
            return []
        number += 1
        rows["counts"].put(key, b"%d,%d" % (number, record.offset))
        self._index(record.partition, key, number, rows["index"])
        growth = int(value[5:]) if value.startswith(b"grow:") else 1
        headers = (("id", b"%s:%d" % (key, number)),)
        return [OutRecord(f"{self.name}-out", record.partition, key, value * growth, headers)]

    def _index(self, partition: int, key: bytes, number: int, index: Rows) -> None:
        row = b"%d|%08d|%s" % (partition, number, key)
        index.put(row, b"1")
        assert index.range(row, row + b"\0", 1) == [(row, b"1")]
        # After a crash between two changelogs the index may already be ahead of the counts.
        index.delete(b"%d|%08d|%s" % (partition, number - 1, key))

    def dead(self, record: InRecord, error: BaseException) -> list[OutRecord]:
        headers = (("reason", repr(error).encode()),)
        return [OutRecord(f"{self.name}-dead", record.partition, record.key, record.value, headers)]


def make(bootstrap: str, name: str, store: str, datadir: str, pause: float = 0.0) -> EngineApp:
    app = EngineApp(
        name,
        broker=f"kafka://{bootstrap}",
        store=store,
        datadir=datadir,
        broker_session_timeout=4.0,
        broker_heartbeat_interval=0.8,
    )
    counts = app.batch_table("counts")
    index = app.batch_table("index", ordered=True)
    counter = Counter(name, pause)
    app.batch_agent([f"{name}-in"], counter.count, tables=[index, counts], name="counter", poison=counter.dead)
    return app


if __name__ == "__main__":
    bootstrap, name, store, datadir, pause = sys.argv[1:]
    worker = faust.Worker(make(bootstrap, name, store, datadir, float(pause)), loglevel="INFO")
    worker.execute_from_commandline()
