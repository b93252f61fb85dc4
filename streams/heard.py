"""For which hours each carrier was said to be heard: known only once it is written."""

from rules.pipeline.route import Told

_MOST = 2_000


class Heard:
    """What each partition's router has said. A batch may be dropped after it was handled, and be read again.

    What such a batch said was never written, so it must be said again: it counts from `done` on, not before.
    """

    def __init__(self) -> None:
        self._told: Told = set()
        self._saying: dict[tuple[str, int], tuple[int, Told]] = {}

    def before(self, topic: str, partition: int, offset: int) -> Told:
        """What was said before a record of this partition; the caller adds what it says."""
        last, saying = self._saying.get((topic, partition), (-1, set()))
        # A step back: what was handled beyond this record was dropped.
        return self._told | saying if offset > last else set(self._told)

    def after(self, topic: str, partition: int, offset: int, told: Told) -> None:
        """A handler has come to `offset`, with all of `told` said."""
        self._saying[topic, partition] = (offset, told - self._told)

    def done(self, topic: str, partition: int) -> None:
        """All that was handled of this partition is written."""
        if (saying := self._saying.pop((topic, partition), None)) is not None:
            if len(self._told) > _MOST:
                self._told.clear()
            self._told |= saying[1]
