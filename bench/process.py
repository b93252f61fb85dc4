"""A worker under measurement: its CPU seconds and its memory."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from cli.children import Child
from cli.embedded import free_port
from cli.service import get

ROOT = Path(__file__).parent.parent


class Measured:
    """A child process and what it has cost so far; its own children count."""

    def __init__(self, name: str, command: Sequence[str | Path], folder: Path, env: dict[str, str]) -> None:
        inherited = {**os.environ, "PYTHONPATH": str(ROOT), **env}
        self.child = Child(name, command, folder=folder, env=inherited)
        self._process = psutil.Process(self.child.pid)
        self.samples: list[tuple[float, float]] = []

    def cpu(self) -> float:
        """CPU seconds of all threads, user and system."""
        self.child.require_alive()
        family = [self._process, *self._process.children(recursive=True)]
        times = [one.cpu_times() for one in family]
        return sum(one.user + one.system for one in times)

    def rss(self) -> int:
        """Resident bytes."""
        return int(self._process.memory_info().rss)

    def sample(self) -> bool:
        """Note the time and the CPU so far; True while it works (more than a tenth of a core since the last time)."""
        at, cpu = time.monotonic(), self.cpu()
        before_at, before = self.samples[-1] if self.samples else (at, cpu)
        self.samples.append((at, cpu))
        return cpu - before > 0.1 * (at - before_at)

    def cpu_at(self, moment: float) -> float:
        """CPU seconds at the first sample after `moment`, else at the last."""
        return next((cpu for at, cpu in self.samples if at >= moment), self.samples[-1][1])


class Worker(Measured):
    """This service's worker."""

    def __init__(self, python: str, folder: Path, bootstrap: str, partitions: int, **options: str) -> None:
        module = options.pop("module", "streams.worker")
        self.port = free_port()
        env = {
            "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
            "WISMO_PARTITIONS": str(partitions),
            "WISMO_TICKER": "false",
            "WISMO_LOG_LEVEL": "WARNING",
            "WISMO_WORKER_METRICS_PORT": str(self.port),
            "WISMO_DATA_DIR": str(folder / f"worker-{self.port}"),
            **options,
        }
        super().__init__("worker", [python, "-m", module], folder, env)

    def wait_ready(self, patience: float = 600.0) -> None:
        """Wait until it has its partitions and its state."""
        deadline = time.monotonic() + patience
        while get(self.port, "/readyz")[0] != 200:
            self.child.require_alive()
            if time.monotonic() > deadline:
                raise TimeoutError(f"worker not ready: {get(self.port, '/readyz')}; {self.child.last_words()}")
            time.sleep(0.05)
