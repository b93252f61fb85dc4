"""The Faust app of the engine: declares tables and agents and holds their parts together."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import faust
from faust.exceptions import ImproperlyConfigured
from faust.utils.terminal import SpinnerHandler

from streams.engine.guards import check_upstream
from streams.engine.highwater import true_highwater
from streams.engine.ledger import Delivery, PartitionAccount
from streams.engine.outbox import row_limit, send_all
from streams.engine.records import Handler, OutRecord, Poison
from streams.engine.recovery import EngineTables
from streams.engine.runner import Runner
from streams.engine.schema import BatchSchema
from streams.engine.settings import engine_settings
from streams.engine.slices import Decider
from streams.engine.tables import BatchTable
from streams.engine.tp import TP
from streams.engine.transport import EngineTransport, probe_consumer

log = logging.getLogger(__name__)

# EX_SOFTWARE: a supervisor restarts the worker, which goes on from the last commit.
FAILED = 70

_LEASE_POLL_SECONDS = 0.05

# A batch is thousands of objects that live until it is acked. With Python's 700 the collector goes through them again
# and again: a quarter of the engine's own time.
_GC_THRESHOLDS = (50_000, 20, 50)


class EngineApp(faust.App):  # type: ignore[misc]
    """A Faust app whose agents get batches and lose nothing.

    Args:
        id: consumer group and prefix of the changelog topics.
        store: memory:// or rocksdb://; the latter writes below `datadir`.
        exit_process: called with an exit code when something failed that must not be acked.
        options: Faust settings, for instance broker, broker_credentials, datadir.
    """

    def __init__(
        self,
        id: str,  # Faust's name for it
        *,
        store: str = "memory://",
        exit_process: Callable[[int], object] = os._exit,
        **options: Any,
    ) -> None:
        self._exit_process = exit_process
        self._runners: list[Runner] = []
        self._before_start: list[Callable[[asyncio.AbstractEventLoop], None]] = []
        # Topics of one agent and its changelogs, which must have one partition count.
        self._together: list[tuple[str, ...]] = []
        self._topics_taken: set[str] = set()
        self._tables_taken: set[str] = set()
        super().__init__(id, **{**engine_settings(store=store), "TableManager": EngineTables, **options})

    # -- declaring

    def batch_table(self, name: str, *, ordered: bool = False, parents_last: bool = False) -> BatchTable:
        """Declare a table of raw rows.

        Keys must be unique in the whole table: put the partition into a key where needed.

        Args:
            name: of the table; part of its changelog's name.
            ordered: allow range scans.
            parents_last: write a row after those whose keys begin with its own.
        """
        table: BatchTable = self.tables.add(
            BatchTable(
                self,
                name=name,
                ordered=ordered,
                parents_last=parents_last,
                key_type=bytes,
                value_type=bytes,
                beacon=self.tables.beacon,
            )
        )
        return table

    def batch_agent(
        self,
        topics: Sequence[str],
        handler: Handler,
        *,
        tables: Sequence[BatchTable] = (),
        name: str,
        poison: Poison,
    ) -> None:
        """Declare an agent that handles batches.

        Args:
            topics: read by this agent alone; all have the tables' partition count.
            handler: gets records of one topic's partition in offset order and the tables' rows.
            tables: written by this agent alone; their changelogs are written in this order.
            poison: what to send instead for the one record that made the handler raise.

        Raises:
            ValueError: a topic or table already belongs to another agent.
        """
        self._take(self._topics_taken, topics, "topic")
        self._take(self._tables_taken, [table.name for table in tables], "table")
        decider = Decider(handler, poison, row_limit(self.conf.producer_max_request_size))
        runner = Runner(self, name, decider, tables)
        self._together.append((*topics, *(table.changelog_topic_name for table in tables)))
        self._runners.append(runner)
        channel = self.topic(*topics, schema=BatchSchema())
        self.agent(channel, name=name)(_agent_body(runner))

    @staticmethod
    def _take(taken: set[str], names: Iterable[str], kind: str) -> None:
        for name in names:
            if name in taken:
                raise ValueError(f"{kind} {name} already belongs to an agent")
            taken.add(name)

    # -- running

    def on_before_first_start(self, call: Callable[[asyncio.AbstractEventLoop], None]) -> None:
        """Call this with the app's loop before anything else starts."""
        self._before_start.append(call)

    async def on_first_start(self) -> None:
        """Refuse to start on a Faust that is not the one the engine knows; set the process up for batches."""
        check_upstream()
        for call in self._before_start:
            call(asyncio.get_running_loop())
        _mute_spinner()
        gc.collect()
        gc.freeze()  # what is loaded by now stays
        gc.set_threshold(*_GC_THRESHOLDS)
        await super().on_first_start()

    def _new_transport(self) -> EngineTransport:
        return EngineTransport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> EngineTransport:
        return EngineTransport(self.conf.broker_producer, self)

    def fail(self, reason: str, error: BaseException) -> None:
        """End the process at once; nothing that is not acked yet will be."""
        log.critical("%s: %r; exiting without acking", reason, error, exc_info=error)
        logging.shutdown()
        self._exit_process(FAILED)

    def check_partitions(self) -> None:
        """End the process where topics that belong together are missing or split differently."""
        for topics in self._together:
            counts = {topic: self.consumer.topic_partitions(topic) for topic in topics}
            if None in counts.values() or len(set(counts.values())) > 1:
                error = ImproperlyConfigured(f"these must exist with one partition count: {counts}")
                self.fail("topics do not fit together", error)

    async def wait_idle(self) -> None:
        """Wait until no batch is in work."""
        while not all(runner.is_idle for runner in self._runners):
            await asyncio.sleep(0.01)

    async def true_highwaters(self, tps: Iterable[TP]) -> dict[TP, int]:
        """Return the next offset to be written to each partition, from a short-lived client."""
        wanted = list(tps)
        if not wanted:
            return {}
        consumer = probe_consumer(self)
        try:
            await consumer.start()
            return await true_highwater(consumer, wanted)
        finally:
            await consumer.stop()

    # -- what runners need

    def is_current(self, delivery: Delivery) -> bool:
        """Tell whether a batch may still have effects."""
        current: bool = self.flow_control.is_active() and self.consumer.ledger.is_current(delivery)
        return current

    async def may_write(self, delivery: Delivery) -> bool:
        """Wait until the group has answered of late; False when the batch no longer counts."""
        while self.is_current(delivery):
            if self.consumer.lease.is_fresh:
                return True
            await asyncio.sleep(_LEASE_POLL_SECONDS)
        return False

    async def write(self, records: Sequence[OutRecord], delivery: Delivery) -> Mapping[TP, int] | None:
        """Send a batch's records; return the last acked offset of each partition, None when it no longer counts."""
        return await send_all(self.producer._ensure_producer(), records, lambda: self.may_write(delivery))

    def ack(self, delivery: Delivery) -> bool:
        """Allow a batch's offsets to be committed."""
        acked: bool = self.consumer.finish(delivery)
        return acked

    def book(self, tp: TP, *, records: int, seconds: float) -> None:
        """Count a finished batch of `records` that took `seconds`."""
        account = self.accounts.get(tp)
        if account is not None:
            account.batches += 1
            account.records += records
            account.busy_seconds += seconds

    def hold(self, tp: TP) -> None:
        """Fetch no more of a partition."""
        self.consumer.hold(tp)

    def release(self, tp: TP) -> None:
        """Fetch a partition again."""
        self.consumer.release(tp)

    # -- for metrics, checks and the watchdog

    @property
    def is_flowing(self) -> bool:
        """Whether state is read back and batches flow; may be asked on another thread."""
        recovery = self.tables._recovery
        flowing: bool = (
            recovery is not None and recovery.completed.is_set() and not self.rebalancing and self._consumer is not None
        )
        return flowing

    def sources(self) -> list[TP]:
        """The partitions that agents read, as assigned now; may be asked on another thread."""
        return [tp for tp in list(self.accounts) if tp.topic in self._topics_taken]

    @property
    def accounts(self) -> Mapping[TP, PartitionAccount]:
        """Counters of each assigned partition, changelogs included."""
        accounts: Mapping[TP, PartitionAccount] = self.consumer.ledger.accounts
        return accounts

    @property
    def idempotent(self) -> bool:
        """Whether the producer's retries cannot write twice; known once it has started."""
        idempotent: bool = self.producer.idempotent
        return idempotent


def _mute_spinner() -> None:
    """Take Faust's progress spinner off the root logger: for it alone every library's debug lines are made."""
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, SpinnerHandler)]:
        root.removeHandler(handler)
        root.setLevel(min((one.level for one in root.handlers), default=root.level))


def _agent_body(runner: Runner) -> Callable[[Any], Awaitable[None]]:
    async def body(stream: Any) -> None:
        # noack: whether a batch is done is the runner's word, not that it left the stream.
        async for event in stream.noack().events():
            runner.submit(event.value)

    body.__qualname__ = runner.name  # what Faust's logs call the agent
    return body


def changelog_topics(app: EngineApp) -> list[str]:
    """Return the changelog topics to create: compacted, with the source's partition count."""
    return sorted(table.changelog_topic_name for table in app.tables.values())
