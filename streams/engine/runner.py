"""Takes an agent's batches through handler, outputs, changelogs and store to the ack."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Protocol

from streams.engine.batch import Batch
from streams.engine.ledger import Delivery
from streams.engine.overlay import Overlay
from streams.engine.records import InRecord, OutRecord
from streams.engine.slices import Decider
from streams.engine.tables import BatchTable
from streams.engine.tp import TP

# Batches of one partition that may wait behind the one in work before it is no longer fetched.
_WAITING = 2
# Small batches that have come meanwhile go together, up to so many records: each would wait for the broker by itself.
_TOGETHER = 1000


class Engine(Protocol):
    """What a runner needs from the app."""

    def is_current(self, delivery: Delivery) -> bool:
        """Tell whether a batch may still have effects."""
        ...

    async def may_write(self, delivery: Delivery) -> bool:
        """Wait until writing is safe; False when the batch no longer counts."""
        ...

    async def write(self, records: Sequence[OutRecord], delivery: Delivery) -> Mapping[TP, int] | None:
        """Send records and return the last acked offset of each partition; None when the batch no longer counts."""
        ...

    def ack(self, delivery: Delivery) -> bool:
        """Allow the batch's offsets to be committed."""
        ...

    def book(self, tp: TP, *, records: int, seconds: float) -> None:
        """Count a finished batch."""
        ...

    def hold(self, tp: TP) -> None:
        """Fetch no more of a partition."""
        ...

    def release(self, tp: TP) -> None:
        """Fetch a partition again."""
        ...

    def fail(self, reason: str, error: BaseException) -> None:
        """End the process without acking."""
        ...


class Runner:
    """One agent's lanes: a partition's batches one after the other, partitions side by side.

    A lane is a partition number, not a topic's partition: the topics of an agent share its
    tables, and two batches must not write the same rows at once. Nor would more lanes help
    where there are no tables: the client takes one batch of a partition at a time, and the
    lanes would wait for each other there.
    """

    def __init__(self, engine: Engine, name: str, decider: Decider, tables: Sequence[BatchTable]) -> None:
        self.name = name
        self._engine = engine
        self._decider = decider
        self._tables = tables
        self._waiting: dict[int, deque[Batch]] = {}
        self._queued: Counter[TP] = Counter()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._failed = False

    @property
    def is_idle(self) -> bool:
        """Tell whether no batch is in work."""
        return not self._tasks

    def submit(self, batch: Batch) -> None:
        """Queue a batch behind the others of its partition."""
        if self._failed:
            return  # the process is about to end; what comes now is read again
        lane = batch.tp.partition
        self._waiting.setdefault(lane, deque()).append(batch)
        self._queued[batch.tp] += 1
        if self._queued[batch.tp] > _WAITING:
            self._engine.hold(batch.tp)
        if lane not in self._tasks:
            self._tasks[lane] = asyncio.get_running_loop().create_task(self._run_lane(lane))

    async def _run_lane(self, lane: int) -> None:
        waiting = self._waiting[lane]
        try:
            while waiting and not self._failed:
                batches = _next(waiting)
                tp = batches[0].tp
                await self._run(tp, batches)
                self._queued[tp] -= len(batches)
                if self._queued[tp] < _WAITING:
                    self._engine.release(tp)
        except Exception as error:
            # A failed send may have been written in part; only a restart from the last
            # commit brings outputs, changelog and store together again.
            self._failed = True
            self._engine.fail(f"agent {self.name}, partition {lane}", error)
        finally:
            del self._tasks[lane]

    async def _run(self, tp: TP, batches: Sequence[Batch]) -> None:
        started = perf_counter()
        records = [record for batch in batches for record in batch.inputs()]
        deliveries = [_delivery(batch) for batch in batches]
        if await self._process(tp.partition, records, deliveries):
            self._engine.book(tp, records=len(records), seconds=perf_counter() - started)

    async def _process(self, partition: int, records: Sequence[InRecord], deliveries: Sequence[Delivery]) -> bool:
        """Do the work in the order that loses nothing; False when the batches were dropped."""
        delivery = deliveries[-1]  # all of one epoch: what holds for one holds for all
        overlays = {table.name: table.overlay(partition, self._decider.limit) for table in self._tables}
        outputs = await self._decide(records, delivery, overlays)
        # No outputs are sent as {}: a batch without any is acked like every other.
        if outputs is None or await self._send(outputs, delivery) is None:
            return False
        offsets = await self._send_changelogs(partition, overlays, delivery)
        # The partition may have gone while the last ack was awaited: its rows with it.
        if offsets is None or not self._engine.is_current(delivery):
            return False
        for table in self._tables:
            if table.name in offsets:
                table.apply(partition, overlays[table.name].changes, offsets[table.name])
        return all([self._engine.ack(one) for one in deliveries])

    async def _decide(
        self, records: Sequence[InRecord], delivery: Delivery, overlays: Mapping[str, Overlay]
    ) -> list[OutRecord] | None:
        outputs: list[OutRecord] = []
        done = 0
        while done < len(records):
            if not self._engine.is_current(delivery):
                return None
            part = records[done : done + self._decider.slice_records]
            outputs += self._decider.timed(part, overlays)
            done += len(part)
            await asyncio.sleep(0)
        return outputs

    async def _send(self, records: Sequence[OutRecord], delivery: Delivery) -> Mapping[TP, int] | None:
        # A worker that was paused for longer than its session must not write for the new owner.
        if not await self._engine.may_write(delivery):
            return None
        return await self._engine.write(records, delivery) if records else {}

    async def _send_changelogs(
        self, partition: int, overlays: Mapping[str, Overlay], delivery: Delivery
    ) -> dict[str, int] | None:
        offsets = {}
        for table in self._tables:
            changes = overlays[table.name].changes
            if changes:
                acked = await self._send(table.changelog_records(partition, changes), delivery)
                if acked is None:
                    return None
                (offsets[table.name],) = acked.values()
        return offsets


def _next(waiting: deque[Batch]) -> list[Batch]:
    """Take the next batch, with what is right behind it and may share its fate: same partition and epoch."""
    batches = [waiting.popleft()]
    count, epoch = len(batches[0].records), _delivery(batches[0]).epoch
    while waiting and waiting[0].tp == batches[0].tp and _delivery(waiting[0]).epoch == epoch:
        count += len(waiting[0].records)
        if count > _TOGETHER:
            break
        batches.append(waiting.popleft())
    return batches


def _delivery(batch: Batch) -> Delivery:
    assert batch.delivery is not None, "changelog batches never reach an agent"
    return batch.delivery
