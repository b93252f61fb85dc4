"""The crash campaign in short: two workers between which partitions move, killed; what they wrote is counted anew."""

from pathlib import Path

import pytest

from bench.chaos import campaign, recording
from bench.chaos_phase import Phase, PhaseReader
from bench.chaos_run import Plan
from sinks.settings import StoreKind

RECORDS = 2_500


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.parametrize("store", list(StoreKind))
def test_nothing_is_lost_or_doubled_while_partitions_move(tmp_path: Path, store: StoreKind) -> None:
    plan = Plan(kills=3, workers=2, in_recovery=1, sinks=False, seed=5)
    told, found = campaign(tmp_path, plan, recording(5, RECORDS), store=store, partitions=4)
    assert found.wrong == []
    assert found.numbers["raw"] == RECORDS
    assert found.numbers["events"] > RECORDS / 2
    assert len(told.kills) >= plan.kills and told.phases()[Phase.RECOVERY] >= 1
    assert not told.exits


def test_phases_are_read_from_the_log(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_bytes(b"[^---EngineRecovery]: Worker ready\n")
    reader = PhaseReader(log)
    assert reader.now() is Phase.STARTING
    for line, phase in (
        (b"(Re-)joining group wismo\n", Phase.REBALANCE),
        (b"Setting newly assigned partitions\n| shipment-events | {1} |\n", Phase.RECOVERY),
        (b"[^---EngineRecovery]: Worker", Phase.RECOVERY),
        (b" ready\n", Phase.FLOWING),
        (b"Heartbeat failed for group wismo because it is rebalancing\n", Phase.REBALANCE),
    ):
        with log.open("ab") as more:
            more.write(line)
        assert reader.now() is phase
    assert reader.assignments == 1
