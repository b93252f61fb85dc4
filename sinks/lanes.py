"""One partition's way through a sink: in order, with retries, and what is refused for good is parked."""

import logging
import threading
import time
import traceback
from collections import deque
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


class Sink(Protocol):
    """Something that acts on records, and can bear to see one again."""

    def deliver(self, record: Source) -> DeliveryResult:
        """Act on one record and say how it ended; a record seen before is skipped."""


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

    def ready(self, now: float) -> bool:
        """Whether there is something to do and it is time."""
        return bool(self.waiting) and not self.busy.is_set() and not self.stopped and self.due <= now

    def work(self, sink: Sink, parker: Parker, metrics: SinkMetrics, until: threading.Event) -> None:
        """Work until the queue is empty, a record has to wait, or the partition must stop."""
        while self.waiting and not self.stopped and not until.is_set():
            record = self.waiting[0]
            self._attempts += 1
            result, error = _attempt(sink, record)
            if result.retryable:
                self.due = time.monotonic() + self._wait(result)
                return
            if result.outcome is Outcome.FAILED:
                self._park(record, result, error, parker, metrics)
            else:
                self._limit.passed()
            self._finish(record, result, metrics)

    def _wait(self, result: DeliveryResult) -> float:
        _LOG.warning("%s/%d: %s, trying again: %s", *self.place, result.reason, result.detail)
        usual = min(_LONGEST_WAIT, 0.25 * 2.0 ** min(self._attempts, 10))
        return usual if result.retry_after is None else result.retry_after

    def _finish(self, record: Source, result: DeliveryResult, metrics: SinkMetrics) -> None:
        self.waiting.popleft()
        self.done = record.offset + 1
        self._attempts = 0
        now = time.time()
        outcome = "dead_lettered" if result.outcome is Outcome.FAILED else _label(result)
        metrics.processed.labels("notify", outcome).inc()
        metrics.last_processed.labels(record.topic).set(now)
        metrics.end_to_end.observe(max(0.0, now - record.timestamp / 1000))

    def _park(
        self, record: Source, result: DeliveryResult, error: Exception | None, parker: Parker, metrics: SinkMetrics
    ) -> None:
        reason = result.reason if result.reason in DEAD_LETTER_REASONS else "sink_rejected"
        failure = Failure(
            stage="notify",
            reason=reason,
            message=result.detail or result.reason,
            failed_at=datetime.now(UTC),
            group=self.group,
            exception=type(error).__name__ if error else "",
            cause=own_frame(error) if error else result.reason,
            attempts=self._attempts,
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
