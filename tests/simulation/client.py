"""What stands in for aiokafka's two clients, below everything that is the engine's or Faust's own."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from itertools import count
from types import SimpleNamespace
from typing import Any

from aiokafka.errors import IllegalStateError, KafkaTimeoutError

from streams.engine.tp import TP
from tests.simulation.broker import Broker, Row, Stored
from tests.simulation.group import Group
from tests.simulation.world import Process

_LOST = object()
_ROWS = ("-links-changelog", "-shipments-changelog")
"""Tables in which an old row is a wrong one; on an agenda it only comes too early."""


class Network:
    """The way from one process to the broker and back."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.world = process.world

    async def call(self, work: Callable[[], Any], *, mean: float = 0.004) -> Any:
        """Do something at the broker and wait for the answer."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def arrive() -> None:
            # What a process had sent when it died may still arrive, or not.
            if not self.process.alive and self.world.dice.random() < 0.5:
                return
            result, error = None, None
            try:
                result = work()
            except Exception as raised:
                error = raised
            self.world.after(self.world.lag(mean), lambda: self._answer(answer, result, error))

        self.world.after(self.world.lag(mean), arrive)
        return await answer

    def _answer(self, future: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
        if not self.process.alive or future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


class Client:
    """A group member's consumer: positions move when records are handed out, as aiokafka's do."""

    def __init__(self, network: Network, broker: Broker, group: Group) -> None:
        self._network = network
        self._broker = broker
        self._group = group
        self._positions: dict[TP, int] = {}
        self._assigned: set[TP] = set()
        self._news = asyncio.Event()
        self.member: str | None = None
        self.generation = -1
        self._closed = False
        self._max_poll_records = network.world.plan.max_poll
        subscriptions = SimpleNamespace(fetch_context=nullcontext)
        self._fetcher = SimpleNamespace(
            _closed=False, _subscriptions=subscriptions, fetched_records=self.fetched_records
        )
        self._coordinator = SimpleNamespace(
            generation=-1,
            # The note of the group's leader: a member that never was one has an empty one.
            _metadata_snapshot={},
            _do_heartbeat=self._heartbeat,
        )
        self.rejoin = asyncio.Event()
        broker.watchers.append(self._noticed)

    def _noticed(self, tp: TP) -> None:
        if self._network.process.alive and tp in self._assigned:
            self._news.set()

    def assign(self, tps: Iterable[TP]) -> None:
        """A new generation: everything is read from its commit, or from the start."""
        self._assigned = set(tps)
        self._positions = {tp: self._group.committed.get(tp, 0) for tp in self._assigned}
        self._news.set()

    def assignment(self) -> frozenset[TP]:
        return frozenset(self._assigned)

    async def fetched_records(
        self, partitions: Iterable[TP] | None, timeout: float = 0, max_records: int | None = None
    ) -> dict[TP, list[Stored]]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        await self._network.call(lambda: None, mean=self._network.world.plan.fetch_seconds)
        while True:
            wanted = self._assigned.intersection(partitions or self._assigned)
            found = self._take(wanted, max_records or 500)
            if found or loop.time() >= deadline:
                return found
            self._news.clear()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._news.wait()
            except TimeoutError:
                return {}

    def _take(self, wanted: Iterable[TP], limit: int) -> dict[TP, list[Stored]]:
        world, process = self._network.world, self._network.process
        logs, positions = self._broker.logs, self._positions
        ready = sorted([tp for tp in wanted if logs[tp].replicated > positions[tp] and logs[tp].has(positions[tp])])
        world.dice.shuffle(ready)
        found = {}
        for tp in ready:
            if limit <= 0:
                break
            records = self._broker.logs[tp].read(self._positions[tp], limit)
            self._positions[tp] = records[-1].offset + 1
            limit -= len(records)
            found[tp] = records
        if found:
            kind = "recovery" if any(tp.topic.endswith("-changelog") for tp in found) else "fetch"
            world.moment(process, kind, lambda: None)
            world.note(
                process.name,
                "fetches",
                {f"{t.topic}/{t.partition}": (r[0].offset, r[-1].offset) for t, r in found.items()},
            )
        return found

    def seek(self, tp: TP, offset: int) -> None:
        tp = TP(*tp)
        if tp not in self._assigned:
            raise IllegalStateError(f"No current assignment for partition {tp}")
        self._positions[tp] = offset
        self._network.world.note(self._network.process.name, "seeks", f"{tp.topic}/{tp.partition}", offset)
        self._news.set()

    async def position(self, tp: TP) -> int:
        tp = TP(*tp)
        position = self._positions.get(tp, 0)
        log = self._broker.logs[tp]
        # As the fetcher does: past the hole that cleaning left at the end.
        return position if log.has(position) else log.replicated if position < log.replicated else position

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        return set(range(self._broker.partitions)) if topic in self._broker.topics else None

    def highwater(self, tp: TP) -> int:
        return self._broker.logs[TP(*tp)].replicated

    async def committed(self, tp: TP) -> int | None:
        found: int | None = await self._network.call(lambda: self._group.committed.get(TP(*tp)))
        return found

    async def beginning_offsets(self, tps: Iterable[TP]) -> dict[TP, int]:
        tps = [TP(*tp) for tp in tps]
        await self._network.call(lambda: None)
        return dict.fromkeys(tps, 0)

    async def highwaters(self, tps: Iterable[TP]) -> dict[TP, int]:
        """The engine's own way to true ends."""
        tps = [TP(*tp) for tp in tps]
        ends: dict[TP, int] = await self._network.call(lambda: {tp: self._broker.logs[tp].replicated for tp in tps})
        return ends

    async def commit(self, offsets: Mapping[Any, Any]) -> None:
        plain = {TP(*tp): meta.offset for tp, meta in offsets.items()}
        world, process = self._network.world, self._network.process
        member, generation = self.member or "", self.generation

        def arrive() -> None:
            world.moment(process, "commit", lambda: self._group.commit(member, generation, plain, world.now))
            world.note(process.name, "commits", {f"{t.topic}/{t.partition}": o for t, o in plain.items()})

        await self._network.call(arrive)

    async def _heartbeat(self) -> bool:
        member, generation, world = self.member or "", self.generation, self._network.world
        word = await self._network.call(lambda: self._group.heartbeat(member, generation, world.now))
        if word == "unknown":
            self.member = None
        if word != "ok":
            self.rejoin.set()
        return bool(word != "unknown")


