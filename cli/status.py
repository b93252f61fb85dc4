"""What `wismo up` shows while it feeds: the recording's clock, how far it is, and what has come of it."""

import re
import time
from collections import Counter
from types import TracebackType
from typing import Final, Self

from rich.progress import BarColumn, Progress, TextColumn

from cli.feed import Fed
from cli.output import messages
from cli.service import Service
from schemas.codec import rfc3339

_OPENED: Final = re.compile(r'^wismo_exceptions_opened_total\{.*owner="(\w+)".*\} ([0-9.e+]+)$', re.MULTILINE)
_DEAD: Final = re.compile(r"^wismo_dead_letters_total\{.*\} ([0-9.e+]+)$", re.MULTILINE)
_EVERY: Final = 1.0
_EVERY_PLAIN: Final = 15.0


class Status:
    """A progress bar on a terminal, a line now and then elsewhere; raises where a process of the service has ended."""

    def __init__(self, service: Service, total: int) -> None:
        self._service = service
        self._total = total
        self._every = _EVERY if messages.is_terminal else _EVERY_PLAIN
        self._said = 0.0
        columns = (TextColumn("{task.fields[clock]}"), BarColumn(20), TextColumn("{task.description}"))
        self._bar = Progress(*columns, console=messages, transient=False, disable=not messages.is_terminal)
        self._task = self._bar.add_task("", total=total, clock="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def __call__(self, fed: Fed) -> None:
        """Show how far the feed is, at most once a second."""
        if time.monotonic() - self._said < self._every and fed.records < self._total:
            return
        self._said = time.monotonic()
        self._service.require_alive()
        text = f"{fed.records} of {self._total} records; {outcome(self._service.worker.metrics())}"
        clock = rfc3339(fed.time) if fed.time else ""
        self._bar.update(self._task, completed=fed.records, description=text, clock=clock)
        if not messages.is_terminal:
            messages.print(f"{clock}  {text}")


def outcome(metrics: str) -> str:
    """What a worker's metrics say has come of it so far."""
    opened: Counter[str] = Counter()
    for owner, count in _OPENED.findall(metrics):
        opened[owner] += int(float(count))
    dead = sum(int(float(count)) for count in _DEAD.findall(metrics))
    cases = ", ".join(f"{owner} {count}" for owner, count in sorted(opened.items())) or "none yet"
    return f"cases opened: {cases}; dead letters: {dead}"
