"""`make chaos`: kill the service again and again on a real Kafka, and count what was lost or doubled.

`python -m bench.chaos --kills 20 --records 200000 --workers 3 --broker-restarts 1 --redis-restarts 1 --seed 11`
"""

import argparse
import json
import logging
import platform
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path

from bench.chaos_count import Counted, count, count_told
from bench.chaos_run import Campaign, Plan, StuckError, Told
from cli.simulation import world
from cli.simulation.recordings import lines
from cli.simulation.timing import seconds
from schemas.codec import parse_rfc3339
from schemas.recording import RawRecord, read_recording
from sinks.settings import StoreKind
from tests.brokers import KAFKA_VERSION
from tests.service.harness import bench

SESSION_SECONDS = 6
_RECORDS_OF_A_PARCEL = 14
_DAYS = 2


def main() -> int:
    """Run one campaign as asked; 1 where something was lost, doubled or stuck."""
    asked = _options()
    # Its clients complain of a broker that is away; here it is, and on purpose.
    logging.getLogger("wismo.kafka").setLevel(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp(prefix="wismo-chaos-"))
    records = recording(asked.seed, asked.records)
    plan = Plan(
        kills=asked.kills,
        workers=asked.workers,
        in_recovery=min(5, asked.kills // 2),
        in_rebalance=min(3, asked.kills // 4),
        broker_kills=asked.broker_restarts,
        broker_stops=asked.broker_stops,
        redis_restarts=asked.redis_restarts,
        seed=asked.seed,
    )
    print(f"{len(records)} records, logs in {folder}", file=sys.stderr)
    try:
        told, found = campaign(folder, plan, records, store=asked.store, partitions=asked.partitions)
    except StuckError as error:
        print(f"stuck: {error}; see the logs in {folder}", file=sys.stderr)
        return 1
    _print(plan, told, found, asked.store)
    if found.wrong:
        return 1
    shutil.rmtree(folder)
    return 0


def recording(seed: int, records: int) -> list[RawRecord]:
    """The first so many records of a simulated recording of two days."""
    start = seconds(parse_rfc3339("2026-03-02T00:00:00Z"))
    written = lines(world.build(seed, start, _DAYS), records // _RECORDS_OF_A_PARCEL + 50, lambda trouble: None)
    return list(islice(read_recording(written), records))


def campaign(
    folder: Path, plan: Plan, records: list[RawRecord], *, store: str = StoreKind.MEMORY, partitions: int = 6
) -> tuple[Told, Counted]:
    """Run a plan and count; raises `StuckError` where the work does not end."""
    env = {"WISMO_SESSION_TIMEOUT_SECONDS": str(SESSION_SECONDS), "WISMO_STORE": str(store)}
    with bench(folder, partitions=partitions, **env) as running:
        run = Campaign(running, plan, lambda line: print(line, file=sys.stderr, flush=True))
        run.run(records)
        found = count(running, records)
        if plan.sinks:
            count_told(running, found, run.views, redis_lost=plan.redis_restarts)
        return run.told, found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=20, help="SIGKILLs of workers")
    parser.add_argument("--records", type=int, default=40_000)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--partitions", type=int, default=6)
    parser.add_argument("--broker-restarts", type=int, default=1, help="restarts of Kafka after SIGKILL")
    parser.add_argument("--broker-stops", type=int, default=0, help="restarts of Kafka after SIGTERM")
    parser.add_argument("--redis-restarts", type=int, default=1, help="SIGKILLs of a Redis that keeps nothing")
    parser.add_argument("--store", choices=[*StoreKind], default=StoreKind.MEMORY)
    parser.add_argument("--seed", type=int, default=11)
    return parser.parse_args()


def _print(plan: Plan, told: Told, found: Counted, store: str) -> None:
    kinds = ", ".join(f"{number} in {phase}" for phase, number in sorted(told.phases().items()))
    rows = {"kills": f"{len(told.kills)} ({kinds})", "assignments": told.assignments, **found.numbers}
    for name, value in rows.items():
        print(f"{name:20} {value:>12,}" if isinstance(value, int) else f"{name:20} {value}", file=sys.stderr)
    for wrong in found.wrong:
        print(f"WRONG: {wrong}", file=sys.stderr)
    line = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"), "what": "chaos", "kafka": KAFKA_VERSION,
        "faust": version("faust-streaming"), "python": platform.python_version(), "store": store,
        "workers": plan.workers, "seed": plan.seed, "kills": len(told.kills), "phases": dict(told.phases()),
        "broker_kills": plan.broker_kills, "broker_stops": plan.broker_stops, "exits": dict(told.exits),
        "assignments": told.assignments, "seconds": round(told.seconds, 1), **found.numbers, "wrong": found.wrong,
    }  # fmt: skip
    print(json.dumps(line))


if __name__ == "__main__":
    sys.exit(main())
