"""Rows as objects: decoded when first asked for, encoded once when all is done."""

from collections.abc import Callable
from typing import Generic, TypeVar

from rules.pipeline.records import Rows

Kept = TypeVar("Kept")


class Shelf(Generic[Kept]):
    """The rows of one table as objects, for the length of a batch or of a replay.

    What is put is written when `save` is called, in the order of the last `put` or `drop` of each key. A shelf without
    rows behind it keeps everything itself, which is all that a replay in memory needs.
    """

    def __init__(self, rows: Rows | None, decode: Callable[[bytes], Kept], encode: Callable[[Kept], bytes]) -> None:
        self._rows = rows
        self._decode = decode
        self._encode = encode
        self._known: dict[str, Kept | None] = {}
        self._changed: dict[str, None] = {}

    def get(self, key: str) -> Kept | None:
        """The row, or None; the caller may change it only to put it back."""
        if key in self._known or self._rows is None:
            return self._known.get(key)
        raw = self._rows.get(_bytes(key))
        found = self._known[key] = None if raw is None else self._decode(raw)
        return found

    def put(self, key: str, row: Kept) -> None:
        """Keep the row as it is now."""
        self._known[key] = row
        self._note(key)

    def drop(self, key: str) -> None:
        """Forget the row."""
        if self._rows is None:
            self._known.pop(key, None)
            return
        self._known[key] = None
        self._note(key)

    def save(self) -> None:
        """Write what has changed to the rows behind."""
        if self._rows is None:
            return
        for key in self._changed:
            row = self._known[key]
            if row is None:
                self._rows.delete(_bytes(key))
            else:
                self._rows.put(_bytes(key), self._encode(row))
        self._changed.clear()

    def _note(self, key: str) -> None:
        if self._rows is not None:
            self._changed.pop(key, None)
            self._changed[key] = None


def _bytes(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")
