"""The operator's own carrier tables of a worker, read again when a file changes: a new row needs no restart."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rules.normalize.tables import TableError, add_rows, use_rows
from sinks.settings import SettingsError
from streams.watched_files import WatchedFiles

_LOG: Final = logging.getLogger("wismo.worker")
_EVERY: Final = 1.0
"""Seconds between two looks: a message that is replayed behind a new row must find it."""

Read = Callable[[], Mapping[str, str]]


@dataclass(slots=True)
class TableFiles:
    """The folder of own tables and how it is read; without a folder there is nothing to look at.

    Raises `TableError` or `SettingsError` when it is made and a table cannot be used. One that goes bad later is told
    of in the log, and the last good ones stay in use: a typing error must not stop the worker, nor park every code.
    """

    read: Read
    folder: Path | None = None
    clock: Callable[[], float] = time.monotonic
    _good: Mapping[str, str] = field(init=False)
    _files: WatchedFiles = field(init=False)

    def __post_init__(self) -> None:
        folder = self.folder
        self._files = WatchedFiles(lambda: sorted(folder.iterdir()) if folder else [], _EVERY, self.clock)
        self._good = self.read()
        use_rows(self._good)

    def look(self) -> None:
        """Read the tables again where a file has changed since the last look."""
        if self._files.changed():
            self._take()

    def _take(self) -> None:
        try:
            found = self.read()
            use_rows(found)
        except (TableError, SettingsError) as error:
            add_rows(self._good)
            _LOG.error("own carrier tables cannot be used, those before stay in use; run `wismo check`: %s", error)
        else:
            self._good = found
            _LOG.info("own carrier tables were read again: %s", " ".join(sorted(found)) or "none")
