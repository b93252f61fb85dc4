"""Small batches that wait together go together; a process's loggers and collector are set up for batches."""

import asyncio
import logging

from faust.utils.terminal import SpinnerHandler

from streams.engine.app import _mute_spinner
from streams.engine.records import OutRecord
from streams.engine.runner import _TOGETHER, Runner
from streams.engine.slices import Decider
from streams.engine.tp import TP
from tests.streams.engine.fakes import FakeEngine
from tests.streams.engine.test_runner import FakeTable, settle

P0, OTHER = TP("in", 0), TP("other", 0)


def build():
    engine, seen = FakeEngine(), []

    def handler(records, rows):
        seen.append([(one.topic, one.offset) for one in records])
        return [OutRecord("out", one.partition, None, b"v") for one in records]

    tables = [FakeTable("state", engine)]
    return engine, seen, Runner(engine, "agent", Decider(handler, lambda record, error: [], 1000), tables)


def test_what_waits_behind_goes_along_and_is_acked_in_order() -> None:
    async def scenario():
        engine, seen, runner = build()
        for first in (0, 2, 4, 6):
            runner.submit(engine.batch(P0, first, first + 1))
        await settle(runner)
        assert [offset for part in seen for _, offset in part] == list(range(8))
        assert len([entry for entry in engine.log if entry == ("send", "out")]) == 1
        assert [entry for entry in engine.log if entry[0] == "done"] == [("done", n, True) for n in (0, 2, 4, 6)]
        assert engine.ledger.committable(P0) == 8

    asyncio.run(scenario())


def test_another_topic_and_large_batches_go_by_themselves() -> None:
    async def scenario():
        engine, seen, runner = build()
        runner.submit(engine.batch(P0, 0, 1))
        runner.submit(engine.batch(OTHER, 0, 1))
        runner.submit(engine.batch(P0, 2, 1 + _TOGETHER))
        runner.submit(engine.batch(P0, 2 + _TOGETHER, 2 + _TOGETHER))
        await settle(runner)
        assert all(len({topic for topic, _ in part}) == 1 for part in seen)
        assert len([entry for entry in engine.log if entry == ("send", "out")]) == 4

    asyncio.run(scenario())


def test_a_batch_of_another_epoch_goes_by_itself() -> None:
    async def scenario():
        engine, _, runner = build()
        old = engine.batch(P0, 0, 1)
        engine.ledger.open([P0])
        runner.submit(old)
        runner.submit(engine.batch(P0, 0, 1))
        await settle(runner)
        assert engine.ledger.committable(P0) == 2

    asyncio.run(scenario())


def test_debug_lines_are_made_only_for_who_reads_them() -> None:
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    reader = logging.NullHandler(logging.WARNING)
    try:
        root.handlers[:] = [reader, SpinnerHandler(None, level=logging.DEBUG)]
        root.setLevel(logging.DEBUG)
        _mute_spinner()
        assert root.handlers == [reader]
        assert not logging.getLogger("aiokafka").isEnabledFor(logging.INFO)
        _mute_spinner()
        assert root.level == logging.WARNING
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
