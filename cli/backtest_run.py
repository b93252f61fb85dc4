"""Runs a backtest: this process reads, routes and links; the others decide, each its share of the subjects.

Records stay in their order on the way to each process, and subjects that hear of each other are decided in one. So the
answer is the same bytes for any number of processes.
"""

import gc
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from rules.backtest.items import Item, Log
from rules.backtest.kinship import Kinship
from rules.backtest.shard import Shard
from rules.backtest.tally import Tally
from rules.pipeline.track import Place
from rules.policy import PolicyBook
from schemas.recording import RawRecord

_BATCH = 2000
"""Items sent to a process at once."""
_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(list[Item])


class WorkerDiedError(RuntimeError):
    """A process ended before it had answered."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is compared, and how much of it is kept."""

    old: PolicyBook
    new: PolicyBook
    until: datetime | None = None
    noise: timedelta | None = None
    examples: int = 3


Progress = Callable[[int], Any]


def run(task: Task, records: Sequence[RawRecord], jobs: int, progress: Progress) -> tuple[Tally, int]:
    """What was counted, and how many dead letters there were; `progress` hears how many records are done.

    Raises `UnknownTopicError` on a record of no raw topic, `WorkerDiedError` where a process was killed.
    """
    log = Log(task.old, task.new)
    with _without_collector():
        tally = _alone(task, log, records, progress) if jobs == 1 else _together(task, log, records, jobs, progress)
    tally.keep(task.examples)
    return tally, log.parked


@contextmanager
def _without_collector() -> Iterator[None]:
    """All that is remembered stays to the end, and decisions leave no cycles: looking for some takes time alone."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _alone(task: Task, log: Log, records: Sequence[RawRecord], progress: Progress) -> Tally:
    shard = Shard(task.old, task.new, Place())
    for number, (sides, items) in enumerate(log.items(records, task.until)):
        shard.take(sides, items)
        progress(number)
    return shard.tally(task.noise, task.examples)


def _together(task: Task, log: Log, records: Sequence[RawRecord], jobs: int, progress: Progress) -> Tally:
    workers = [_Worker(task, Place(number, jobs)) for number in range(jobs)]
    try:
        kinship = Kinship(jobs)
        kinship.learn(records)
        for number, (sides, items) in enumerate(log.items(records, task.until)):
            for item in items:
                shard = kinship.shard(item)
                for worker in workers if shard is None else (workers[shard],):
                    worker.give(sides, item)
            progress(number)
        for worker in workers:
            worker.flush()
        tally = Tally()
        for worker in workers:
            tally.add(worker.answer())
        return tally
    finally:
        for worker in workers:
            worker.stop()


class _Worker:
    """A process that decides a share of the subjects."""

    def __init__(self, task: Task, place: Place) -> None:
        ours, theirs = multiprocessing.Pipe()
        self._pipe = ours
        self._sides = 0
        self._items: list[Item] = []
        self._process = multiprocessing.Process(target=_work, args=(task, place, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def give(self, sides: int, item: Item) -> None:
        """One more item to decide."""
        if sides != self._sides or len(self._items) >= _BATCH:
            self._send()
            self._sides = sides
        self._items.append(item)

    def flush(self) -> None:
        """Nothing more comes."""
        self._send()
        with suppress(OSError):
            self._pipe.send_bytes(b"")

    def answer(self) -> Tally:
        """What it counted."""
        try:
            tally: Tally = self._pipe.recv()
        except (EOFError, OSError) as error:
            self._process.join(5)
            message = f"a process ended with code {self._process.exitcode}; try fewer --jobs or a shorter recording"
            raise WorkerDiedError(message) from error
        return tally

    def stop(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.terminate()
        self._process.join()

    def _send(self) -> None:
        if self._items:
            # One that was killed is told of when its answer is asked for.
            with suppress(OSError):
                self._pipe.send_bytes(bytes([self._sides]) + _encode(self._items))
            self._items = []


def _work(task: Task, place: Place, pipe: Connection) -> None:
    shard = Shard(task.old, task.new, place)
    with _without_collector(), suppress(EOFError, KeyboardInterrupt):
        while batch := pipe.recv_bytes():
            shard.take(batch[0], _decoder.decode(memoryview(batch)[1:]))
        pipe.send(shard.tally(task.noise, task.examples))
