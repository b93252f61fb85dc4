"""What every sink process does around its work: log, stop on a signal, run threads that must not die unseen."""

import json
import logging
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from sinks.settings import Settings

_PLAIN: Final = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line)


def start_logging(settings: Settings) -> None:
    """Messages to stderr as the settings say; deliveries of the log channel, bare, to stdout."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if settings.log_json else logging.Formatter(_PLAIN))
    logging.basicConfig(level=settings.log_level.value, handlers=[handler], force=True)
    deliveries = logging.getLogger("wismo.deliveries")
    deliveries.setLevel(logging.INFO)
    deliveries.propagate = False
    lines = logging.StreamHandler(sys.stdout)
    lines.setFormatter(logging.Formatter("%(message)s"))
    deliveries.handlers = [lines]


def stop_on_signal() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def run_all(jobs: Sequence[tuple[str, Callable[[], None]]], stop: threading.Event) -> None:
    """Run jobs on threads of their own until `stop`; the first that fails stops the others and is raised."""
    failures: list[BaseException] = []

    def guarded(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:  # Raised again below, in the main thread.
            failures.append(error)
        finally:
            stop.set()

    threads = [threading.Thread(target=guarded, args=(job,), name=name) for name, job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            # A join without a timeout would keep the main thread from seeing a signal.
            thread.join(0.5)
    if failures:
        raise failures[0]
