"""Faust's consumer, yielding one batch per partition and fetch and booking them itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.errors import ConsumerStoppedError
from faust.transport.consumer import ensure_TPset
from faust.transport.drivers import aiokafka as driver
from faust.types import ConsumerMessage

from streams.engine.batch import Batch
from streams.engine.lease import Lease
from streams.engine.ledger import Delivery, Ledger
from streams.engine.tp import TP

log = logging.getLogger(__name__)

# Longest that a fetch waits for records; a seek waits for the fetch.
_POLL_SECONDS = 0.25
# How often a fetch looks again while some partition is held back by a slow handler.
_HELD_POLL_SECONDS = 0.05
# Longest that a revocation or a stop waits for batches in work; what is late is dropped.
_DRAIN_SECONDS = 10.0


class EngineThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The thread that owns the client: seeks every stream partition, committed or not."""

    async def on_start(self) -> None:
        """Connect, and from then on follow the group's heartbeats."""
        await super().on_start()
        self.consumer.lease.watch(self._ensure_consumer()._coordinator)

    def topic_partitions(self, topic: str) -> int | None:
        """Partition count of a topic, None where the client knows no such topic.

        Faust asks the coordinator's note of it, which is empty on a member that was never the group's leader.
        """
        partitions = self._ensure_consumer().partitions_for_topic(topic)
        return len(partitions) if partitions else None

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Move stream partitions to the committed offset, or to the log's start without one."""
        offsets: Mapping[TP, int] = await self.call_thread(self._seek_streams)
        return offsets

    async def _seek_streams(self) -> Mapping[TP, int]:
        client = self._ensure_consumer()
        tps = [tp for tp in client.assignment() if not self.consumer._is_changelog_tp(tp)]
        found = await asyncio.gather(*[client.committed(tp) for tp in tps])
        committed = {tp: offset for tp, offset in zip(tps, found, strict=True) if offset is not None}
        fresh = [tp for tp in tps if tp not in committed]
        # aiokafka leaves these where they are: what was fetched and dropped would be passed over.
        starts = await client.beginning_offsets(fresh) if fresh else {}
        for tp, offset in {**committed, **starts}.items():
            client.seek(tp, offset)
        return committed


