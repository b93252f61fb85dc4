"""Ends a worker that no longer works, so that its supervisor starts another.

Faust's own detector of stalls compares two different clocks and never fires. This one runs on a thread of its own and
asks the broker, so that it also sees a worker whose event loop hangs or whose books are wrong.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from msgspec import Struct

from streams.engine.errors import Stalled
from streams.engine.tp import TP

log = logging.getLogger(__name__)

Reached = Callable[[Collection[TP]], Mapping[TP, tuple[int, int]]]
"""Asks the broker for (committed, end) of partitions; raises where it does not answer."""

CANARIES: Final = ("Error in recovery", "recovery unknown topic", "_on_published error", "Drain messages raised")
"""What Faust logs where it goes on after something that it must not go on after."""


class Limits(Struct, frozen=True, kw_only=True):
    """Seconds after which a worker is given up; 0 means never."""

    still: float = 120.0
    """A committed offset stands still while records wait behind it."""
    recovery: float = 1800.0
    """State is being read back."""
    loop: float = 60.0
    """The event loop does not answer."""
    every: float = 10.0
    """Between two looks."""


class Standstill:
    """How long each partition's committed offset has stood still while records wait behind it."""

    def __init__(self) -> None:
        self._since: dict[TP, tuple[int, float]] = {}

    def look(self, reached: Mapping[TP, tuple[int, int]], now: float) -> dict[TP, float]:
        """Seconds for each partition with records that wait; `now` is of any steady clock."""
        since: dict[TP, tuple[int, float]] = {}
        for tp, (committed, end) in reached.items():
            if committed < end:
                old = self._since.get(tp)
                since[tp] = old if old is not None and old[0] == committed else (committed, now)
        self._since = since
        return {tp: now - began for tp, (_, began) in since.items()}

    def clear(self) -> None:
        """Begin anew: after a rebalance or a recovery nothing has stood still yet."""
        self._since.clear()


class Canary(logging.Handler):
    """Listens for what Faust logs where it swallows an error."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: str | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the first line that matters."""
        message = record.getMessage()
        if self.heard is None and message.startswith(CANARIES):
            self.heard = message


class Watchdog:
    """Looks at an app every few seconds and ends its process where it no longer works.

    Args:
        app: the `EngineApp`.
        reached: asks the broker; it is called on the watchdog's thread.
        limits: when to give up.
    """

    def __init__(self, app: Any, reached: Reached, limits: Limits) -> None:
        self._app = app
        self._reached = reached
        self._limits = limits
        self._still = Standstill()
        self._canary = Canary()
        self._beat = self._recovering = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
        self.longest = 0.0
        """Seconds that the partition which stands still longest has stood still."""

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to look at the app that runs on this loop."""
        self._loop = loop
        logging.getLogger("faust").addHandler(self._canary)
        self._beat = self._recovering = time.monotonic()
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        logging.getLogger("faust").removeHandler(self._canary)

    def _run(self) -> None:
        while not self._stop.wait(self._limits.every):
            self._loop.call_soon_threadsafe(self._note_beat)
            why = self.why(time.monotonic())
            if why is not None and not self._stop.is_set():
                self._app.fail("the watchdog gives this worker up", Stalled(why))
                return

    def _note_beat(self) -> None:
        self._beat = time.monotonic()

    def why(self, now: float) -> str | None:
        """Why to give the worker up at `now` (monotonic seconds), or None."""
        if self._canary.heard is not None:
            return f"Faust went on after an error: {self._canary.heard}"
        if _over(now - self._beat, self._limits.loop):
            return f"the event loop has not answered for {now - self._beat:.0f} s"
        if not self._app.is_flowing:
            self._still.clear()
            self.longest = 0.0
            waited = now - self._recovering
            return f"recovery has taken {waited:.0f} s" if _over(waited, self._limits.recovery) else None
        self._recovering = now
        return self._stalled(now)

    def _stalled(self, now: float) -> str | None:
        try:
            stalls = self._still.look(self._reached(self._app.sources()), now)
        except Exception as error:  # noqa: BLE001 - a broker that is away is no fault of this worker
            log.info("the watchdog cannot ask the broker: %s", error)
            return None
        self.longest = max(stalls.values(), default=0.0)
        where = [f"{tp.topic}/{tp.partition}" for tp, seconds in stalls.items() if _over(seconds, self._limits.still)]
        if not where:
            return None
        return f"nothing was committed for {self.longest:.0f} s while records wait: {', '.join(sorted(where)[:5])}"


def _over(seconds: float, limit: float) -> bool:
    return bool(limit) and seconds > limit
