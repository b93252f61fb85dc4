"""The planted bugs themselves: methods as they must not be."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from itertools import count
from typing import Any

from rules.pipeline import hops
from schemas.words import DEAD_LETTERS
from streams.engine.app import EngineApp
from streams.engine.outbox import send_all
from streams.engine.overlay import Overlay, Rows
from streams.engine.records import InRecord, OutRecord
from streams.engine.runner import Runner
from streams.engine.slices import Decider
from streams.hops import Handlers

# The real ones, kept before anything is replaced.
_decide = Decider.decide
_send_changelogs = Runner._send_changelogs
_batch_agent = EngineApp.batch_agent
_routed_outs = hops.routed_outs


async def flow_then_clear(self: Any, generation_id: int) -> None:
    app, consumer = self.app, self.app.consumer
    if self._is_overtaken(generation_id):
        return
    await self._wait(consumer.perform_seek(), timeout=app.conf.broker_request_timeout)
    if self._is_overtaken(generation_id):
        return
    consumer.resume_flow()
    app.flow_control._suspend.clear()
    app.flow_control._resume.set()
    consumer.resume_partitions({tp for tp in consumer.assignment() if not self._is_changelog_tp(tp)})
    await app._fetcher.maybe_start()
    await asyncio.sleep(0.3)
    app.flow_control.resume()  # clears what has been fetched since
    for runner in app._runners:
        for waiting in runner._waiting.values():
            waiting.clear()  # with stock Faust it would all still be in those queues
    self.completed.set()
    self.tables.on_actives_ready()
    app.on_rebalance_end()


def swallow_errors(self: Decider, records: Sequence[InRecord], overlays: Mapping[str, Overlay]) -> list[OutRecord]:
    try:
        return self._attempt(lambda: self.handler(records, overlays), overlays.values())
    except Exception:
        return []


async def ack_first(self: Runner, partition: int, records: Any, deliveries: Any) -> bool:
    overlays = {table.name: table.overlay(partition, self._decider.limit) for table in self._tables}
    outputs = await self._decide(records, deliveries[-1], overlays)
    if outputs is None or not all([self._engine.ack(one) for one in deliveries]):
        return False
    if await self._send(outputs, deliveries[-1]) is None:
        return False
    return await _finish(self, partition, overlays, deliveries[-1])


async def rows_first(self: Runner, partition: int, records: Any, deliveries: Any) -> bool:
    overlays = {table.name: table.overlay(partition, self._decider.limit) for table in self._tables}
    outputs = await self._decide(records, deliveries[-1], overlays)
    if outputs is None or not await _finish(self, partition, overlays, deliveries[-1]):
        return False
    if await self._send(outputs, deliveries[-1]) is None:
        return False
    return all([self._engine.ack(one) for one in deliveries])


async def _finish(self: Runner, partition: int, overlays: Mapping[str, Overlay], delivery: Any) -> bool:
    offsets = await self._send_changelogs(partition, overlays, delivery)
    if offsets is None or not self._engine.is_current(delivery):
        return False
    for table in self._tables:
        if table.name in offsets:
            table.apply(partition, overlays[table.name].changes, offsets[table.name])
    return True


def run_at_once(self: Runner, batch: Any) -> None:
    async def run() -> None:
        try:
            await self._run(batch.tp, [batch])
        except Exception as error:
            self._engine.fail("batch", error)

    task = asyncio.get_running_loop().create_task(run())
    self._tasks[id(task)] = task
    task.add_done_callback(lambda done: self._tasks.pop(id(done), None))


def ack_up_to(self: Any, delivery: Any) -> bool:
    if not self.is_current(delivery):
        return False
    account = self.accounts[delivery.tp]
    account.queue = deque(one for one in account.queue if one.first > delivery.last)
    account.acked = max(account.acked or 0, delivery.last + 1)
    return True


def no_letter(parked: Any) -> None:
    return None


def only_whole(*args: Any) -> Iterator[Any]:
    yield from (out for out in _routed_outs(*args) if out is not None and out.topic != DEAD_LETTERS)


class NumberedHandlers(Handlers):
    """Ids that say which worker made them; the first one's are the true ones."""

    _made = count()

    @cached_property
    def _number(self) -> int:
        return next(self._made)

    def track(self, batch: Sequence[InRecord], tables: Mapping[str, Rows]) -> list[OutRecord]:
        """As it should be, but for the ids."""
        outs = super().track(batch, tables)
        number = self._number
        if number:
            for out in outs:
                out.value = out.value and re.sub(rb'"event_id":"(..)', b'"event_id":"%02d' % (number % 100), out.value)
        return outs


async def store_first(
    self: Runner, partition: int, overlays: Mapping[str, Overlay], delivery: Any
) -> dict[str, int] | None:
    for table in self._tables:
        offset = table.rows.offset(partition)
        table.apply(partition, overlays[table.name].changes, -1 if offset is None else offset)
    return await _send_changelogs(self, partition, overlays, delivery)


async def write_anyway(self: Any, delivery: Any) -> bool:
    current: bool = self.is_current(delivery)
    return current


@asynccontextmanager
async def move_without_waiting(self: Any, tps: Iterable[Any]) -> AsyncIterator[None]:
    with self.ledger.seeking(tps):
        yield


def tables_turned_round(self: Any, topics: Any, handler: Any, *, tables: Any = (), **kwargs: Any) -> None:
    _batch_agent(self, topics, handler, tables=list(reversed(tables)), **kwargs)


async def pass_at_once(self: Any, tp: Any) -> None:
    end = self.active_highwaters[tp]
    is_past, _ = await self.app.consumer.is_past(tp, end)
    if is_past:
        self.active_offsets[tp] = end


def removals_first(self: Any, partition: int, changes: Mapping[bytes, bytes | None]) -> list[OutRecord]:
    ordered = sorted(changes.items(), key=lambda change: change[1] is not None)
    return [OutRecord(self.changelog_topic_name, partition, key, value) for key, value in ordered]


async def write_it_all(self: Any, records: Sequence[OutRecord], delivery: Any) -> Any:
    return await send_all(self.producer._ensure_producer(), records)


def said_at_once(self: Any, topic: str, partition: int, offset: int, told: Any) -> None:
    self._told |= told
