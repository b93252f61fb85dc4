"""Recovery seeks, then clears, then resumes; and its ends are true."""

import asyncio
from types import SimpleNamespace

import pytest
from faust.types import TP

from streams.engine.app import EngineApp
from streams.engine.batch import Batch
from tests.streams.engine.fakes import fetched

IN, LOG = TP("in", 0), TP("app-t-changelog", 0)


class Scene:
    def __init__(self) -> None:
        self.log: list[str] = []
        self.app = EngineApp("app", broker="kafka://127.0.0.1:1", exit_process=lambda code: self.log.append(str(code)))
        self.table = self.app.batch_table("t", ordered=True)
        self.recovery = self.app.tables.recovery
        self.app.consumer_generation_id = 5
        self.app.rebalancing_count = self.recovery._rebalance = 1
        self.during_seek = lambda: None
        self.app.consumer = SimpleNamespace(
            assignment=lambda: {IN, LOG},
            perform_seek=self.perform_seek,
            topic_partitions=lambda topic: 1,
            resume_flow=lambda: self.log.append("flow"),
            resume_partitions=lambda tps: self.log.append(f"resume {sorted(tps)}"),
        )
        self.app.flow_control.clear = lambda: self.log.append("clear")
        self.app.assignor = SimpleNamespace(assigned_standbys=set)
        self.app.__dict__["_fetcher"] = SimpleNamespace(maybe_start=self.start_fetcher)

    async def perform_seek(self) -> None:
        self.log.append("seek")
        self.during_seek()

    async def start_fetcher(self) -> None:
        self.log.append("fetch")

    def event(self, tp: TP, rows, first: int = 0):
        records = [fetched(first + n) for n in range(len(rows))]
        for record, (key, value) in zip(records, rows, strict=True):
            record.key, record.value = key, value
        return SimpleNamespace(value=Batch(tp, records, None))


@pytest.mark.parametrize("method", ["on_recovery_completed", "_resume_streams"])
def test_streams_are_resumed_only_after_seek_and_clear(method: str) -> None:
    async def scenario() -> None:
        scene = Scene()
        await getattr(scene.recovery, method)(5)
        assert scene.log == ["seek", "clear", "flow", f"resume {[IN]}", "fetch"]
        assert scene.recovery.completed.is_set() and not scene.app.rebalancing

    asyncio.run(scenario())


@pytest.mark.parametrize("sign", ["consumer_generation_id", "rebalancing_count"])
def test_a_rebalance_during_the_seek_leaves_the_streams_stopped(sign: str) -> None:
    async def scenario() -> None:
        scene = Scene()
        scene.during_seek = lambda: setattr(scene.app, sign, 6)
        await scene.recovery.on_recovery_completed(5)
        assert scene.log == ["seek"]

    asyncio.run(scenario())


def test_batches_of_a_changelog_become_rows_in_order() -> None:
    async def scenario() -> None:
        scene = Scene()
        scene.recovery.active_tps.add(LOG)
        scene.table.apply_changelog_batch(
            [
                scene.event(LOG, [(b"a", b"1"), (b"b", b"1"), (b"a", b"2")]),
                scene.event(LOG, [(b"b", None), (b"c", b"")], first=3),
                scene.event(TP("unknown", 0), [(b"x", b"1")]),
            ]
        )
        rows = scene.table.rows
        assert list(rows.scan(0, b"\0", b"\xff")) == [(b"a", b"2"), (b"c", b"")]
        assert rows.offset(0) == 4
        assert scene.table.persisted_offset(LOG) == 4

    asyncio.run(scenario())


def test_standbys_are_not_kept_in_memory() -> None:
    async def scenario() -> None:
        scene = Scene()
        scene.table.apply_changelog_batch([scene.event(LOG, [(b"a", b"1")])])
        assert scene.table.rows.offset(0) is None

    asyncio.run(scenario())


def test_a_changelog_that_cannot_be_applied_ends_the_process() -> None:
    async def scenario() -> None:
        scene = Scene()
        scene.table.apply_changelog_batch([SimpleNamespace(value=None)])
        assert scene.log == ["70"]

    asyncio.run(scenario())


def test_rows_of_partitions_that_left_or_came_are_dropped() -> None:
    async def scenario() -> None:
        scene = Scene()
        logs = [TP("app-t-changelog", p) for p in range(3)]
        for tp in logs:
            scene.table.rows.write(tp.partition, [(b"k%d" % tp.partition, b"1")], 7)
        await scene.table.on_rebalance(set(logs[1:]), {logs[0], TP("in", 1)}, {logs[2]})
        assert [scene.table.rows.offset(p) for p in range(3)] == [None, 7, None]

    asyncio.run(scenario())


def test_recovery_starts_where_the_store_is_and_nowhere_else() -> None:
    async def scenario() -> None:
        scene = Scene()
        scene.recovery.active_offsets[LOG] = 50  # of an earlier assignment
        scene.recovery.add_active(scene.table, LOG)
        assert scene.recovery.active_offsets[LOG] is None
        scene.table.rows.write(0, [], 7)
        scene.recovery.add_active(scene.table, LOG)
        assert scene.recovery.active_offsets[LOG] == 7

    asyncio.run(scenario())


def test_a_hole_at_the_end_of_a_changelog_is_passed() -> None:
    async def scenario() -> None:
        scene = Scene()
        recovery = scene.recovery
        recovery.active_highwaters[LOG], recovery.active_offsets[LOG] = 99, 90
        seen = (False, 90)

        async def is_past(tp: TP, end: int) -> tuple[bool, int]:
            return seen

        scene.app.consumer.is_past = is_past
        await recovery._pass_hole(LOG)
        assert recovery.need_recovery()
        seen = (True, 90)
        await recovery._pass_hole(LOG)
        assert not recovery.need_recovery()

    asyncio.run(scenario())


def test_what_was_read_and_has_not_arrived_is_no_hole() -> None:
    async def scenario() -> None:
        scene = Scene()
        recovery = scene.recovery
        recovery.active_highwaters[LOG], recovery.active_offsets[LOG] = 64, -1

        async def is_past(tp: TP, end: int) -> tuple[bool, int]:
            return True, 64  # the client's position is behind a batch that is still on its way

        scene.app.consumer.is_past = is_past
        await recovery._pass_hole(LOG)
        assert recovery.need_recovery()

    asyncio.run(scenario())


def test_a_hole_is_not_passed_for_another_rebalance() -> None:
    async def scenario() -> None:
        scene = Scene()
        recovery = scene.recovery
        recovery.active_highwaters[LOG], recovery.active_offsets[LOG] = 99, 90

        async def is_past(tp: TP, end: int) -> tuple[bool, int]:
            recovery._rebalance += 1
            return True, 90

        scene.app.consumer.is_past = is_past
        await recovery._pass_hole(LOG)
        assert recovery.need_recovery()

    asyncio.run(scenario())
