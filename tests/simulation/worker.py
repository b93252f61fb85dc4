"""One worker process: the real app with its runners, ledger, overlays, outbox, consumer and recovery.

Faked is what lies below (aiokafka's clients, RocksDB, the consumer's thread) and what lies beside and only hands things
on (Faust's conductor, agents' streams and service start-up).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any

from sinks.settings import Order, Settings, StoreKind, load_settings
from streams import app as shell
from streams.engine.consumer import EngineThread
from streams.engine.lease import Lease
from streams.engine.overlay import Rows
from streams.engine.records import Handler, InRecord, OutRecord
from tests.simulation.broker import Broker
from tests.simulation.client import Client, Network, Producer
from tests.simulation.disk import Disk, RocksStore
from tests.simulation.group import Group
from tests.simulation.plan import SESSION_SECONDS, Plan
from tests.simulation.seams import is_poison
from tests.simulation.world import Process


@cache
def settings_of(partitions: int, store: str, strict: bool) -> Settings:
    return load_settings(
        kafka_bootstrap_servers="127.0.0.1:1",
        partitions=partitions,
        store=StoreKind(store),
        order=Order.STRICT if strict else Order.PROMPT,
        session_timeout_seconds=SESSION_SECONDS,
    )


class Quiet:
    """Metrics that nobody reads."""

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self


class Thread(EngineThread):
    """The consumer's thread, run by the process's own loop; a call goes on when its caller has left."""

    async def call_thread(self, fun: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
        async def run() -> Any:
            await asyncio.sleep(0)
            return await fun(*args, **kwargs)

        return await asyncio.shield(asyncio.ensure_future(run()))


class Worker:
    """Everything of one process; `start` is its main()."""

    def __init__(self, process: Process, broker: Broker, group: Group, disk: Disk) -> None:
        self.process = process
        self.plan: Plan = process.world.plan
        self._broker = broker
        self._group = group
        self._disk = disk
        self._network = Network(process)
        self._client = Client(self._network, broker, group)
        self._draining: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.app: Any = None
        process.loop.call_soon(self.start)

    # -- building

    def start(self) -> None:
        """Build the app and its tasks."""
        plan = self.plan
        self.app = app = shell.build_app(settings_of(plan.partitions, plan.store, plan.strict), Quiet())  # type: ignore[arg-type]
        app._exit_process = lambda code: self.process.die(f"exits with {code}")
        app.fail = self._failing(app.fail)
        app.true_highwaters = self._client.highwaters
        self._build_consumer(app)
        self._build_tables(app)
        app.producer._producer = Producer(
            self._network, self._broker, app.producer._settings_extra(), app.conf.producer_request_timeout
        )
        self._build_faust(app)
        for name, body in self._bodies(app):
            self._tasks.append(self.process.loop.create_task(self._guarded(name, body)))

    def _failing(self, fail: Callable[[str, BaseException], None]) -> Callable[[str, BaseException], None]:
        def noted(reason: str, error: BaseException) -> None:
            self.process.world.note(self.process.name, "fails:", reason, repr(error))
            self.process.die(f"{reason}: {error!r}")
            fail(reason, error)

        return noted

    def _build_consumer(self, app: Any) -> None:
        consumer = app.consumer
        thread = Thread(consumer, loop=self.process.loop, beacon=consumer.beacon)
        thread._consumer = self._client
        consumer._thread = thread
        consumer.callback = self._conduct
        consumer.lease = Lease(app.conf.broker_session_timeout, clock=self.process.loop.time)
        consumer.lease.watch(self._client._coordinator)

    def _build_tables(self, app: Any) -> None:
        for table in app.tables.values():
            if self.plan.store == "rocksdb":
                table._data = RocksStore(self.process, self._disk, table.name)
        app.tables._update_channels = _nothing
        recovery = app.tables.recovery
        recovery._highwater_logtable = recovery._start_offsets_logtable = lambda *args, **kwargs: ""

    def _build_faust(self, app: Any) -> None:
        app.agents = SimpleNamespace(on_rebalance=_nothing)
        app.topics = SimpleNamespace(maybe_wait_for_subscriptions=_nothing, on_partitions_assigned=_nothing)
        app.assignor = SimpleNamespace(assigned_actives=set, assigned_standbys=set)
        app.__dict__["_fetcher"] = SimpleNamespace(should_stop=False, maybe_start=self._start_fetching)
        self._queues: dict[str, Any] = {}
        for runner in app._runners:
            runner._decider.handler = self._poisoned(runner.name, runner._decider.handler)
        for runner, topics in zip(app._runners, app._together, strict=True):
            tables = {table.changelog_topic_name for table in runner._tables}
            queue = app.FlowControlQueue(maxsize=app.conf.stream_buffer_maxsize, clear_on_resume=True)
            self._queues.update(dict.fromkeys(set(topics) - tables, queue))
            self._tasks.append(self.process.loop.create_task(self._guarded(runner.name, self._consume(runner, queue))))
        self._queues.update(dict.fromkeys(app.tables.changelog_topics, app.tables.changelog_queue))

    def _poisoned(self, stage: str, handler: Handler) -> Handler:
        def handled(batch: Sequence[InRecord], rows: Mapping[str, Rows]) -> list[OutRecord]:
            outs = handler(batch, rows)
            # Late: what the handler has written by then must leave no trace.
            if any(is_poison(stage, record.headers, record.value, self.plan.poison) for record in batch):
                raise ValueError("poison")
            return outs

        return handled if stage in self.plan.poison else handler

    def _bodies(self, app: Any) -> list[tuple[str, Awaitable[None]]]:
        recovery = app.tables.recovery
        bodies = [
            (name, getattr(type(recovery), name).fun(recovery))
            for name in ("_restart_recovery", "_slurp_changelogs", "_pass_holes")
        ]
        return [*bodies, ("commits", self._commit(app)), ("heartbeats", self._beat()), ("group", self._take_part(app))]

    # -- what Faust's services do

    async def _guarded(self, name: str, body: Awaitable[None]) -> None:
        try:
            await body
        except Exception as error:
            self.process.world.note(self.process.name, name, "raised", repr(error))
            self.process.die(f"{name} raised {error!r}")

    async def _start_fetching(self) -> None:
        if self._draining is None:
            body = self.app.consumer._drain_messages(self.app._fetcher)
            self._draining = self.process.loop.create_task(self._guarded("fetcher", body))

    async def _conduct(self, message: Any) -> None:
        await self.app.flow_control.acquire()
        queue = self._queues[message.topic]
        await queue.put(SimpleNamespace(value=message.value, message=message))

    async def _consume(self, runner: Any, queue: Any) -> None:
        while True:
            event = await queue.get()
            await asyncio.sleep(0)
            runner.submit(event.value)

    async def _commit(self, app: Any) -> None:
        while True:
            await asyncio.sleep(app.conf.broker_commit_interval)
            if app.crashed or app.consumer.crashed:
                raise RuntimeError(f"crashed: {app.consumer.crash_reason!r}")
            await app.consumer.commit()

    # -- the group, as aiokafka's coordinator takes part in it

    async def _beat(self) -> None:
        client, interval = self._client, self.app.conf.broker_heartbeat_interval
        while True:
            await asyncio.sleep(interval)
            if client.member is not None and client.generation >= 0:
                await client._coordinator._do_heartbeat()

    async def _take_part(self, app: Any) -> None:
        client, world, process = self._client, self.process.world, self.process
        while True:
            client.rejoin.clear()
            previous = set(client.assignment())
            app.on_rebalance_start()
            world.moment(process, "revoked", lambda: None)
            await app.consumer.on_partitions_revoked(previous)
            client.member, client.generation, actives, standbys = await self._join()
            client.assign(actives | standbys)
            client._coordinator.generation = app.consumer_generation_id = client.generation
            app.assignor = SimpleNamespace(
                assigned_actives=lambda a=actives: set(a), assigned_standbys=lambda s=standbys: set(s)
            )
            world.note(
                process.name, "has", sorted({tp.partition for tp in actives}), "in generation", client.generation
            )
            world.moment(process, "assigned", lambda: None)
            await app.consumer.on_partitions_assigned(set(actives | standbys), client.generation)
            await client.rejoin.wait()

    async def _join(self) -> Any:
        client, world = self._client, self.process.world
        answer = self.process.loop.create_future()
        generation, client.generation = client.generation, -1  # no heartbeats while joining

        def answered(joined: Any) -> None:
            world.after(world.lag(), lambda: self.process.alive and not answer.done() and answer.set_result(joined))

        await self._network.call(
            lambda: self._group.join(client.member if generation >= 0 else None, world.now, answered)
        )
        return await answer


async def _nothing(*args: Any, **kwargs: Any) -> None:
    """What has nothing to do here."""
