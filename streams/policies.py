"""The policies of a worker, read again when their files change: a promoted entry needs no restart."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from rules.policy import PolicyBook
from streams.watched_files import WatchedFiles

_LOG: Final = logging.getLogger("wismo.worker")
_EVERY: Final = 5.0
"""Seconds between two looks at the files: an entry begins a minute or more after it is appended."""

Load = Callable[..., PolicyBook]


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
    _watched_files: WatchedFiles = field(init=False)

    def __post_init__(self) -> None:
        files = [path for path in (self.live, self.candidate) if path is not None]
        self._watched_files = WatchedFiles(lambda: files, _EVERY, self.clock)
        self._books = self._read()

    def books(self) -> Books:
        """The policies as of now."""
        if self._watched_files.changed():
            self._take()
        return self._books

    def _take(self) -> None:
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


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
