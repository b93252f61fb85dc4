"""An asyncio event loop of one simulated process: it never waits, its time is the world's."""

from __future__ import annotations

import asyncio
from asyncio import Handle, events
from collections.abc import Callable
from contextvars import Context, copy_context
from heapq import heappop
from typing import Any, Protocol


class Clock(Protocol):
    """Who knows what time it is."""

    now: float


class _NeverReady:
    def select(self, timeout: float | None) -> list[Any]:
        return []


class _Handle(Handle):
    """As asyncio's, without its question whether the loop is in debug mode."""

    __slots__ = ()

    def __init__(self, callback: Callable[..., Any], args: Any, loop: Any, context: Context | None) -> None:
        self._context = copy_context() if context is None else context
        self._loop = loop
        self._callback = callback
        self._args = args
        self._cancelled = False
        self._repr = self._source_traceback = None


class ProcessLoop(asyncio.BaseEventLoop):
    """One process: it moves only when it is stepped, so it can be paused or left for dead anywhere."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._selector = _NeverReady()

    def time(self) -> float:
        return self._clock.now

    def __del__(self) -> None:
        """Nothing is open; what a killed process left behind is collected in silence."""

    def _process_events(self, event_list: list[Any]) -> None:
        """There is no I/O."""

    def _write_to_self(self) -> None:
        """Nobody waits in a selector."""

    def is_due(self) -> bool:
        """Whether a step would do something now."""
        if self._ready:
            return True
        wakes = self.wakes_at()
        return wakes is not None and wakes <= self._clock.now

    def wakes_at(self) -> float | None:
        """When the next timer is due; most are taken back before."""
        scheduled = self._scheduled
        while scheduled and scheduled[0]._cancelled:
            heappop(scheduled)._scheduled = False
            self._timer_cancelled_count -= 1
        return scheduled[0]._when if scheduled else None

    def step(self) -> None:
        """One turn, as asyncio's `_run_once` does it: everything that is ready runs up to its next await."""
        events._set_running_loop(self)
        try:
            if self._scheduled:
                self._wake()
            ready = self._ready
            for _ in range(len(ready)):
                handle = ready.popleft()
                if handle._cancelled:
                    continue
                try:  # as `Handle._run`, where the exception handler says nothing
                    handle._context.run(handle._callback, *handle._args)
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException:
                    continue
        finally:
            events._set_running_loop(None)

    def _wake(self) -> None:
        scheduled, now = self._scheduled, self._clock.now
        while scheduled and (scheduled[0]._when <= now or scheduled[0]._cancelled):
            handle = heappop(scheduled)
            handle._scheduled = False
            if handle._cancelled:
                self._timer_cancelled_count -= 1
            else:
                self._ready.append(handle)

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> Handle:
        """As asyncio's, without its checks: it is called more often than anything else here."""
        handle = _Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle
