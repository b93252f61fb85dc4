"""Where a table's rows live on this worker: in memory or in one RocksDB per partition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from rocksdict import WriteBatch
from sortedcontainers import SortedSet

Change = tuple[bytes, bytes | None]


class PartitionedRows(Protocol):
    """Rows of one table, split by partition, with the changelog offset they stand for."""

    def get(self, partition: int, key: bytes) -> bytes | None:
        """Return the row of `key`, or None."""
        ...

    def scan(self, partition: int, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield rows with start <= key < end, ordered by key."""
        ...

    def write(self, partition: int, changes: Iterable[Change], offset: int) -> None:
        """Apply changes (None removes) together with the changelog offset they reach up to."""
        ...

    def offset(self, partition: int) -> int | None:
        """Return the last changelog offset that was applied, None for none."""
        ...

    def drop(self, partitions: Iterable[int]) -> None:
        """Let go of partitions that are no longer ours."""
        ...


class MemoryRows:
    """Rows in Faust's memory store, whose dictionaries are kept as Faust expects them."""

    def __init__(self, store: Any, *, ordered: bool) -> None:
        self._data: dict[bytes, bytes] = store.data
        self._partition_of: dict[bytes, int] = store._key_partition
        self._offsets: dict[int, int] = {}
        self._ordered = ordered
        self._order: defaultdict[int, SortedSet[bytes]] = defaultdict(SortedSet)

    def get(self, partition: int, key: bytes) -> bytes | None:
        """Return the row of `key`, or None when it is absent or of another partition."""
        value = self._data.get(key)
        return value if value is not None and self._partition_of.get(key) == partition else None

    def scan(self, partition: int, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield rows in key order; the partition must not change meanwhile."""
        for key in self._order[partition].irange(start, end, inclusive=(True, False)):
            yield key, self._data[key]

    def write(self, partition: int, changes: Iterable[Change], offset: int) -> None:
        """Apply changes; a key may move to another partition only after it was dropped.

        Raises:
            ValueError: a key of another partition: keys must be unique in the whole table.
        """
        for key, value in changes:
            owner = self._partition_of.get(key, partition)
            if value is None:
                self._remove(partition, key)
            elif owner != partition:
                raise ValueError(f"key {key[:80]!r} is in partition {owner}, not in {partition}")
            else:
                self._put(partition, key, value)
        self._offsets[partition] = offset

    def _put(self, partition: int, key: bytes, value: bytes) -> None:
        if self._ordered and key not in self._data:
            self._order[partition].add(key)
        self._data[key] = value
        self._partition_of[key] = partition

    def _remove(self, partition: int, key: bytes) -> None:
        if self._partition_of.get(key) != partition:
            return
        del self._data[key], self._partition_of[key]
        if self._ordered:
            self._order[partition].discard(key)

    def offset(self, partition: int) -> int | None:
        """Return the last changelog offset that was applied, None for none."""
        return self._offsets.get(partition)

    def drop(self, partitions: Iterable[int]) -> None:
        """Remove the rows of these partitions: memory must not answer for what others own."""
        gone = set(partitions)
        if not gone:
            return
        for key in [key for key, owner in self._partition_of.items() if owner in gone]:
            del self._data[key], self._partition_of[key]
        for partition in gone:
            self._offsets.pop(partition, None)
            self._order.pop(partition, None)


class RocksRows:
    """Rows in the RocksDB that Faust opens for each partition.

    Faust closes and opens the databases itself when partitions move, so `drop` does nothing.
    """

    def __init__(self, store: Any) -> None:
        self._store = store
        self._offset_key: bytes = store.offset_key

    def _db(self, partition: int) -> Any:
        return self._store._db_for_partition(partition)

    def get(self, partition: int, key: bytes) -> bytes | None:
        """Return the row of `key`, or None."""
        value: bytes | None = self._db(partition).get(key)
        return value

    def scan(self, partition: int, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield rows in key order from one iterator of the database."""
        for key, value in self._db(partition).items(from_key=start):
            if key >= end:
                return
            if key != self._offset_key:
                yield key, value

    def write(self, partition: int, changes: Iterable[Change], offset: int) -> None:
        """Write rows and offset as one atomic batch, so a crash leaves both or neither."""
        batch = WriteBatch(raw_mode=True)
        for key, value in changes:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        batch.put(self._offset_key, str(offset).encode())
        self._db(partition).write(batch)

    def offset(self, partition: int) -> int | None:
        """Return the last changelog offset that was applied, None for none."""
        value = self._db(partition).get(self._offset_key)
        return None if value is None else int(value)

    def drop(self, partitions: Iterable[int]) -> None:
        """Do nothing: the files stay as a warm copy."""


def rows_of(store: Any, *, ordered: bool) -> MemoryRows | RocksRows:
    """Return the adapter for a Faust store.

    Raises:
        ValueError: the store is neither memory:// nor rocksdb://.
    """
    scheme = store.url.scheme
    if scheme == "memory":
        return MemoryRows(store, ordered=ordered)
    if scheme == "rocksdb":
        return RocksRows(store)
    raise ValueError(f"store {store.url} is not supported: use memory:// or rocksdb://")


def last_write_wins(changes: Iterable[Change]) -> Mapping[bytes, bytes | None]:
    """Fold changes of one partition, in order, to one per key."""
    return dict(changes)
