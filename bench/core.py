"""The parts without a broker: reading senders' messages, the hops one by one, the carrier tables."""

import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from bench.ground import recording
from bench.results import say
from rules.loading import load_policy
from rules.normalize import parse_scans
from rules.pipeline.hops import LinkHop, TrackHop, route_batch
from rules.pipeline.memory import MemoryRows
from rules.pipeline.records import Out, Record
from rules.pipeline.replay import Replay, record_of
from schemas.recording import RawRecord
from schemas.words import LINK_EVENTS, SHIPMENT_EVENTS

COMMAND: Final = "python -m bench core"
RUNS: Final = 5
BATCH: Final = 500
SAMPLES: Final = "WISMO_BENCH_SAMPLES"
_TABLES: Final = """
import csv, dataclasses, functools, importlib.resources
from time import process_time
from rules.normalize.tables import PAIRS, load_pairs, load_table, table_names
began = process_time()
for name in table_names():
    load_pairs(name) if name in PAIRS else load_table(name)
print(process_time() - began, len(table_names()))
"""


def median_cpu(work: Callable[[], object], runs: int = RUNS) -> float:
    """Median CPU seconds of so many runs."""
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds)


def measure(shipments: int = 1500) -> None:
    """Say every part's cost."""
    records = recording(shipments)
    tables()
    normalising(_by_source(records), "recording")
    normalising(_samples(), "samples")
    hops(records)
    deciding(records)


def tables() -> None:
    """CPU to load every carrier table in a fresh interpreter, imports left out."""
    runs = [
        subprocess.run([sys.executable, "-c", _TABLES], capture_output=True, text=True, check=True).stdout.split()
        for _ in range(RUNS)
    ]
    say(
        "tables", COMMAND, cpu_ms=statistics.median(float(seconds) for seconds, _ in runs) * 1e3, tables=int(runs[0][1])
    )


def normalising(by_source: dict[str, list[bytes]], of: str) -> None:
    """CPU a scan of each source, and the median over the sources."""
    costs: dict[str, float] = {}
    counts: dict[str, int] = {}
    for source, values in sorted(by_source.items()):
        scans = sum(len(parsed) for value in values if isinstance(parsed := parse_scans(source, value), tuple))
        if scans:
            repeated = values * max(1, 300 // scans)
            cost = median_cpu(lambda source=source, values=repeated: [parse_scans(source, v) for v in values])  # type: ignore[misc]
            costs[source], counts[source] = cost / (scans * len(repeated) / len(values)) * 1e6, scans
    if costs:
        median = statistics.median(costs.values())
        say(f"normalize/{of}", COMMAND, scans=sum(counts.values()), us_median_of_senders=median, us_per_scan=costs)


def _by_source(records: Iterable[RawRecord]) -> dict[str, list[bytes]]:
    found: defaultdict[str, list[bytes]] = defaultdict(list)
    for record in records:
        if record.topic == "carrier-scans" and record.value:
            found[record.headers["source"]].append(record.value)
    return found


def _samples() -> dict[str, list[bytes]]:
    """Senders' own messages where there are any: a folder a sender, JSON only."""
    folder = Path(os.environ.get(SAMPLES, Path(__file__).parent.parent.parent / "shared/carriers/payloads"))
    found: defaultdict[str, list[bytes]] = defaultdict(list)
    for file in sorted(folder.glob("*/*.json")):
        found[file.parent.name].append(file.read_bytes())
    return found


def hops(records: Sequence[RawRecord]) -> None:
    """CPU a raw record of the three hops, one after the other, in batches, no engine around them."""
    raw = [record_of(record, number) for number, record in enumerate(records)]
    scans = sum(record.topic == "carrier-scans" for record in raw)
    routing = median_cpu(lambda: _route(raw), 3)
    outs = _route(raw)
    links = _read(LINK_EVENTS, outs)
    linking = median_cpu(lambda: _hop(LINK_EVENTS, links), 3)
    facts = _read(SHIPMENT_EVENTS, [*outs, *_hop(LINK_EVENTS, links)])
    tracking = median_cpu(lambda: _hop(SHIPMENT_EVENTS, facts), 3)
    parts = {"route": routing, "link": linking, "track": tracking}
    say(
        "hops",
        COMMAND,
        records=len(raw),
        scan_records=scans,
        facts=len(facts),
        us_per_record={name: seconds / len(raw) * 1e6 for name, seconds in parts.items()},
        us_all=sum(parts.values()) / len(raw) * 1e6,
    )


def _route(raw: Sequence[Record]) -> list[Out]:
    told: set[tuple[str, datetime]] = set()
    return [out for part in _batches(raw) for out in route_batch(part, told)]


def _hop(topic: str, records: Sequence[Record]) -> list[Out]:
    rows, due, policy = MemoryRows(), MemoryRows(), load_policy(None)
    outs: list[Out] = []
    for part in _batches(records):
        linking = topic == LINK_EVENTS
        of = LinkHop if linking else TrackHop
        hop = of(rows, due, 0, 1, policy, strict=False)
        outs += [out for record in part for out in hop.handle(record)]
        hop.save()
    return outs


def _batches(records: Sequence[Record]) -> Iterable[Sequence[Record]]:
    # A batch is of one topic, as in the service.
    by_topic: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_topic[record.topic].append(record)
    for of in by_topic.values():
        yield from (of[start : start + BATCH] for start in range(0, len(of), BATCH))


def _read(topic: str, outs: Iterable[Out]) -> list[Record]:
    """What the next hop reads of these outputs, by time."""
    wanted = sorted((out for out in outs if out.topic == topic), key=lambda out: out.timestamp)
    return [Record(topic, 0, n, out.timestamp, out.key, out.value, out.headers) for n, out in enumerate(wanted)]


def deciding(records: Sequence[RawRecord]) -> None:
    """What `wismo decide` costs, marks of the clock included."""
    policy = load_policy(None)
    outs = len(list(Replay(policy).run(records)))
    whole = median_cpu(lambda: list(Replay(policy).run(records)), 3)
    us, rate = whole / len(records) * 1e6, len(records) / whole
    say("decide", COMMAND, records=len(records), outputs=outs, us_per_record=us, records_per_second=rate)
