"""The policies of a worker, read again when their files change: a promoted entry needs no restart."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from rules.policy import PolicyBook

_LOG: Final = logging.getLogger("wismo.worker")
_EVERY: Final = 5.0
"""Seconds between two looks at the files: an entry begins a minute or more after it is appended."""

Load = Callable[..., PolicyBook]
Stamp = tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Books:
    """What a batch is decided by."""

    live: PolicyBook
    candidate: PolicyBook | None = None


@dataclass(slots=True)
class PolicyFiles:
    """The live policy's file and the candidate's; without a file the packaged policy, and no candidate.

    Raises `ValueError` or `OSError` when it is made and one of them cannot be used. One that goes bad later is told
    of in the log, and the last good one stays in force: a typing error must not stop decisions.
    """

    load: Load
    live: Path | None = None
    candidate: Path | None = None
    clock: Callable[[], float] = time.monotonic
    _books: Books = field(init=False)
    _stamps: tuple[Stamp, Stamp] = field(init=False)
    _looked: float = field(init=False)

    def __post_init__(self) -> None:
        self._looked = self.clock()
        self._stamps = self._stamped()
        self._books = self._read()

    def books(self) -> Books:
        """The policies as of now."""
        if self.clock() - self._looked >= _EVERY:
            self._looked = self.clock()
            self._look()
        return self._books

    def _look(self) -> None:
        stamps = self._stamped()
        if stamps == self._stamps:
            return
        self._stamps = stamps
        try:
            self._books = self._read()
        except (OSError, ValueError) as error:
            _LOG.error("the policy cannot be used, the one before stays in force; run `wismo check`: %s", error)
        else:
            _LOG.info("the policy was read again: %s", ", ".join(one.version for one in self._books.live.entries))

    def _read(self) -> Books:
        # Only a file can be appended to while parcels are under way.
        live = self.load() if self.live is None else self._watched(self.live)
        if self.candidate is None:
            return Books(live)
        return Books(live, self.load(_text(self.candidate), str(self.candidate), live))

    def _watched(self, path: Path) -> PolicyBook:
        return replace(self.load(_text(path), str(path)), watched=True)

    def _stamped(self) -> tuple[Stamp, Stamp]:
        return _stamp(self.live), _stamp(self.candidate)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _stamp(path: Path | None) -> Stamp:
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_size)
