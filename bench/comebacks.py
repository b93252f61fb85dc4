"""Workers that come back, and workers that take over: how long it takes, in both stores."""

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.ground import PARTITIONS, Ground, ground, ready, recording
from bench.process import Worker
from bench.results import say
from bench.service import CHANGELOG, Probe, fill, rows_of, start
from schemas.words import SHIPMENTS
from sinks.settings import load_settings

COMMAND: Final = "python -m bench comebacks"
STORES: Final = ("memory", "rocksdb")
_SETTLE: Final = 15.0
"""Until two workers have shared the partitions, and copies are up to date."""
_SEEN: Final = 10_000


def measure(*, full: bool = False) -> None:
    """Say both for each store; in full with a million shipments, else with a tenth of it."""
    command, shipments = COMMAND + (" --full" if full else ""), 1_000_000 if full else 100_000
    with tempfile.TemporaryDirectory(prefix="wismo-bench-") as folder, ground(Path(folder)) as place:
        rows = written_rows(place)
        for store in STORES:
            comebacks(place, shipments, rows, store, command)
            failover(place, shipments, rows, store, command)


def written_rows(place: Ground) -> list[bytes]:
    """Rows of `shipments` as the service writes them."""
    place.reset()
    place.send(ready(recording(_SEEN // 12)[:_SEEN]))
    worker = start(place)
    try:
        worker.wait_ready()
        place.wait_quiet({SHIPMENTS: 1}, worker.sample)
        return rows_of(place, CHANGELOG)
    finally:
        worker.child.stop(20)


def comebacks(place: Ground, shipments: int, rows: Sequence[bytes], store: str, command: str) -> None:
    """A worker reads its state for the first time, is killed, and comes back to the folder that it left."""
    place.reset()
    size = fill(place, shipments, rows)
    folder = Path(tempfile.mkdtemp(prefix="worker-", dir=place.folder))
    seconds, rss = [], 0
    for _ in range(2):
        began = time.monotonic()
        worker = Worker(
            sys.executable, folder, place.bootstrap, PARTITIONS, WISMO_STORE=store, WISMO_DATA_DIR=str(folder)
        )
        try:
            worker.wait_ready()
            seconds.append(time.monotonic() - began)
            rss = worker.rss()
        finally:
            worker.child.kill()
    say(
        f"comebacks/{store}/{shipments}",
        command,
        store=store,
        shipments=shipments,
        changelog_mb=size / 1e6,
        seconds_first=seconds[0],
        records_per_second_first=2 * shipments / seconds[0],
        mb_per_second_first=size / 1e6 / seconds[0],
        seconds_again=seconds[1],
        rss_mb=rss / 1e6,
    )


def failover(place: Ground, shipments: int, rows: Sequence[bytes], store: str, command: str) -> None:
    """Two workers, one is killed: how long the scans sent from then on wait for their exception records."""
    place.reset()
    fill(place, shipments, rows)
    workers = [start(place, WISMO_STORE=store) for _ in range(2)]
    try:
        for worker in workers:
            worker.wait_ready()
        time.sleep(_SETTLE)
        with Probe(place) as probe:
            workers[0].child.kill()
            for _ in range(8 * PARTITIONS):
                probe.send()
            place.flush()
            waits = probe.latencies(patience=300)
    finally:
        for worker in workers:
            worker.child.stop(20)
    say(
        f"failover/{store}/{shipments}",
        command,
        store=store,
        shipments=shipments,
        session_timeout_seconds=load_settings().session_timeout_seconds,
        probes=len(waits),
        seconds_longest_wait=max(waits),
    )
