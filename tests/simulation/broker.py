"""Topics of one cluster: logs with offsets, a replicated part, producers that are known, and cleaning."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from streams.engine.records import Headers
from streams.engine.tp import TP

Row = tuple[int, bytes | None, bytes | None, Headers]
"""Timestamp in milliseconds, key, value, headers."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One record as a client's fetch gives it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    writer: str = ""
    timestamp_type: int = 0


class Log:
    """One partition. Readers see what is replicated; the rest is gone when the leader fails."""

    def __init__(self, tp: TP) -> None:
        self.tp = tp
        self.records: list[Stored] = []
        self.end = 0
        self.replicated = 0
        self.closed_until = 0.0
        self._known: dict[int, tuple[int, int]] = {}

    def append(self, rows: Iterable[Row], writer: str, known: tuple[int, int] | None = None) -> int:
        """Write rows; a producer with an id and a sequence writes each batch once. Returns the first offset."""
        if known is not None and known[0] in self._known and self._known[known[0]][0] >= known[1]:
            return self._known[known[0]][1]
        first = self.end
        for timestamp, key, value, headers in rows:
            self.records.append(
                Stored(self.tp.topic, self.tp.partition, self.end, timestamp, key, value, headers, writer)
            )
            self.end += 1
        if known is not None:
            self._known[known[0]] = (known[1], first)
        return first

    def replicate(self, upto: int) -> None:
        """Others have it now."""
        self.replicated = max(self.replicated, min(upto, self.end))

    def fail_over(self) -> int:
        """A follower takes over: what it did not have is lost. Returns how many records."""
        lost = self.end - self.replicated
        del self.records[self._at(self.replicated) :]
        self.end = self.replicated
        return lost

    def read(self, position: int, limit: int) -> list[Stored]:
        """Up to `limit` records at or after `position`."""
        start = self._at(position)
        return self.records[start : min(start + limit, self._at(self.replicated))]

    def has(self, position: int) -> bool:
        """Whether a read would find something."""
        return self._at(position) < self._at(self.replicated)

    def clean(self) -> None:
        """Compaction: of each key only the last record stays; offsets keep their holes."""
        upto = self._at(self.replicated)
        last = {record.key: record.offset for record in self.records[:upto]}
        self.records[:upto] = [record for record in self.records[:upto] if last[record.key] == record.offset]

    def _at(self, offset: int) -> int:
        # Nearly always nothing is missing, and an offset is its own place.
        if len(self.records) == self.end:
            return min(offset, self.end)
        return bisect_left(self.records, offset, key=attrgetter("offset"))


class Broker:
    """All partitions, and who wants to know of new records."""

    def __init__(self, topics: Sequence[str], partitions: int) -> None:
        self.partitions = partitions
        self.topics = topics
        self.logs = {TP(topic, p): Log(TP(topic, p)) for topic in topics for p in range(partitions)}
        self.watchers: list[Callable[[TP], None]] = []

    def tell(self, tp: TP) -> None:
        """Records of `tp` can be read."""
        for watcher in self.watchers:
            watcher(tp)

    def records(self, topic: str) -> list[Stored]:
        """Every record of a topic, by partition and offset."""
        return [record for tp, log in self.logs.items() if tp.topic == topic for record in log.records]
