"""How sure this worker may be that its partitions are still its own."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any

# Part of the session timeout after which a silent group session counts as doubtful.
_SHARE = 0.8


class Lease:
    """Time of the last heartbeat the group answered; written by one thread, read by another.

    A process that was paused for longer than the session goes on where it stood, and does not
    know yet that others own its partitions: by the clock alone it can tell.
    """

    def __init__(self, session_seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._valid_for = session_seconds * _SHARE
        self._clock = clock
        self._renewed = clock()

    def renew(self, asked_at: float | None = None) -> None:
        """Start anew from when the heartbeat was sent, in seconds of the clock; default now."""
        self._renewed = self._clock() if asked_at is None else asked_at

    @property
    def is_fresh(self) -> bool:
        """Tell whether the session cannot have timed out yet."""
        return self._clock() - self._renewed < self._valid_for

    def watch(self, coordinator: Any) -> None:
        """Renew with every heartbeat of an aiokafka group coordinator that succeeds."""
        beat = coordinator._do_heartbeat

        async def timed() -> bool:
            asked_at = self._clock()
            answered: bool = await beat()
            if answered:
                self.renew(asked_at)
            return answered

        coordinator._do_heartbeat = timed
