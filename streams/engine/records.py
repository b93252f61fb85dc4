"""What the engine hands to a handler and what a handler hands back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from streams.engine.overlay import Rows

Headers = tuple[tuple[str, bytes], ...]


# Not `gc`: they hold nothing that could lead back to them, and tens of thousands of them live at a time.
class InRecord(Struct, gc=False):
    """One record as the broker gave it; `timestamp_ms` is epoch milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class OutRecord(Struct, gc=False):
    """One record to send; without `timestamp_ms` the time of sending is used."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    timestamp_ms: int | None = None


Handler = Callable[[Sequence[InRecord], "Mapping[str, Rows]"], list[OutRecord]]
Poison = Callable[[InRecord, BaseException], list[OutRecord]]
