"""A batch becomes durable in the one order that loses nothing, or leaves nothing behind."""

import asyncio
import types

import pytest

from streams.engine.overlay import Overlay
from streams.engine.records import OutRecord
from streams.engine.runner import Runner
from streams.engine.slices import Decider
from streams.engine.tp import TP
from tests.streams.engine.fakes import EmptyStore, FakeEngine

P0, P1 = TP("in", 0), TP("in", 1)


class FakeTable:
    def __init__(self, name: str, engine: FakeEngine) -> None:
        self.name = name
        self.engine = engine
        self.applied: list = []

    def overlay(self, partition, limit):
        return Overlay(EmptyStore(), partition, ordered=True, limit=limit)

    def changelog_records(self, partition, changes):
        return [OutRecord(f"{self.name}-log", partition, key, value) for key, value in changes.items()]

    def apply(self, partition, changes, offset):
        self.engine.log.append(("store", self.name))
        self.applied.append((partition, dict(changes), offset))


def writing(records, rows):
    for one in records:
        for table in rows.values():
            table.put(b"%d" % one.offset, b"v")
    return [OutRecord("out", one.partition, None, b"v") for one in records]


def build(handler=writing):
    engine = FakeEngine()
    tables = [FakeTable("due", engine), FakeTable("state", engine)]
    runner = Runner(engine, "agent", Decider(handler, lambda record, error: [], 1000), tables)
    return engine, tables, runner


async def settle(runner: Runner) -> None:
    for _ in range(1000):
        if runner.is_idle:
            return
        await asyncio.sleep(0)
    pytest.fail("batches still in work")


def run(scenario) -> None:
    asyncio.run(scenario())


def test_outputs_then_changelogs_then_store_then_ack() -> None:
    async def scenario():
        engine, tables, runner = build()
        runner.submit(engine.batch(P0, 0, 2))
        await settle(runner)
        assert engine.log == [
            ("send", "out"),
            ("acked", "out"),
            ("send", "due-log"),
            ("acked", "due-log"),
            ("send", "state-log"),
            ("acked", "state-log"),
            ("store", "due"),
            ("store", "state"),
            ("done", 0, True),
        ]
        assert tables[0].applied == [(0, {b"0": b"v", b"1": b"v", b"2": b"v"}, 2)]
        assert engine.ledger.committable(P0) == 3
        assert engine.ledger.accounts[P0].records == 3

    run(scenario)


def test_a_batch_without_outputs_and_rows_is_acked() -> None:
    async def scenario():
        engine, _, runner = build(lambda records, rows: [])
        runner.submit(engine.batch(P0, 0, 2))
        await settle(runner)
        assert engine.log == [("done", 0, True)]

    run(scenario)


@pytest.mark.parametrize("topic", ["out", "due-log", "state-log"])
def test_a_failed_send_ends_the_process_and_acks_nothing(topic: str) -> None:
    async def scenario():
        engine, tables, runner = build()

        async def refuse(topics):
            if topic in topics:
                raise OSError("broker gone")

        engine.before_send = refuse
        runner.submit(engine.batch(P0, 0, 2))
        runner.submit(engine.batch(P0, 3, 4))
        await settle(runner)
        assert [str(error) for error in engine.failures] == ["broker gone"]
        assert tables[0].applied == tables[1].applied == []
        assert engine.ledger.committable(P0) is None
        runner.submit(engine.batch(P0, 5, 6))
        await settle(runner)
        assert engine.ledger.committable(P0) is None

    run(scenario)


@pytest.mark.parametrize("stage", ["out", "due-log", "state-log"])
@pytest.mark.parametrize("event", ["revoked", "suspended"])
def test_a_batch_of_an_old_epoch_writes_no_more(stage: str, event: str) -> None:
    async def scenario():
        engine, tables, runner = build()

        async def interrupt(topics):
            if stage in topics:
                if event == "revoked":
                    engine.ledger.close([P0])
                else:
                    engine.flowing = False

        engine.before_send = interrupt
        runner.submit(engine.batch(P0, 0, 2))
        await settle(runner)
        assert engine.log[-1] == ("acked", stage)  # nothing after what was already on its way
        assert tables[0].applied == tables[1].applied == []
        assert engine.failures == []
        assert engine.ledger.committable(P0) is None

    run(scenario)


def test_a_batch_that_is_old_on_arrival_is_not_even_handled() -> None:
    async def scenario():
        engine, _, runner = build(lambda records, rows: pytest.fail("handled"))
        batch = engine.batch(P0, 0, 2)
        engine.ledger.open([P0])
        runner.submit(batch)
        await settle(runner)
        assert engine.log == []

    run(scenario)


def test_partitions_run_side_by_side_and_one_never_overtakes_itself() -> None:
    async def scenario():
        engine, _, runner = build()
        gate = asyncio.Event()
        running: set[int] = set()

        def handler(records, rows):
            running.add(records[0].partition)
            return writing(records, rows)

        runner._decider.handler = handler

        async def wait(topics):
            if "out" in topics:
                await gate.wait()

        engine.before_send = wait
        for first in (0, 10):
            for tp in (P0, P1):
                runner.submit(engine.batch(tp, first, first + 9))
        for _ in range(20):
            await asyncio.sleep(0)
        assert running == {0, 1}
        assert [entry for entry in engine.log if entry[0] == "send"] == [("send", "out")] * 2
        gate.set()
        await settle(runner)
        dones = [entry[1] for entry in engine.log if entry[0] == "done"]
        assert sorted(dones) == [0, 0, 10, 10] and dones[:2] != [10, 10]
        assert engine.ledger.committable(P0) == engine.ledger.committable(P1) == 20

    run(scenario)


def test_topics_of_one_agent_share_the_lane_of_their_partition() -> None:
    async def scenario():
        seen = []
        engine, _, runner = build()

        async def note(topics):
            if "out" in topics:
                seen.append("begin")
                await asyncio.sleep(0.01)
                seen.append("end")

        engine.before_send = note
        runner.submit(engine.batch(TP("a", 0), 0, 0))
        runner.submit(engine.batch(TP("b", 0), 0, 0))
        while not runner.is_idle:
            await asyncio.sleep(0.001)
        assert seen == ["begin", "end"] * 2

    run(scenario)


def test_a_partition_that_is_behind_is_held_and_released() -> None:
    async def scenario():
        engine, _, runner = build()
        for n in range(4):
            runner.submit(engine.batch(P0, n, n))
        assert engine.held == {P0}
        await settle(runner)
        assert engine.held == set()
        assert engine.ledger.committable(P0) == 4

    run(scenario)


def test_a_handler_is_given_slices_and_the_loop_turns_between() -> None:
    async def scenario():
        turns = 0
        sizes: list[int] = []

        def handler(records, rows):
            sizes.append(len(records))
            return []

        engine, _, runner = build(handler)
        runner.submit(engine.batch(P0, 0, 4999))
        while not runner.is_idle:
            turns += 1
            await asyncio.sleep(0)
        assert sum(sizes) == 5000 and max(sizes) <= 1000 and turns >= len(sizes)
        assert types.SimpleNamespace(n=engine.ledger.committable(P0)).n == 5000

    run(scenario)