class Batch:
    """Collects records up to a number; an empty one takes any."""

    def __init__(self, limit: int, world_ms: int) -> None:
        self.rows: list[Row] = []
        self._limit = limit
        self._now = world_ms

    def append(self, *, timestamp: int | None, key: bytes | None, value: bytes | None, headers: Any) -> object | None:
        if len(self.rows) >= self._limit:
            return None
        self.rows.append((self._now if timestamp is None else timestamp, key, value, tuple(headers)))
        return self

    def close(self) -> None:
        """No more is appended."""

    @property
    def is_full(self) -> bool:
        """Whether what comes after it goes into another request."""
        return len(self.rows) >= self._limit

    def record_count(self) -> int:
        return len(self.rows)


class Producer:
    """aiokafka's producer: one batch of a partition on its way at a time, tried again until its time is over."""

    _ids = count(1)

    def __init__(self, network: Network, broker: Broker, settings: Mapping[str, Any], timeout: float) -> None:
        self._network = network
        self._broker = broker
        self._world = network.world
        self._timeout = timeout
        self._acks = settings.get("acks", "all")
        self._id = next(self._ids) if settings.get("enable_idempotence") else None
        self._sequence: defaultdict[TP, int] = defaultdict(int)
        self._queues: defaultdict[TP, deque[tuple[Batch, asyncio.Future[Any]]]] = defaultdict(deque)
        self._waiting: dict[TP, asyncio.Future[None]] = {}
        self._senders: dict[TP, asyncio.Task[None]] = {}
        self._unsent = 0
        plan = network.world.plan
        self._one_try = not plan.lost_acks and all(one.what != "outage" for one in plan.happenings)
        """Whether no request is ever tried again: then one that is on its way is sent."""
        # A pause between the engine's last look at its lease and the request itself is beyond what it can see.
        network.process.may_pause = lambda: self._unsent == 0

    def create_batch(self) -> Batch:
        return Batch(self._world.plan.batch_rows, int(self._world.now * 1000))

    async def flush(self) -> None:
        """Nothing is buffered that nobody waits for."""

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        tp = TP(topic, partition)
        self._unsent += 1
        # As the accumulator does: a second batch waits until the first is on its way.
        while tp in self._waiting:
            await asyncio.shield(self._waiting[tp])
        done: asyncio.Future[Any] = loop.create_future()
        self._queues[tp].append((batch, done))
        self._waiting[tp] = loop.create_future()
        if tp not in self._senders:
            self._senders[tp] = loop.create_task(self._send(tp))
        return done

    async def _send(self, tp: TP) -> None:
        try:
            while self._queues[tp]:
                batch, done = self._queues[tp].popleft()
                self._waiting.pop(tp).set_result(None)
                offset = await self._deliver(tp, batch)
                self._unsent -= not self._one_try
                if done.done():
                    continue
                if offset is None:
                    done.set_exception(KafkaTimeoutError(f"{tp} takes no records"))
                else:
                    done.set_result(SimpleNamespace(offset=offset))
        finally:
            del self._senders[tp]

    async def _deliver(self, tp: TP, batch: Batch) -> int | None:
        known = None
        if self._id is not None:
            self._sequence[tp] += 1
            known = (self._id, self._sequence[tp])
        loop = asyncio.get_running_loop()
        deadline, pause = loop.time() + self._timeout, 0.1
        while loop.time() < deadline:
            await self._before_request(tp)
            self._unsent -= self._one_try
            slow = self._world.plan.slow_partition == tp.partition
            answer = await self._network.call(lambda: self._arrive(tp, batch, known), mean=0.03 if slow else 0.004)
            if answer is not _LOST:
                return int(answer)
            await asyncio.sleep(self._world.lag(pause))
            pause = min(1.0, 2 * pause)
        return None

    async def _before_request(self, tp: TP) -> None:
        """A moment of its own where a pause may part the engine's last look at its lease from what it sends then."""
        if self._world.plan.pause_anywhere and tp.topic.endswith(_ROWS):
            self._world.moment(self._network.process, "request", lambda: None)
            await asyncio.sleep(0)

    def _arrive(self, tp: TP, batch: Batch, known: tuple[int, int] | None) -> object:
        log, world = self._broker.logs[tp], self._world
        if log.closed_until > world.now:
            return _LOST
        kind = "changelog" if tp.topic.endswith("-changelog") else "output"
        process = self._network.process
        if not process.alive:
            # Already on its way when its process died.
            first = log.append(batch.rows, process.name, known)
        else:
            happened, first = world.moment(process, kind, lambda: log.append(batch.rows, process.name, known))
            if not happened:
                return _LOST
            if tp.topic.endswith(_ROWS) and batch.is_full:
                world.moment(process, "part", lambda: None)
        world.note(process.name, "writes", f"{tp.topic}/{tp.partition}", (first, first + len(batch.rows) - 1))
        self._replicate(tp)
        return _LOST if world.dice.random() < world.plan.lost_acks else first

    def _replicate(self, tp: TP) -> None:
        log = self._broker.logs[tp]
        upto = log.end

        def copied() -> None:
            log.replicate(upto)
            self._broker.tell(tp)

        if self._acks == "all":
            copied()  # the answer waits for the copies
        else:
            self._world.after(self._world.lag(0.5), copied)
