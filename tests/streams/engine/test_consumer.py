"""One batch per partition and fetch, nothing fetched through a seek, commits by the ledger."""

import asyncio
from types import SimpleNamespace

import pytest
from faust.types import TP

from streams.engine.app import EngineApp
from streams.engine.errors import BrokenOrder
from tests.streams.engine.fakes import fetched

A, B = TP("in", 0), TP("in", 1)
LOG = TP("app-t-changelog", 0)


class FakeThread:
    """A client with one position per partition over logs of 100 records."""

    def __init__(self) -> None:
        self.positions: dict[TP, int] = {}
        self.committed: dict[TP, int] = {}
        self.asked: list[set[TP]] = []
        self.gate: asyncio.Event | None = None
        self.seek_error: Exception | None = None

    async def getmany(self, active, timeout):
        self.asked.append(set(active))
        if self.gate is not None:
            await self.gate.wait()
        # Reads from where the positions are now, as the client does.
        records = {
            tp: [fetched(n, topic=tp.topic, partition=tp.partition) for n in range(self.positions[tp], 100)][:10]
            for tp in sorted(self.asked[-1])
        }
        for tp, rows in records.items():
            for row in rows:
                row.timestamp_type = 0
            self.positions[tp] += len(rows)
        return {tp: rows for tp, rows in records.items() if rows}

    async def seek_to_committed(self):
        if self.seek_error:
            raise self.seek_error
        for tp in self.positions:
            if tp != LOG:
                self.positions[tp] = self.committed.get(tp, 0)
        return dict(self.committed)

    async def seek_wait(self, positions):
        self.positions.update(positions)

    async def commit(self, offsets):
        self.committed.update(offsets)
        return True

    async def position(self, tp):
        return self.positions[tp]

    def assignment(self):
        return set(self.positions)

    def highwater(self, tp):
        return 100


@pytest.fixture
def scene():
    app = EngineApp("app", broker="kafka://127.0.0.1:1", exit_process=lambda code: None)
    app.batch_table("t")
    made: list = []

    def build():
        consumer = app.consumer
        consumer._thread = FakeThread()
        consumer._thread.positions = {A: 0, B: 0, LOG: 0}
        consumer._active_partitions = {A, B}
        made.append(consumer)
        return consumer, consumer._thread

    return SimpleNamespace(app=app, build=build)


async def batches(consumer) -> dict[TP, tuple[int, int]]:
    found = {}
    async for tp, message in consumer.getmany(timeout=1.0):
        records = message.value.records
        found[tp] = (records[0].offset, records[-1].offset)
        assert message.offset == records[-1].offset
    return found


def test_one_batch_per_partition_and_fetch_after_a_seek(scene) -> None:
    async def scenario():
        consumer, _ = scene.build()
        assert await batches(consumer) == {}  # closed until the first seek
        await consumer.perform_seek()
        assert await batches(consumer) == {A: (0, 9), B: (0, 9)}
        assert await batches(consumer) == {A: (10, 19), B: (10, 19)}
        assert consumer.ledger.accounts[A].end_offset == 100

    asyncio.run(scenario())


@pytest.mark.parametrize("committed", [None, 0, 30])
def test_a_seek_goes_to_the_commit_or_the_start(scene, committed: int | None) -> None:
    async def scenario():
        consumer, thread = scene.build()
        thread.committed = {} if committed is None else {A: committed}
        await consumer.perform_seek()
        assert (await batches(consumer))[A] == ((committed or 0), (committed or 0) + 9)
        assert consumer._committed_offset[A] == committed

    asyncio.run(scenario())


def test_a_seek_waits_for_the_fetch_that_runs(scene) -> None:
    """Else that fetch reads the first records of the new position and they are dropped as old."""

    async def scenario():
        consumer, thread = scene.build()
        await consumer.perform_seek()
        thread.gate = asyncio.Event()
        running = asyncio.ensure_future(batches(consumer))
        await asyncio.sleep(0.01)
        seek = asyncio.ensure_future(consumer.perform_seek())
        await asyncio.sleep(0.01)
        assert not seek.done()
        thread.gate.set()
        await seek
        assert await running == {}
        assert (await batches(consumer))[A] == (0, 9)

    asyncio.run(scenario())


def test_a_fetch_whose_caller_was_cancelled_breaks_the_epoch(scene) -> None:
    async def scenario():
        consumer, thread = scene.build()
        await consumer.perform_seek()
        thread.gate = asyncio.Event()
        running = asyncio.ensure_future(batches(consumer))
        await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        thread.gate.set()
        await asyncio.sleep(0.01)
        with pytest.raises(BrokenOrder, match="offset 0 was fetched and dropped"):
            await batches(consumer)
        await consumer.perform_seek()
        assert (await batches(consumer))[A] == (0, 9)

    asyncio.run(scenario())


def test_records_of_a_paused_partition_break_its_epoch(scene) -> None:
    async def scenario():
        consumer, thread = scene.build()
        await consumer.perform_seek()
        thread.gate = asyncio.Event()
        running = asyncio.ensure_future(batches(consumer))
        await asyncio.sleep(0.01)
        consumer.pause_partitions([A])
        thread.gate.set()
        assert await running == {B: (0, 9)}
        consumer.resume_partitions([A])
        with pytest.raises(BrokenOrder):
            await batches(consumer)

    asyncio.run(scenario())


def test_without_flow_it_seeks_back_and_survives_a_failing_seek(scene) -> None:
    async def scenario():
        consumer, thread = scene.build()
        await consumer.perform_seek()
        thread.gate = asyncio.Event()
        running = asyncio.ensure_future(batches(consumer))
        await asyncio.sleep(0.01)
        consumer.stop_flow()
        thread.seek_error = OSError("no coordinator")
        thread.gate.set()
        assert await running == {}
        assert consumer.ledger.epochs() == {}  # stays closed until a seek works
        consumer.resume_flow()
        thread.seek_error = None
        await consumer.perform_seek()
        assert (await batches(consumer))[A] == (0, 9)

    asyncio.run(scenario())


def test_held_partitions_are_not_fetched(scene) -> None:
    async def scenario():
        consumer, thread = scene.build()
        await consumer.perform_seek()
        consumer.hold(A)
        assert await batches(consumer) == {B: (0, 9)}
        consumer.hold(B)
        asked = len(thread.asked)
        assert await batches(consumer) == {}
        assert len(thread.asked) == asked
        consumer.release(A)
        assert await batches(consumer) == {A: (0, 9)}

    asyncio.run(scenario())


def test_changelogs_come_in_batches_too_and_are_not_booked(scene) -> None:
    async def scenario():
        consumer, _ = scene.build()
        consumer._active_partitions = {LOG}
        assert await batches(consumer) == {}
        await consumer.seek_wait({LOG: 40})
        assert await batches(consumer) == {LOG: (40, 49)}
        assert consumer.ledger.committable(LOG) is None

    asyncio.run(scenario())


def test_how_far_a_changelog_was_read_is_told_between_two_fetches(scene) -> None:
    async def scenario():
        consumer, thread = scene.build()
        consumer._active_partitions = {LOG}
        assert await consumer.is_past(LOG, 9) == (False, -1)
        await consumer.seek_wait({LOG: 0})
        thread.gate = asyncio.Event()
        fetching = asyncio.create_task(batches(consumer))
        await asyncio.sleep(0.01)
        asking = asyncio.create_task(consumer.is_past(LOG, 9))
        await asyncio.sleep(0.01)
        assert not asking.done()  # a fetch is on its way
        thread.gate.set()
        assert await asking == (True, 9)
        await fetching
        await consumer.seek_wait({LOG: 0})
        assert await consumer.is_past(LOG, 9) == (False, -1)  # what was read before a seek says nothing

    asyncio.run(scenario())


def test_one_tick_commits_all_that_was_acked_in_a_row(scene) -> None:
    async def scenario():
        consumer, thread = scene.build()
        scene.app.producer.flush = no_wait
        await consumer.perform_seek()
        deliveries = []
        for _ in range(5):
            async for tp, message in consumer.getmany(timeout=1.0):
                if tp == A:
                    deliveries.append(message.value.delivery)
        for delivery in [*deliveries[:3], deliveries[4]]:
            assert consumer.finish(delivery)
        await consumer.commit()
        assert thread.committed == {A: 30}
        assert consumer.ledger.accounts[A].committed == 30
        consumer.finish(deliveries[3])
        await consumer.commit()
        await consumer.commit()
        assert thread.committed == {A: 50}

    asyncio.run(scenario())


def test_acks_from_before_a_seek_are_not_committed(scene) -> None:
    async def scenario():
        consumer, thread = scene.build()
        scene.app.producer.flush = no_wait
        await consumer.perform_seek()
        async for _, message in consumer.getmany(timeout=1.0):
            old = message.value.delivery
        await consumer.perform_seek()
        assert not consumer.finish(old)
        await consumer.commit()
        assert thread.committed == {}

    asyncio.run(scenario())


async def no_wait() -> None:
    """Stand in for the producer's flush."""