class EngineConsumer(driver.Consumer):  # type: ignore[misc]
    """A consumer of batches whose commits follow its own ledger."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.ledger = Ledger()
        self._held: set[TP] = set()
        self._fetch_epochs: dict[TP, int] = {}
        # Last offset fetched of each changelog since it was last moved.
        self._changelogs_read: dict[TP, int] = {}
        # Held by a fetch or by a seek, never by both.
        self._moving = asyncio.Lock()
        super().__init__(*args, **kwargs)
        self.lease = Lease(self.app.conf.broker_session_timeout)

    def _new_consumer_thread(self) -> EngineThread:
        return EngineThread(self, loop=self.loop, beacon=self.beacon)

    # -- fetching

    def hold(self, tp: TP) -> None:
        """Fetch no more of a partition whose handler is behind."""
        self._held.add(tp)

    def release(self, tp: TP) -> None:
        """Fetch a held partition again."""
        self._held.discard(tp)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        fetch = asyncio.ensure_future(self._fetch(active_partitions, timeout))
        try:
            # Shielded: the client's thread goes on with a fetch whose caller has left.
            records, self._fetch_epochs = await asyncio.shield(fetch)
            return records
        except asyncio.CancelledError:
            fetch.add_done_callback(self._drop_all)
            raise

    async def _fetch(self, active: set[TP] | None, timeout: float) -> tuple[Any, dict[TP, int]]:
        async with self._moving:
            # Before the fetch: what is moved or revoked after it has another epoch.
            epochs = self.ledger.epochs()
            if not self._held or active is None:
                return self._noted(await super()._getmany(active, min(timeout, _POLL_SECONDS))), epochs
            wanted = active - self._held
            if wanted:
                return self._noted(await super()._getmany(wanted, _HELD_POLL_SECONDS)), epochs
        # An empty set would mean all of them.
        await asyncio.sleep(_HELD_POLL_SECONDS)
        return {}, {}

    def _noted(self, records: Any) -> Any:
        for tp, fetched in records.items():
            if self._is_changelog_tp(tp):
                self._changelogs_read[TP(*tp)] = fetched[-1].offset
        return records

    async def is_past(self, tp: TP, end: int) -> tuple[bool, int]:
        """Tell whether a changelog was read beyond offset `end`, and the last offset that came of it, -1 for none.

        Both as of one moment between two fetches: what a fetch has taken may still be on its way to the tables.
        """
        async with self._moving:
            position = await self.position(tp)
            return position is not None and position > end, self._changelogs_read.get(tp, -1)

    def _drop_all(self, fetch: asyncio.Future[Any]) -> None:
        if not fetch.cancelled() and fetch.exception() is None:
            records, epochs = fetch.result()
            for tp in records:
                self.ledger.drop(TP(*tp), records[tp][0].offset, epochs.get(tp))

    @asynccontextmanager
    async def _move(self, tps: Iterable[TP]) -> AsyncIterator[None]:
        """Begin a new epoch around a seek that no fetch runs through.

        A fetch that was asked for before the seek may read after it: it would take the first
        records of the new position along, and they would be dropped as old ones.
        """
        tps = list(tps)
        with self.ledger.seeking(tps):
            async with self._moving:
                for tp in tps:
                    self._changelogs_read.pop(tp, None)
                yield

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:
        """Yield one message per partition and fetch; its value is a Batch."""
        records, active = await self._wait_next_records(timeout)
        epochs = self._fetch_epochs
        if not records or self.should_stop:
            return
        if not self.flow_active:
            await self._seek_back()
            return
        for raw_tp, fetched in records.items():
            tp = TP(*raw_tp)
            epoch = epochs.get(tp)
            # Asked again for each: the loop below gives way, and a rebalance may begin meanwhile.
            if not self.flow_active or not self._is_fetched(tp, active):
                self.ledger.drop(tp, fetched[0].offset, epoch)
                continue
            self._track_end(tp)
            batch = self._book(tp, fetched, epoch)
            if batch is not None:
                yield tp, self._to_message(tp, batch)

    async def _seek_back(self) -> None:
        try:
            await self.perform_seek()
        except Exception as error:
            self.log.warning("exception performing seek when flow not active %r", error)

    def _is_fetched(self, tp: TP, active: set[TP] | None) -> bool:
        return active is None or tp in active or tp in self._buffered_partitions

    def _track_end(self, tp: TP) -> None:
        end = self.highwater(tp)
        self.app.monitor.track_tp_end_offset(tp, end)
        if tp in self.ledger.accounts:
            self.ledger.accounts[tp].end_offset = end

    def _book(self, tp: TP, records: list[Any], epoch: int | None) -> Batch | None:
        if self._is_changelog_tp(tp):
            return Batch(tp, records, None) if self.ledger.accepts(tp, epoch) else None
        delivery = self.ledger.deliver(tp, records[0].offset, records[-1].offset, epoch)
        return Batch(tp, records, delivery) if delivery is not None else None

    def _to_message(self, tp: TP, batch: Batch) -> Any:
        last = batch.records[-1]
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            last.offset,
            last.timestamp / 1000.0,
            last.timestamp_type,
            None,
            None,
            batch,
            None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self.should_stop or fetcher.should_stop):
                await asyncio.sleep(0)  # Faust's own sleep makes a task and cancels it
                async for tp, message in self.getmany(timeout=1.0):
                    await self._hand_over(tp, message)
        except (ConsumerStoppedError, asyncio.CancelledError):
            if not self.transport.app.should_stop:
                raise
        except Exception as error:
            self.app.fail("records could not be fetched or delivered", error)
            raise

    async def _hand_over(self, tp: TP, message: Any) -> None:
        handing = self.callback(message)
        if self.flow_active and self.app.flow_control.is_active() and not self._is_changelog_tp(tp):
            # A stream's queue is never full, as the engine holds partitions back long before: nothing to wait for.
            # `wait_first` takes four tasks and some turns of the loop, each with a slice of every lane in it.
            await handing
        else:
            await self.wait_first(handing, self.suspend_flow.wait())

    # -- moving

    async def perform_seek(self) -> None:
        """Move all stream partitions to their committed offsets, in a new epoch."""
        tps = {tp for tp in self.assignment() if not self._is_changelog_tp(tp)}
        async with self._move(tps):
            committed = await self.seek_to_committed()
        for tp in tps:
            self._committed_offset[tp] = committed.get(tp)
        self.ledger.note_committed(committed)

    async def seek(self, partition: TP, offset: int) -> None:
        """Move one partition, in a new epoch."""
        async with self._move([TP(*partition)]):
            await super().seek(partition, offset)

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Move partitions and wait until they are there, in a new epoch."""
        async with self._move([TP(*tp) for tp in partitions]):
            await super().seek_wait(partitions)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit what was done in time; anything later is of an old epoch."""
        await super().on_partitions_revoked(revoked)
        self.ledger.close(revoked)
        self._held.clear()

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Take over partitions, closed until recovery has moved them."""
        self.ledger.forget(set(self.ledger.accounts) - assigned)
        self.ledger.close(assigned)
        self._held.clear()
        self.lease.renew()
        await super().on_partitions_assigned(assigned, generation_id)

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        """Return the true end of each partition, whatever the broker calls latest."""
        ends: Mapping[TP, int] = await self.app.true_highwaters(partitions)
        return ends

    # -- committing

    def finish(self, delivery: Delivery) -> bool:
        """Allow a batch's offsets to be committed; False when its epoch is over."""
        return self.ledger.ack(delivery)

    def ack(self, message: Any) -> bool:
        """Ignore Faust's own acks, which come whether a batch was done or not."""
        return False

    def _filter_tps_with_pending_acks(self, topics: Iterable[Any] | None = None) -> Iterator[TP]:
        wanted = None if topics is None else set(topics)
        for tp in list(self.ledger.accounts):
            if wanted is None or tp in wanted or tp.topic in wanted:
                yield tp

    def _new_offset(self, tp: TP) -> int | None:
        return self.ledger.committable(tp)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        done: bool = await super()._commit(offsets)
        if done:
            self.ledger.note_committed(offsets)
        return done

    async def wait_empty(self) -> None:
        """Wait for batches in work, then commit; they notice that the flow has stopped."""
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                await self.app.wait_idle()
        except TimeoutError:
            log.warning("batches still in work after %s s are dropped", _DRAIN_SECONDS)
        await self.commit_and_end_transactions()

    # -- not wanted

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Do nothing: Faust's detector mixes clocks; the ledger's counters tell instead."""

    async def create_topic(self, topic: str, *_: Any, **__: Any) -> None:
        """Do nothing: topics are created outside, with their partitions and sizes."""

    def assignment(self) -> set[TP]:
        """Return the partitions this worker holds now."""
        held: set[TP] = ensure_TPset(super().assignment())
        return held
