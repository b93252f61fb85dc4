"""Files that are read again when they change: asked as often as one likes, looked at every few seconds."""

from collections.abc import Callable, Iterable
from pathlib import Path

Stamps = tuple[tuple[str, int, int] | None, ...]
"""For each file its name, when it was written in nanoseconds, and its bytes; None for one that is not there."""


class WatchedFiles:
    """Tells when files are others than at the last look.

    Args:
        files: which they are now; a folder's may come and go.
        every: seconds between two looks.
        clock: any steady clock, in seconds.
    """

    def __init__(self, files: Callable[[], Iterable[Path]], every: float, clock: Callable[[], float]) -> None:
        self._files = files
        self._every = every
        self._clock = clock
        self._looked = clock()
        self._stamps = self._stamped()

    def changed(self) -> bool:
        """Whether a look is due and finds a change; each change is told once."""
        now = self._clock()
        if now - self._looked < self._every:
            return False
        self._looked = now
        before, self._stamps = self._stamps, self._stamped()
        return self._stamps != before

    def _stamped(self) -> Stamps:
        try:
            return tuple(_stamp(path) for path in self._files())
        except OSError:
            return ()


def _stamp(path: Path) -> tuple[str, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return path.name, found.st_mtime_ns, found.st_size
