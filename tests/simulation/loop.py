"""An asyncio event loop of one simulated process: it never waits, its time is the world's."""

from __future__ import annotations

import asyncio
from asyncio import events
from collections.abc import Callable
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
        """One turn: everything that is ready runs up to its next await."""
        events._set_running_loop(self)
        try:
            self._run_once()
        finally:
            events._set_running_loop(None)
