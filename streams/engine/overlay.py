"""A batch's view of one table in one partition: its own writes over what is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Protocol

from sortedcontainers import SortedSet

from streams.engine.errors import RecordTooLarge


class Rows(Protocol):
    """What a handler sees of one table in one partition."""

    def get(self, key: bytes) -> bytes | None:
        """Return the row of `key`, or None."""
        ...

    def put(self, key: bytes, value: bytes) -> None:
        """Write a row; it becomes durable with the batch or not at all."""
        ...

    def delete(self, key: bytes) -> None:
        """Remove a row, if it is there."""
        ...

    def range(self, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """Return at most `limit` rows with start <= key < end, ordered by key."""
        ...


class RowStore(Protocol):
    """Durable rows of one table, split by partition."""

    def get(self, partition: int, key: bytes) -> bytes | None:
        """Return the row of `key`, or None."""
        ...

    def scan(self, partition: int, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield rows with start <= key < end, ordered by key."""
        ...


class _Absent:
    """The type of the mark for a key this batch has not touched."""


_ABSENT = _Absent()


class Overlay:
    """Writes of one batch, with one savepoint; reads fall through to the store.

    Args:
        limit: largest row (key and value) in bytes that still fits into a request.
    """

    def __init__(self, store: RowStore, partition: int, *, ordered: bool, limit: int) -> None:
        self._store = store
        self._partition = partition
        self._limit = limit
        self._ordered = ordered
        self._touched: dict[bytes, bytes | None] = {}
        self._order: SortedSet[bytes] = SortedSet()
        self._undo: dict[bytes, bytes | None | _Absent] = {}

    def get(self, key: bytes) -> bytes | None:
        """Return this batch's row of `key`, else the stored one, else None."""
        value = self._touched.get(key, _ABSENT)
        return self._store.get(self._partition, key) if isinstance(value, _Absent) else value

    def put(self, key: bytes, value: bytes) -> None:
        """Write a row.

        Raises:
            TypeError: key or value is not bytes.
            ValueError: the key is empty.
            RecordTooLarge: the row does not fit into a request.
        """
        if not isinstance(value, bytes):
            raise TypeError(f"a row is bytes, not {type(value).__name__}")
        if len(key) + len(value) > self._limit:
            raise RecordTooLarge(f"row {key[:80]!r} has {len(key) + len(value)} bytes, the limit is {self._limit}")
        self._write(key, value)

    def delete(self, key: bytes) -> None:
        """Remove a row; the changelog gets a tombstone in any case."""
        self._write(key, None)

    def _write(self, key: bytes, value: bytes | None) -> None:
        if not isinstance(key, bytes):
            raise TypeError(f"a key is bytes, not {type(key).__name__}")
        if not key:
            raise ValueError("a key is not empty: the changelog could not be compacted")
        self._undo.setdefault(key, self._touched.get(key, _ABSENT))
        if self._ordered and key not in self._touched:
            self._order.add(key)
        # Last written, last sent: what points to a row is written after it, also where a changelog batch is split.
        self._touched.pop(key, None)
        self._touched[key] = value

    def range(self, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """Return at most `limit` rows with start <= key < end, ordered by key.

        Raises:
            TypeError: the table was not declared with `ordered=True`.
        """
        if not self._ordered:
            raise TypeError("range() needs a table declared with ordered=True")
        return list(islice(self._merged(start, end), max(limit, 0)))

    def _merged(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        stored = self._store.scan(self._partition, start, end)
        row = next(stored, None)
        for key in self._order.irange(start, end, inclusive=(True, False)):
            while row is not None and row[0] < key:
                yield row
                row = next(stored, None)
            if row is not None and row[0] == key:
                row = next(stored, None)
            value = self._touched[key]
            if value is not None:
                yield key, value
        if row is not None:
            yield row
            yield from stored

    def savepoint(self) -> None:
        """Keep everything written so far, whatever `rollback` is asked for later."""
        self._undo.clear()

    def rollback(self) -> None:
        """Undo what was written since the last savepoint."""
        for key, value in self._undo.items():
            if isinstance(value, _Absent):
                del self._touched[key]
                self._order.discard(key)
            else:
                self._touched[key] = value
        self._undo.clear()

    @property
    def changes(self) -> Mapping[bytes, bytes | None]:
        """Rows to write and, as None, keys to remove."""
        return self._touched
