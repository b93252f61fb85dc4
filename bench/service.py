"""The worker on a broker: latency, catch-up after an outage, recovery, memory, and shipments in flight."""

import json
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from confluent_kafka import Consumer, TopicPartition

from bench.ground import PARTITIONS, Ground, Ready, ground, ready, recording
from bench.process import Worker
from bench.results import load, say
from schemas.partitioning import murmur2_partition
from schemas.words import OWNERS, SHIPMENTS, exceptions_topic

COMMAND: Final = "python -m bench service"
FULL: Final = " --full"
CHANGELOG: Final = "wismo-shipments-changelog"
AGENDA: Final = "wismo-due-changelog"
BURST: Final = 20_000
WARM: Final = 3_000
PROBES_PER_SECOND: Final = 40
_NEVER: Final = 4 * 10**15
"""Microseconds of a due time that no mark here reaches."""


def measure(*, full: bool = False) -> None:
    """Say all of it; in full with a million of backlog and of shipments, else a tenth of it."""
    command = COMMAND + (FULL if full else "")
    with tempfile.TemporaryDirectory(prefix="wismo-bench-") as folder, ground(Path(folder)) as place:
        rows = catch_up(place, 1_000_000 if full else 100_000, command)
        latency(place, command)
        in_flight(place, (10_000, 100_000, 1_000_000) if full else (10_000, 100_000), rows, command)


def start(place: Ground, **options: str) -> Worker:
    """A worker of our own, not waited for."""
    folder = Path(tempfile.mkdtemp(prefix="worker-", dir=place.folder))
    return Worker(sys.executable, folder, place.bootstrap, PARTITIONS, **options)


