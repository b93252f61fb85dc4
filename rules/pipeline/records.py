"""What goes into and comes out of a hop, and the rows a hop keeps its state in."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

Headers = tuple[tuple[str, bytes | None], ...]


class Record(Struct, frozen=True, gc=False):
    """One record of a topic, as a hop reads it. `timestamp` is the record's own, so `received_at`."""

    topic: str
    partition: int
    offset: int
    timestamp: datetime
    key: bytes | None
    value: bytes | None
    headers: Headers = ()

    def header(self, name: str) -> str | None:
        """The last header of that name as text, or None."""
        for key, value in reversed(self.headers):
            if key == name and value is not None:
                return value.decode("utf-8", "replace")
        return None


class Out(Struct, frozen=True, gc=False):
    """One record a hop wants written.

    `place` decides the partition (murmur2 of it); None means every partition. It differs from the key only for
    a reused tracking number, whose parcels stay together.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    timestamp: datetime
    headers: Headers = ()
    place: str | None = None
    partition: int | None = None
    """An explicit partition, where one is known (a dead letter keeps that of its source)."""
    labels: dict[str, str] | None = None
    """What a counter wants to know of a decision without decoding it again."""


class Rows(Protocol):
    """One table in one partition; keys and values are bytes, `range` is ordered by key."""

    def get(self, key: bytes) -> bytes | None:
        """The value, or None."""
        ...

    def put(self, key: bytes, value: bytes) -> None:
        """Write or replace."""
        ...

    def delete(self, key: bytes) -> None:
        """Remove; a key that is not there is no error."""
        ...

    def range(self, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """At most `limit` rows with start <= key < end, in order."""
        ...
