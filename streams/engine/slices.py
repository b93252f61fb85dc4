"""Runs a handler over a batch in slices, and finds the record that makes it raise."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from streams.engine.outbox import check_sizes
from streams.engine.overlay import Overlay, Rows
from streams.engine.records import Handler, InRecord, OutRecord, Poison

# Between slices the event loop turns: heartbeats, commits and the other partitions.
SLICE_SECONDS = 0.025
SLICE_RECORDS = 1000
_FIRST_SLICE = 100


@dataclass(slots=True)
class Decider:
    """A handler with its poison function and the largest record in bytes it may send."""

    handler: Handler
    poison: Poison
    limit: int
    slice_records: int = _FIRST_SLICE

    def decide(self, records: Sequence[InRecord], overlays: Mapping[str, Overlay]) -> list[OutRecord]:
        """Run the handler; records that make it raise go to `poison`, one by one.

        Raises:
            Exception: `poison` itself failed; then nothing of this batch may be acked.
        """
        try:
            return self._attempt(lambda: self.handler(records, _rows(overlays)), overlays.values())
        except MemoryError:
            raise  # no record's fault
        except Exception as error:
            reason = error
        # Outside of the except clause: else each halving would hang its error to the next.
        return self._isolate(records, overlays, reason)

    def _isolate(
        self, records: Sequence[InRecord], overlays: Mapping[str, Overlay], error: Exception
    ) -> list[OutRecord]:
        if len(records) == 1:
            return self._attempt(lambda: self.poison(records[0], error), overlays.values())
        middle = len(records) // 2
        return self.decide(records[:middle], overlays) + self.decide(records[middle:], overlays)

    def _attempt(self, work: Callable[[], list[OutRecord]], overlays: Collection[Overlay]) -> list[OutRecord]:
        try:
            outputs = work()
            check_sizes(outputs, self.limit)
        except BaseException:
            for overlay in overlays:
                overlay.rollback()
            raise
        for overlay in overlays:
            overlay.savepoint()
        return outputs

    def timed(self, records: Sequence[InRecord], overlays: Mapping[str, Overlay]) -> list[OutRecord]:
        """Decide one slice and set the size of the next by the time it took."""
        started = perf_counter()
        outputs = self.decide(records, overlays)
        pace = SLICE_SECONDS / max(perf_counter() - started, 1e-6)
        # At most doubled, as one quick slice says little about the next.
        wanted = int(len(records) * min(pace, 2.0))
        self.slice_records = max(1, min(SLICE_RECORDS, wanted))
        return outputs


def _rows(overlays: Mapping[str, Overlay]) -> Mapping[str, Rows]:
    return overlays
