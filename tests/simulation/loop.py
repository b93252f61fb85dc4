"""An asyncio event loop of one simulated process: it never waits, its time is the world's."""

from __future__ import annotations

import asyncio
from asyncio import Handle, events
from collections.abc import Callable
from contextvars import Context
from heapq import heappop
from typing import Any


class _NeverReady:
    def select(self, timeout: float | None) -> list[Any]:
        return []


class ProcessLoop(asyncio.BaseEventLoop):
    """One process: it moves only when it is stepped, so it can be paused or left for dead anywhere."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._selector = _NeverReady()
        self.set_exception_handler(lambda loop, context: None)

    def time(self) -> float:
        return self._clock()

    def __del__(self) -> None:
        """Nothing is open; what a killed process left behind is collected in silence."""

    def _process_events(self, event_list: list[Any]) -> None:
        """There is no I/O."""

    def _write_to_self(self) -> None:
        """Nobody waits in a selector."""

    def is_due(self) -> bool:
        """Whether a step would do something now."""
        return bool(self._ready) or (bool(self._scheduled) and self._scheduled[0]._when <= self._clock())

    def wakes_at(self) -> float | None:
        """When the next timer is due."""
        return self._scheduled[0]._when if self._scheduled else None

    def step(self) -> None:
        """One turn, as asyncio's `_run_once` does it: everything that is ready runs up to its next await."""
        events._set_running_loop(self)
        try:
            self._wake()
            ready = self._ready
            for _ in range(len(ready)):
                handle = ready.popleft()
                if not handle._cancelled:
                    handle._run()
        finally:
            events._set_running_loop(None)

    def _wake(self) -> None:
        scheduled, now = self._scheduled, self._clock()
        while scheduled and (scheduled[0]._when <= now or scheduled[0]._cancelled):
            handle = heappop(scheduled)
            handle._scheduled = False
            if handle._cancelled:
                self._timer_cancelled_count -= 1
            else:
                self._ready.append(handle)

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> Handle:
        """As asyncio's, without its checks: it is called more often than anything else here."""
        handle = Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle
