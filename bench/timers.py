"""Timers at scale: what a mark costs with a million deadlines on the agenda, and what they weigh, in both stores."""

import gc
import statistics
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psutil

from bench.results import say
from rules.pipeline.clock import PartitionClock
from streams.engine.app import EngineApp
from streams.engine.tables import BatchTable

COMMAND: Final = "python -m bench timers"
STORES: Final = ("memory", "rocksdb")
DUE: Final = (0, 1, 10, 100, 1000)
"""How many deadlines a mark finds due."""
RUNS: Final = 7
_LIMIT: Final = 8 << 20
_CHUNK: Final = 50_000
_MINUTE: Final = timedelta(minutes=1)
_T0: Final = datetime(2026, 3, 2, tzinfo=UTC)
_FAR: Final = timedelta(days=30)


def measure(*, full: bool = False) -> None:
    """Say it for each store, at several sizes: the largest is a million deadlines in one partition."""
    command = COMMAND + (" --full" if full else "")
    for store in STORES:
        for live in (10_000, 100_000, 1_000_000) if full else (10_000, 100_000):
            with tempfile.TemporaryDirectory(prefix="wismo-bench-") as folder:
                say(f"timers/{store}/{live}", command, store=store, live=live, **_measured(store, live, Path(folder)))


def _measured(store: str, live: int, folder: Path) -> Mapping[str, Any]:
    app = EngineApp("bench-timers", store=f"{store}://", datadir=str(folder), broker="kafka://unused")
    table = app.batch_table("due", ordered=True)
    gc.collect()
    before, began = _rss(), time.process_time()
    _fill(table, live)
    filled = time.process_time() - began
    gc.collect()
    weight = _rss() - before
    costs = _marks(table)
    return {
        "us_cpu_to_arm_one": filled / live * 1e6,
        "mb": weight,
        "us_cpu_a_mark_by_due": {str(due): statistics.median(of) * 1e6 for due, of in costs.items()},
    }


def _fill(table: BatchTable, live: int) -> None:
    """Deadlines far away, spread over a month of minutes, written as a batch of the service is."""
    spread = int(timedelta(days=30) / _MINUTE)
    for start in range(0, live, _CHUNK):
        overlay = table.overlay(0, _LIMIT)
        clock = PartitionClock(overlay, 0, frozenset({"feed"}), strict=False)
        for number in range(start, min(start + _CHUNK, live)):
            clock.arm(f"ups:1Z{number:016d}", _T0 + _FAR + number % spread * _MINUTE)
        table.apply(0, overlay.changes, 0)


def _marks(table: BatchTable) -> dict[int, list[float]]:
    """CPU seconds of batches of one mark each, by how many deadlines it finds due; each arms its subject again."""
    costs: dict[int, list[float]] = {due: [] for due in DUE}
    minute = _T0
    for _ in range(RUNS):
        for due in DUE:
            minute += 2 * _MINUTE
            overlay = table.overlay(0, _LIMIT)
            soon = PartitionClock(overlay, 0, frozenset({"feed"}), strict=False)
            for number in range(due):
                soon.arm(f"ups:1Y{number:016d}", minute)
            table.apply(0, overlay.changes, 0)
            costs[due].append(_mark(table, minute, due))
    return costs


def _mark(table: BatchTable, minute: datetime, due: int) -> float:
    began = time.process_time()
    overlay = table.overlay(0, _LIMIT)
    clock = PartitionClock(overlay, 0, frozenset({"feed"}), strict=False)
    found = list(clock.mark("feed", minute))
    clock.save()
    table.apply(0, overlay.changes, 0)
    spent = time.process_time() - began
    if len(found) != due:
        raise RuntimeError(f"{len(found)} deadlines were due, {due} should have been")
    return spent


def _rss() -> float:
    return float(psutil.Process().memory_info().rss) / 1e6
