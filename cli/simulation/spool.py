"""Sorts more records than fit in memory: sorted runs on disk, merged at the end."""

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Final

Line = tuple[int, int, bytes]
"""Time, position (settles ties), and the written record."""
RUN: Final = 200_000
"""Records held in memory at most."""


def in_order(lines: Iterable[tuple[int, bytes]], run: int = RUN) -> Iterator[bytes]:
    """The records by time; those of one time keep the order in which they came."""
    files: list[IO[bytes]] = []
    held: list[Line] = []
    try:
        for position, (at, line) in enumerate(lines):
            held.append((at, position, line))
            if len(held) >= run:
                files.append(_spilled(held))
                held = []
        held.sort()
        for _, _, line in heapq.merge(*(_read(file) for file in files), held):
            yield line
    finally:
        for file in files:
            file.close()


def _spilled(held: list[Line]) -> IO[bytes]:
    held.sort()
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `in_order`, after the merge
    for at, position, line in held:
        file.write(b"%d %d " % (at, position) + line)
    file.seek(0)
    return file


def _read(file: IO[bytes]) -> Iterator[Line]:
    for row in file:
        at, position, line = row.split(b" ", 2)
        yield int(at), int(position), line
