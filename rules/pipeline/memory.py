"""Rows in memory: what `wismo decide`, explain and the tests keep their state in."""

from sortedcontainers import SortedDict


class MemoryRows:
    """An ordered table of one partition, with nothing behind it."""

    def __init__(self) -> None:
        self._rows: SortedDict[bytes, bytes] = SortedDict()

    def get(self, key: bytes) -> bytes | None:
        """The value, or None."""
        return self._rows.get(key)

    def put(self, key: bytes, value: bytes) -> None:
        """Write or replace."""
        self._rows[key] = value

    def delete(self, key: bytes) -> None:
        """Remove; a key that is not there is no error."""
        self._rows.pop(key, None)

    def range(self, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """At most `limit` rows with start <= key < end, in order."""
        found = []
        for key in self._rows.irange(start, end, inclusive=(True, False)):
            found.append((key, self._rows[key]))
            if len(found) == limit:
                break
        return found

    def __len__(self) -> int:
        return len(self._rows)
