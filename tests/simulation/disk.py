"""A host's disk: per table and partition a small ordered store, written in atomic batches as RocksDB's are."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from sortedcontainers import SortedDict

from tests.simulation.world import Process


class WriteBatch:
    """Stands in for rocksdict's, which cannot be read back."""

    def __init__(self, raw_mode: bool = False) -> None:
        self.changes: list[tuple[bytes, bytes | None]] = []

    def put(self, key: bytes, value: bytes) -> None:
        self.changes.append((key, value))

    def delete(self, key: bytes) -> None:
        self.changes.append((key, None))


class Database:
    """One partition of one table; what is written stays when the process is killed."""

    def __init__(self) -> None:
        self.rows: SortedDict[bytes, bytes] = SortedDict()

    def write(self, batch: WriteBatch) -> None:
        for key, value in batch.changes:
            if value is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = value


Disk = dict[tuple[str, int], Database]


class Opened:
    """A database in a process: its writes are moments that faults strike at."""

    def __init__(self, process: Process, database: Database) -> None:
        self._process = process
        self._database = database

    def get(self, key: bytes) -> bytes | None:
        found: bytes | None = self._database.rows.get(key)
        return found

    def items(self, from_key: bytes) -> Iterator[tuple[bytes, bytes]]:
        for key in list(self._database.rows.irange(from_key)):
            yield key, self._database.rows[key]

    def write(self, batch: WriteBatch) -> None:
        self._process.world.moment(self._process, "store", lambda: self._database.write(batch))


class RocksStore(SimpleNamespace):
    """What the engine uses of Faust's RocksDB store, over a disk of the simulation."""

    offset_key = b"__faust\0offset__"

    def __init__(self, process: Process, disk: Disk, table: str) -> None:
        super().__init__(url=SimpleNamespace(scheme="rocksdb"))
        self._process = process
        self._disk = disk
        self._table = table

    def _db_for_partition(self, partition: int) -> Opened:
        place = (self._table, partition)
        if place not in self._disk:
            self._disk[place] = Database()
        return Opened(self._process, self._disk[place])

    async def on_rebalance(self, *_: Any) -> None:
        """Files stay as they are."""

    async def on_recovery_completed(self, *_: Any) -> None:
        """Nothing to do."""