def catch_up(place: Ground, backlog: int, command: str) -> list[bytes]:
    """Drain a backlog that waits when the worker starts; returns some of the rows it has written."""
    place.reset()
    place.send(ready(recording(backlog // 16 + 200)[:backlog]))
    worker = start(place)
    began = time.monotonic()
    try:
        worker.wait_ready()
        readied, spent = time.monotonic(), worker.cpu()
        ended = place.wait_quiet({SHIPMENTS: 1}, worker.sample)
        written = place.ends()
        say(
            "catch-up",
            command,
            backlog=backlog,
            seconds_from_start=ended - began,
            seconds_from_ready=ended - readied,
            records_per_wall_second=backlog / (ended - readied),
            us_cpu_per_record=(worker.cpu_at(ended) - spent) / backlog * 1e6,
            outputs=written.total() - backlog,
            rss_mb=worker.rss() / 1e6,
        )
        return rows_of(place, CHANGELOG)
    finally:
        worker.child.stop(20)


def rows_of(place: Ground, topic: str, at_most: int = 5000) -> list[bytes]:
    """The last values of a changelog's first keys, from one partition."""
    reader = Consumer({"bootstrap.servers": place.bootstrap, "group.id": "bench-reader", "log_level": 0})
    latest: dict[bytes, bytes] = {}
    reader.assign([TopicPartition(topic, 0, 0)])
    while messages := reader.consume(5000, 2.0):
        for message in messages:
            key, value = message.key(), message.value()
            if message.error() is None and key and value and (key in latest or len(latest) < at_most):
                latest[key] = value
    reader.close()
    return list(latest.values())


def in_flight(place: Ground, counts: Sequence[int], rows: Sequence[bytes], command: str) -> None:
    """Workers with so many live shipments: how fast they are read back, what they weigh, what an event then costs."""
    bare = _recovered(place, 0, rows)
    for shipments in counts:
        found = _recovered(place, shipments, rows)
        seconds, cpu = found["seconds"] - bare["seconds"], found["cpu"] - bare["cpu"]
        say(
            f"in-flight/{shipments}",
            command,
            shipments=shipments,
            changelog_records=2 * shipments,
            changelog_mb=found["bytes"] / 1e6,
            recovery_seconds=seconds,
            recovery_cpu_seconds=cpu,
            recovery_records_per_second=2 * shipments / seconds,
            recovery_mb_per_second=found["bytes"] / 1e6 / seconds,
            rss_mb=found["rss"] / 1e6,
            mb_per_100k_shipments=(found["rss"] - bare["rss"]) / shipments * 1e5 / 1e6,
            us_cpu_per_record=found["us"],
            us_cpu_per_record_with_none=bare["us"],
        )


def _recovered(place: Ground, shipments: int, rows: Sequence[bytes]) -> dict[str, float]:
    """One worker over a changelog of so many shipments, then a burst of the recording."""
    place.reset()
    size = fill(place, shipments, rows)
    began = time.monotonic()
    worker = start(place)
    try:
        worker.wait_ready()
        found = {"seconds": time.monotonic() - began, "cpu": worker.cpu(), "rss": worker.rss(), "bytes": size}
        return {**found, "us": _burst(place, worker)}
    finally:
        worker.child.stop(20)


def fill(place: Ground, shipments: int, rows: Sequence[bytes]) -> int:
    """Write the changelogs of shipments that wait for something far away; returns their bytes."""
    size = 0
    for number in range(shipments):
        subject = b"bench:1Z%014d" % number
        partition = murmur2_partition(subject, PARTITIONS)
        due = _NEVER.to_bytes(8, "big") + b"\x00" + subject + b"\x00" + partition.to_bytes(2, "big")
        row = rows[number % len(rows)]
        place.produce(CHANGELOG, row, key=subject, partition=partition)
        place.produce(AGENDA, b"1", key=due, partition=partition)
        size += len(subject) + len(row) + len(due) + 1
    place.flush()
    return size


def _burst(place: Ground, worker: Worker) -> float:
    """CPU microseconds a record of the recording, after a warm-up."""
    made = ready(recording((BURST + WARM) // 12)[: BURST + WARM])
    place.send(made[:WARM])
    place.wait_quiet({SHIPMENTS: 1}, worker.sample)
    spent = worker.cpu()
    place.send(made[WARM:])
    ended = place.wait_quiet({SHIPMENTS: 1}, worker.sample)
    return (worker.cpu_at(ended) - spent) / (len(made) - WARM) * 1e6


def latency(place: Ground, command: str, seconds: float = 20.0) -> None:
    """From the send of a scan to its exception record at a subscriber, at half of what the worker can drain."""
    rate = load()["catch-up"]["records_per_wall_second"] / 2
    place.reset()
    made = ready(recording(int(rate * seconds) // 12 + 200)[: int(rate * seconds) + WARM])
    worker = start(place)
    try:
        worker.wait_ready()
        place.send(made[:WARM])
        place.wait_quiet({SHIPMENTS: 1}, worker.sample)
        with Probe(place) as probe:
            _paced(place, made[WARM:], rate, probe)
            found = sorted(probe.latencies())
    finally:
        worker.child.stop(20)
    quantiles = {f"p{q}_ms": found[min(len(found) - 1, len(found) * q // 100)] * 1e3 for q in (50, 95, 99)}
    say("latency", command, records_per_second=rate, partitions=PARTITIONS, probes=len(found), **quantiles)


def _paced(place: Ground, made: Sequence[Ready], rate: float, probe: "Probe") -> None:
    began = time.monotonic()
    sent = 0
    while sent < len(made):
        passed = time.monotonic() - began
        for topic, partition, key, value, headers, stamp in made[sent : int(passed * rate)]:
            place.produce(topic, value, key=key, partition=partition, headers=headers, timestamp=stamp)
            sent += 1
        while len(probe.sent) < passed * PROBES_PER_SECOND:
            probe.send()
        place.client.poll(0)
        time.sleep(0.002)


class Probe:
    """Scans that damage parcels of their own, and a subscriber of every exception topic that waits for their cases."""

    def __init__(self, place: Ground) -> None:
        self.sent: dict[str, float] = {}
        self._seen: dict[str, float] = {}
        self._place = place
        self._stop = threading.Event()
        self._reader = Consumer({"bootstrap.servers": place.bootstrap, "group.id": "bench-probe", "log_level": 0})
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> "Probe":
        topics = [exceptions_topic(owner) for owner in OWNERS]
        ends = [
            TopicPartition(topic, number, self._reader.get_watermark_offsets(TopicPartition(topic, number))[1])
            for topic in topics
            for number in range(PARTITIONS)
        ]
        self._reader.assign(ends)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._reader.close()

    def send(self) -> None:
        """One parcel is damaged now."""
        number = f"BENCH{len(self.sent):07d}"
        scan = {
            "carrier": "ups",
            "tracking_number": number,
            "status": "damaged",
            "code": "DM",
            "occurred_at": datetime.now(UTC).isoformat(),
        }
        key = number.encode()
        kept: dict[str, Any] = {"key": key, "partition": murmur2_partition(key, PARTITIONS)}
        self.sent[f"ups:{number}"] = time.monotonic()
        self._place.produce("carrier-scans", json.dumps(scan).encode(), headers=[("source", b"wismo")], **kept)

    def latencies(self, patience: float = 30) -> list[float]:
        """Seconds of every probe; raises where a case has not come in time."""
        deadline = time.monotonic() + patience
        while len(self._seen) < len(self.sent):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self.sent) - len(self._seen)} of {len(self.sent)} cases have not come")
            time.sleep(0.1)
        return [self._seen[subject] - at for subject, at in self.sent.items()]

    def _read(self) -> None:
        while not self._stop.is_set():
            message = self._reader.poll(0.2)
            if message is None or message.error() is not None:
                continue
            key = (message.key() or b"").decode()
            if key in self.sent:
                self._seen.setdefault(key, time.monotonic())
