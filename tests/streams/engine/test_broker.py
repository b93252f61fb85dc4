"""On a live broker: nothing is lost, state is exact and every output is there, whatever is killed."""

import asyncio
import os
import random
import time
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer

from streams.engine.app import FAILED
from streams.engine.highwater import true_highwater
from streams.engine.tp import TP
from tests.streams.engine.counting import make
from tests.streams.engine.live import PARTITIONS, Bench, working

# Read before the fixtures clear the environment.
ASKED = os.environ.get("KAFKA_BOOTSTRAP_SERVERS_TEST")

pytestmark = [pytest.mark.broker, pytest.mark.slow]


@pytest.fixture(scope="module")
def bootstrap(request: pytest.FixtureRequest) -> str:
    if ASKED:
        return ASKED
    return str(request.getfixturevalue("broker").bootstrap)


def numbered(start: int, end: int) -> list[tuple[bytes, bytes]]:
    return [(b"k%d" % (n % 500), b"poison" if n % 4000 == 3999 else b"%d" % n) for n in range(start, end)]


def verify(bench: Bench, ids: list[bytes]) -> None:
    want_ids = {b"%s:%d" % (key, n + 1) for key, count in bench.want.items() for n in range(count)}
    assert set(ids) == want_ids
    assert bench.counts() == dict(bench.want)
    index = {row.split(b"|")[2]: int(row.split(b"|")[1]) for row in bench.state("index-changelog")}
    assert index == dict(bench.want)
    assert bench.committed() == bench.lengths()


@pytest.mark.parametrize("store", ["memory://", "rocksdb://"])
def test_three_kills_lose_nothing(bootstrap: str, tmp_path: Path, store: str) -> None:
    bench = Bench(bootstrap, tmp_path, store)
    bench.feed(numbered(0, 5000))
    with working(bench, pause=0.0005) as worker:
        for step in range(3):
            bench.wait_for_outputs(1 + 4000 * step, worker)
            bench.feed(numbered(5000 * (step + 1), 5000 * (step + 2)))
            time.sleep(random.uniform(0.1, 1.5))
            worker.kill()
            worker.start()
        ids = bench.wait_for_outputs(sum(bench.want.values()), worker)
        bench.wait_committed()
        assert worker.terminate() < 10
    verify(bench, ids)
    assert {dict(m.headers())["reason"] for m in bench.read("dead")} == {b"ValueError('poisoned')"}


def test_recovery_reads_every_row_of_batched_changelogs(bootstrap: str, tmp_path: Path) -> None:
    bench = Bench(bootstrap, tmp_path)
    keys = [b"r%d" % n for n in range(800)]
    for key in keys:
        bench.producer.produce(bench.topic("counts-changelog"), key=key, value=b"7,-1")
    bench.producer.flush(30)
    bench.feed((key, b"x") for key in keys)
    with working(bench) as worker:
        ids = bench.wait_for_outputs(len(keys), worker)
    assert set(ids) == {key + b":8" for key in keys}


def test_a_stop_commits_and_the_next_start_repeats_nothing(bootstrap: str, tmp_path: Path) -> None:
    bench = Bench(bootstrap, tmp_path)
    bench.feed(numbered(0, 3000))
    for end in (6000, 9000):
        with working(bench) as worker:
            ids = bench.wait_for_outputs(sum(bench.want.values()), worker)
            bench.wait_for_rows()  # outputs come first: a batch that a stop strikes there is repeated
            assert worker.terminate() < 10
        assert len(ids) == len(set(ids))
        assert bench.committed() == bench.lengths()
        bench.feed(numbered(end - 3000, end))


def test_large_records_pass_and_too_large_ones_are_parked(bootstrap: str, tmp_path: Path) -> None:
    bench = Bench(bootstrap, tmp_path)
    large = os.urandom(6 << 20)
    bench.feed([(b"a", large), (b"b", b"grow:1600000"), (b"c", b"small")])
    bench.want.clear()
    with working(bench) as worker:
        bench.wait_for_outputs(2, worker)
    values = {message.key(): message.value() for message in bench.read("out")}
    assert values == {b"a": large, b"c": b"small"}
    (parked,) = bench.read("dead")
    assert parked.key() == b"b" and b"RecordTooLarge" in dict(parked.headers())["reason"]


def test_true_ends_after_batches_of_many_records(bootstrap: str, tmp_path: Path) -> None:
    bench = Bench(bootstrap, tmp_path)
    for round_ in range(8):
        bench.feed((b"k%d" % n, b"%d" % round_) for n in range(100))

    async def ends() -> dict[TP, int]:
        consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, fetch_max_wait_ms=100)
        await consumer.start()
        try:
            topics = [bench.topic("in"), bench.topic("out")]
            return await true_highwater(consumer, [TP(t, p) for t in topics for p in range(PARTITIONS)])
        finally:
            await consumer.stop()

    found = asyncio.run(ends())
    assert {tp.partition: end for tp, end in found.items() if tp.topic == bench.topic("in")} == bench.lengths()
    assert {end for tp, end in found.items() if tp.topic == bench.topic("out")} == {0}


def test_the_producer_knows_whether_it_is_idempotent(
    bootstrap: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if ASKED:
        pytest.skip("what the broker can do is not known")
    lacks = request.getfixturevalue("broker").lacks

    async def start() -> bool:
        app = make(bootstrap, "eng-idempotent", "memory://", str(tmp_path))
        await app.producer.start()
        try:
            return app.idempotent
        finally:
            await app.producer.stop()

    assert asyncio.run(start()) is ("idempotent_aiokafka" not in lacks)


def test_a_worker_that_gets_nothing_done_is_ended_and_the_next_one_loses_nothing(
    bootstrap: str, tmp_path: Path
) -> None:
    bench = Bench(bootstrap, tmp_path)
    bench.feed(numbered(0, 1000))
    with working(bench, module="stuck") as stuck:
        assert stuck.process.wait(60) == FAILED, stuck.last_words()
        assert "nothing was committed for" in stuck.last_words()
    with working(bench) as worker:
        ids = bench.wait_for_outputs(sum(bench.want.values()), worker)
        assert worker.terminate() < 10
    verify(bench, ids)
