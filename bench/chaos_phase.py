"""What a worker is doing, told from its own log."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Final


class Phase(StrEnum):
    """Where a worker stands between its start and its work."""

    STARTING = "starting"
    REBALANCE = "rebalance"
    RECOVERY = "recovery"
    FLOWING = "flowing"


_SAYS: Final = (
    (re.compile(rb"Heartbeat failed for group|Revoking previously assigned|\(Re-\)joining group"), Phase.REBALANCE),
    (re.compile(rb"Setting newly assigned partitions"), Phase.RECOVERY),
    (re.compile(rb"Worker ready"), Phase.FLOWING),
)
_ASSIGNED: Final = b"Setting newly assigned partitions"


class PhaseReader:
    """Follows the log of one process from where it ends now; read it again after a kill for the phase at death."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._at = log.stat().st_size if log.exists() else 0
        self._phase = Phase.STARTING
        self.assignments = 0
        """How often partitions were given to it."""

    def now(self) -> Phase:
        """The phase by the last whole line."""
        if not self._log.exists():
            return self._phase
        with self._log.open("rb") as log:
            log.seek(self._at)
            fresh = log.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._at += len(whole)
        for line in whole.splitlines():
            self.assignments += _ASSIGNED in line
            self._phase = next((phase for says, phase in _SAYS if says.search(line)), self._phase)
        return self._phase
