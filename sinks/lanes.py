"""One partition's way through a sink: in order, with retries, and what is refused for good is parked.

What the sink puts aside is passed by those behind it. It is not done, so nothing from it on is committed meanwhile.
"""

import heapq
import logging
import threading
import time
import traceback
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from schemas.codec import rfc3339
from schemas.dead_letters import Failure, Source
from schemas.words import DEAD_LETTER_REASONS
from sinks.dead_letters import Parker, ParkingError, StopLimit
from sinks.metrics import SinkMetrics, app_version
from sinks.results import DeliveryResult, Outcome, refused

_LOG: Final = logging.getLogger("wismo.sinks")
_HOUSE: Final = str(Path(__file__).resolve().parent.parent)
_LONGEST_WAIT: Final = 60.0
MOST_ASIDE: Final = 5000
"""Records that may wait aside; then those behind them wait too."""


class Sink(Protocol):
    """Something that acts on records, and can bear to see one again."""

    def deliver(self, record: Source) -> DeliveryResult:
        """Act on one record and say how it ended; a record seen before is skipped."""


@dataclass(slots=True)
class _Hand:
    """A record in hand."""

    record: Source
    attempts: int
    aside: float | None = None
    """Since when it waits aside, if it does."""


class Lane:
    """The records of one partition that wait for the sink; worked by one thread at a time."""

    def __init__(self, place: tuple[str, int], group: str, limit: StopLimit | None = None) -> None:
        self.place = place
        self.group = group
        self.waiting: deque[Source] = deque()
        self.done: int | None = None
        """The offset to commit: everything before it is done."""
        self.due = 0.0
        self.busy = threading.Event()
        self.stopped = ""
        """Why nothing more of this partition is worked on; empty while it is."""
        self._limit = limit or StopLimit()
        self._attempts = 0
        self._passed: int | None = None
        """The offset behind the last record that left `waiting`."""
        self._aside: dict[int, tuple[Source, float]] = {}
        """The records by offset, and since when (Unix time) they wait.

        The lowest offset is first: they come in that order, and one that is put back keeps its place.
        """
        self._later: list[tuple[float, int, int]] = []
        """When each of them is tried again, its offset and how often it was tried: a heap."""

    def ready(self, now: float) -> bool:
        """Whether there is something to do and it is time."""
        return not self.busy.is_set() and not self.stopped and (self._aside_is_due(now) or self._head_is_due(now))

    def _aside_is_due(self, now: float) -> bool:
        return bool(self._later) and self._later[0][0] <= now

    def _head_is_due(self, now: float) -> bool:
        return bool(self.waiting) and self.due <= now and len(self._aside) < MOST_ASIDE

    def work(self, sink: Sink, parker: Parker, metrics: SinkMetrics, until: threading.Event) -> None:
        """Work until the queue is empty, a record has to wait, or the partition must stop."""
        while not self.stopped and not until.is_set():
            hand = self._next(time.monotonic())
            if hand is None:
                return
            hand.attempts += 1
            result, error = _attempt(sink, hand.record)
            if result.retryable:
                self._put_off(hand, result)
                continue
            if result.outcome is Outcome.FAILED:
                self._park(hand, result, error, parker, metrics)
            else:
                self._limit.passed()
            self._finish(hand, result, metrics)

    def _next(self, now: float) -> _Hand | None:
        """What to try: a record that waits aside and is due, else the first of those in order."""
        if self._aside_is_due(now):
            _, offset, attempts = heapq.heappop(self._later)
            record, since = self._aside[offset]
            return _Hand(record, attempts, aside=since)
        return _Hand(self.waiting[0], self._attempts) if self._head_is_due(now) else None

    def _put_off(self, hand: _Hand, result: DeliveryResult) -> None:
        due = time.monotonic() + self._wait(hand, result)
        if hand.aside is None and not result.aside:
            self.due, self._attempts = due, hand.attempts
            return
        offset = hand.record.offset
        self._aside[offset] = hand.record, hand.aside or time.time()
        heapq.heappush(self._later, (due, offset, hand.attempts))
        if hand.aside is None:
            self._pass()

    def _wait(self, hand: _Hand, result: DeliveryResult) -> float:
        if result.detail:
            _LOG.warning("%s/%d: %s, trying again: %s", *self.place, result.reason, result.detail)
        usual = min(_LONGEST_WAIT, 0.25 * 2.0 ** min(hand.attempts, 10))
        return usual if result.retry_after is None else result.retry_after

    def _pass(self) -> None:
        self._passed = self.waiting.popleft().offset + 1
        self._attempts = 0
        self._mark()

    def _mark(self) -> None:
        self.done = next(iter(self._aside), self._passed)

    def _finish(self, hand: _Hand, result: DeliveryResult, metrics: SinkMetrics) -> None:
        record, now = hand.record, time.time()
        if hand.aside is not None:
            del self._aside[record.offset]
            self._mark()
        else:
            self._pass()
        outcome = "dead_lettered" if result.outcome is Outcome.FAILED else _label(result)
        metrics.processed.labels("notify", outcome).inc()
        metrics.last_processed.labels(record.topic).set(now)
        # What waits aside does so on purpose: that is no lateness of the service.
        metrics.end_to_end.observe(max(0.0, (hand.aside or now) - record.timestamp / 1000))

    def _park(
        self, hand: _Hand, result: DeliveryResult, error: Exception | None, parker: Parker, metrics: SinkMetrics
    ) -> None:
        record = hand.record
        reason = result.reason if result.reason in DEAD_LETTER_REASONS else "sink_rejected"
        failure = Failure(
            stage="notify",
            reason=reason,
            message=result.detail or result.reason,
            failed_at=datetime.now(UTC),
            group=self.group,
            exception=type(error).__name__ if error else "",
            cause=own_frame(error) if error else result.reason,
            attempts=hand.attempts,
            app_version=app_version(),
        )
        parker.park(record, failure)
        metrics.dead_letters.labels("notify", reason).inc()
        _LOG.error("%s/%d/%d: parked as %s: %s", *self.place, record.offset, reason, result.reason)
        if self._limit.failed(reason):
            self.stopped = f"too many records failed, the last at offset {record.offset} ({reason})"
            metrics.stopped.inc()
            _LOG.error("%s/%d: stopped at %s: %s", *self.place, rfc3339(failure.failed_at), self.stopped)


def own_frame(error: BaseException) -> str:
    """The deepest frame of this service in a traceback, as `file:function`: stable while lines move."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(_HOUSE)]
    ours = [frame for frame in frames if "site-packages" not in frame.filename]
    return f"{Path(ours[-1].filename).name}:{ours[-1].name}" if ours else ""


def _attempt(sink: Sink, record: Source) -> tuple[DeliveryResult, Exception | None]:
    try:
        return sink.deliver(record), None
    except ParkingError:
        raise
    except Exception as error:  # The outermost place: a bug costs one record, which is parked, not the rest.
        _LOG.exception("%s/%d/%d: the sink failed", record.topic, record.partition, record.offset)
        return refused("handler_error", f"{type(error).__name__} in {own_frame(error)}; mend it and replay"), error


def _label(result: DeliveryResult) -> str:
    return "duplicate" if result.reason == "duplicate" else "ok"
