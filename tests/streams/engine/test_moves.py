"""On a live broker: partitions that move to others, and back, while they are worked on; and records that raise."""

from pathlib import Path

import pytest

from tests.brokers import Broker
from tests.streams.engine.live import Bench, working
from tests.streams.engine.test_broker import numbered, verify

pytestmark = [pytest.mark.broker, pytest.mark.slow]

STORES = ["memory://", "rocksdb://"]


def test_w02_the_records_that_raise_are_parked_alone_with_their_bytes(broker: Broker, tmp_path: Path) -> None:
    bench = Bench(broker.bootstrap, tmp_path)
    raising = {b"k%d" % n: b"poison %d" % n for n in (0, 7, 8, 299)}
    bench.feed((b"k%d" % n, raising.get(b"k%d" % n, b"%d" % n)) for n in range(300))
    bench.feed((b"k%d" % n, b"after") for n in range(300))

    with working(bench) as worker:
        ids = bench.wait_for_outputs(sum(bench.want.values()), worker)
        bench.wait_committed()
        assert worker.terminate() < 10

    verify(bench, ids)
    assert len(ids) == len(set(ids))
    parked = bench.read("dead")
    assert {one.key(): one.value() for one in parked} == raising
    assert len(parked) == len(raising)
    assert {dict(one.headers())["reason"] for one in parked} == {b"ValueError('poisoned')"}


@pytest.mark.kafka
@pytest.mark.parametrize("store", STORES)
def test_w10_a_worker_paused_past_its_session_changes_nothing_when_it_goes_on(
    broker: Broker, tmp_path: Path, store: str
) -> None:
    bench = Bench(broker.bootstrap, tmp_path, store)
    bench.feed(numbered(0, 6000))
    with working(bench, pause=0.001) as paused, working(bench, pause=0.001, host="second") as successor:
        bench.wait_for_outputs(500, paused)
        paused.freeze()
        # All is done when it goes on: rows it still had in hand would be the last that are written.
        bench.wait_for_outputs(sum(bench.want.values()), successor)
        bench.wait_committed()
        joined = paused.said("Setting newly assigned partitions")
        paused.thaw()
        paused.wait_for_log("Setting newly assigned partitions", joined + 1)
        paused.wait_for_log("Worker ready", 2)
        ids = bench.output_ids()
        assert (paused.terminate(), successor.terminate()) < (10, 10)
    verify(bench, ids)


@pytest.mark.kafka
@pytest.mark.parametrize("store", STORES)
def test_rows_are_exact_where_partitions_go_away_and_come_back(broker: Broker, tmp_path: Path, store: str) -> None:
    bench = Bench(broker.bootstrap, tmp_path, store)
    bench.feed(numbered(0, 2000))
    with working(bench, pause=0.001) as first:
        bench.wait_for_outputs(500, first)
        for join in range(2):
            with working(bench, pause=0.001, host=f"guest {join}") as guest:
                bench.feed(numbered(2000 * (join + 1), 2000 * (join + 2)))
                guest.wait_for_log("Worker ready")
                bench.wait_for_outputs(1500 * (join + 1), first)
                guest.terminate() if join else guest.kill()
        ids = bench.wait_for_outputs(sum(bench.want.values()), first)
        bench.wait_committed()
        assert first.terminate() < 10
    verify(bench, ids)
