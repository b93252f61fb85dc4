"""docs/performance.md and its plots, from the results file alone."""

import platform
import subprocess
from collections.abc import Callable, Mapping
from importlib import metadata
from typing import Any, Final

import psutil

from bench.engines.__main__ import ENGINES, VENV, python_apart
from bench.ground import PARTITIONS
from bench.process import ROOT
from bench.results import RESULTS, load
from tests.brokers import KAFKA_VERSION

PAGE: Final = ROOT / "docs" / "performance.md"
NAMES: Final = {
    "wismo": "this service",
    "faust": "stock Faust",
    "quix": "Quix Streams",
    "loop": "hand-written loop",
    "bytewax": "Bytewax",
}
_KEEPS: Final = {
    "wismo": "changelog, acked before the offset is",
    "faust": "changelog, not awaited",
    "quix": "RocksDB and changelog at checkpoints",
    "loop": "nothing",
    "bytewax": "snapshots at epochs",
}
BARS: Final = (("empty", "faust", 15.0), ("real", "faust", 6.0), ("real", "quix", 2.0), ("real", "loop", 0.5))
"""By how much the CPU of another engine has to be that of ours, by rules."""

Rows = Mapping[str, Mapping[str, Any]]


def write() -> None:
    """Rewrite the page and the plots."""
    rows = load()
    parts = [
        _head(rows),
        *(text for part in PARTS if (text := part(rows))),
        _how(),
    ]
    PAGE.write_text("\n".join(parts), encoding="utf-8")
    subprocess.run([python_apart(), "-m", "bench.plots", RESULTS, PAGE.parent], check=True, cwd=ROOT)


def _head(rows: Rows) -> str:
    days = sorted({row["at"] for row in rows.values()})
    memory = psutil.virtual_memory().total / 2**30
    return f"""# Performance, measured

Written by `python -m bench report` from `bench/results.json`; every number names the command that made it. Measured
{" to ".join(dict.fromkeys((days[0], days[-1])))} on {psutil.cpu_count()} cores with {memory:.0f} GiB, which the
broker, the feeder and other work share (load average {_loads(rows)}): believe CPU seconds before wall seconds, and
ratios of one run before both; latency and other wall times are only as good as the machine was idle.
{_versions()}.
"""


def _loads(rows: Rows) -> str:
    loads = sorted(row["load"] for row in rows.values())
    return f"{loads[0]:g} to {loads[-1]:g}"


def _versions() -> str:
    own = [f"{name} {metadata.version(name)}" for name in ("faust-streaming", "aiokafka", "confluent-kafka")]
    code = (
        "from importlib.metadata import version as v; print('quixstreams', v('quixstreams'), 'bytewax', v('bytewax'))"
    )
    apart = subprocess.run([python_apart(), "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    return f"Python {platform.python_version()}, Apache Kafka {KAFKA_VERSION}, {', '.join(own)}, {apart}"


def _engines(rows: Rows) -> str:
    lines = []
    for mode in ("real", "empty"):
        ours = rows.get(f"engines/{mode}/wismo")
        for engine in ENGINES:
            row = rows.get(f"engines/{mode}/{engine}")
            if row is None or ours is None or row["together"] != ours["together"]:
                continue  # a ratio of two different runs would say nothing
            ratio = row["us_cpu_per_record"] / ours["us_cpu_per_record"]
            cells = (
                f"{row['us_cpu_per_record']:.0f}",
                f"{ratio:.2f}",
                f"{row['records_per_wall_second']:.0f}",
                f"{row['rss_mb']:.0f}",
            )
            lines.append(f"| {mode} | {NAMES[engine]} | {' | '.join(cells)} | {_KEEPS[engine]} |")
    if not lines:
        return ""
    row = next(row for name, row in rows.items() if name.startswith("engines/"))
    return f"""## Beside other engines

The same recording (orders, scans, tickets), broker, hops, outputs, {PARTITIONS} partitions and acks from all replicas,
one process each; `empty` rules touch a row and send one output a record, so what is left is the engine. Medians of
{row["runs"]} runs of {row["records"]:,} records, engines in turn: `{row["command"].split(" --modes")[0]}`. Every
engine has to write the same number of records, to 2 %, or the run fails. In favour of the others: they keep their
agenda in plain memory and get raw bytes in and out, and Quix Streams and Bytewax, which cannot name a partition, write
once what the service says to every partition. On a busy machine stock Faust costs more an event than on an idle one,
since its records then reach the broker one by one.

| rules | engine | us CPU a record | times ours | records/s wall | RSS MB | state kept |
|---|---|---:|---:|---:|---:|---|
{chr(10).join(lines)}

![CPU a record](performance-engines.svg)
"""


def _bars(rows: Rows) -> str:
    lines = []
    for mode, engine, wanted in BARS:
        ours, theirs = rows.get(f"engines/{mode}/wismo"), rows.get(f"engines/{mode}/{engine}")
        if ours and theirs and ours["together"] == theirs["together"]:
            ratio = theirs["us_cpu_per_record"] / ours["us_cpu_per_record"]
            lines.append(_bar(f"{NAMES[engine]} costs so many times ours, {mode} rules", ratio, wanted, at_least=True))
    limits: tuple[tuple[str, str, Callable[[Any], float], float], ...] = (
        ("the engine, us CPU a record over all hops", "engines/empty/wismo", lambda row: row["us_cpu_per_record"], 25),
        ("all of it, us CPU a record", "engines/real/wismo", lambda row: row["us_cpu_per_record"], 80),
        ("carrier tables, ms CPU to load", "tables", lambda row: row["cpu_ms"], 200),
        ("reading a JSON sender, us CPU a scan", "normalize/samples", lambda row: row["us_median_of_senders"], 25),
    )
    lines += [
        _bar(what, value(rows[name]), limit, at_least=False) for what, name, value, limit in limits if name in rows
    ]
    return f"""## What was aimed at

| what | measured | aim | |
|---|---:|---:|---|
{chr(10).join(lines)}
"""


def _bar(what: str, value: float, wanted: float, *, at_least: bool) -> str:
    reached = value >= wanted if at_least else value <= wanted
    sign = ">=" if at_least else "<="
    return f"| {what} | {value:.2f} | {sign} {wanted:g} | {'reached' if reached else 'not reached'} |"


def _core(rows: Rows) -> str:
    if "hops" not in rows:
        return ""
    hops, decide = rows["hops"], rows["decide"]
    cells = [f"| {name} | {cost:.0f} |" for name, cost in hops["us_per_record"].items()]
    senders = [
        f"| {of} | {sender} | {cost:.1f} |"
        for of in ("recording", "samples")
        for sender, cost in rows.get(f"normalize/{of}", {}).get("us_per_scan", {}).items()
    ]
    return f"""## The parts, without a broker

`{hops["command"]}`. {hops["records"]:,} raw records, of which {hops["scan_records"]:,} of scans, in batches of 500.

| hop | us CPU a raw record |
|---|---:|
{chr(10).join(cells)}
| all | {hops["us_all"]:.0f} |

`wismo decide`: {decide["records_per_second"]:.0f} records a CPU second, marks included.{_backtest(rows)}
Carrier tables:
{rows["tables"]["cpu_ms"]:.0f} ms CPU in a fresh interpreter. Reading a sender's message, us CPU a scan:

| messages | sender | us |
|---|---|---:|
{chr(10).join(senders)}
"""


def _backtest(rows: Rows) -> str:
    row = rows.get("backtest")
    if row is None:
        return ""
    return (
        f"\n`wismo backtest` (`{row['command']}`):\n{row['records_per_wall_second']:,.0f} records a second on "
        f"{row['cores']} cores, each decided by two policies, from the start of the\ncommand to its report "
        f"({row['records']:,} records, {row['us_cpu_per_record']:.0f} us CPU each; aim: 33,000)."
    )


def _profile(rows: Rows) -> str:
    row = rows.get("profile")
    if row is None:
        return ""
    groups = [f"| {name} | {share:.0f} % |" for name, share in row["percent"].items()]
    functions = ", ".join(
        f"`{name.split(':')[1]}` {share:.1f} %" for name, share in row["percent_of_functions"].items()
    )
    return f"""## Where the core's time goes

`{row["command"]}`: {row["samples"]:,} samples of the stack, evenly over the CPU time of {row["records"]:,} records
without a broker. What serves everybody (JSON, ids, times) counts for whoever calls it.

| part | share |
|---|---:|
{chr(10).join(groups)}

The dearest single functions: {functions}. Nothing stands out: what is left to gain is many small things.
"""


def _service(rows: Rows) -> str:
    lines = []
    if "catch-up" in rows:
        row = rows["catch-up"]
        what = f"a backlog of {row['backlog']:,} raw records drained by one worker"
        found = (
            f"{row['seconds_from_ready']:.0f} s, {row['records_per_wall_second']:.0f} records/s, {row['rss_mb']:.0f} MB"
        )
        lines.append(f"| {what} | {found} | `{row['command']}` |")
    if "latency" in rows:
        row = rows["latency"]
        what = f"scan sent to exception record read, {row['records_per_second']:.0f} records/s, {row['probes']} probes"
        found = " / ".join(f"{row[name]:.0f}" for name in ("p50_ms", "p95_ms", "p99_ms"))
        lines.append(f"| {what} | p50 / p95 / p99 {found} ms | `{row['command']}` |")
    if not lines:
        return ""
    return f"""## The worker

| what | measured | command |
|---|---|---|
{chr(10).join(lines)}
"""


def _in_flight(rows: Rows) -> str:
    found = sorted(
        (row for name, row in rows.items() if name.startswith("in-flight/")), key=lambda row: row["shipments"]
    )
    if not found:
        return ""
    lines = [
        f"| {row['shipments']:,} | {row['recovery_seconds']:.1f} | {row['recovery_records_per_second']:,.0f} | "
        f"{row['recovery_mb_per_second']:.0f} | {row['mb_per_100k_shipments']:.0f} | {row['us_cpu_per_record']:.0f} |"
        for row in found
    ]
    none = found[0]["us_cpu_per_record_with_none"]
    row_size = found[-1]["changelog_mb"] / found[-1]["shipments"] * 1e3
    return f"""## Shipments in flight

`{found[-1]["command"]}`. A worker reads so many live shipments back from its changelogs (rows as the service writes
them, two records a shipment), then takes 20,000 records of new ones. Start-up without any is taken off; an event costs
{none:.0f} us CPU with none in flight. Memory store; a row has {row_size:.1f} KB.

| live shipments | recovery s | records/s | MB/s | MB per 100,000 | us CPU a record then |
|---:|---:|---:|---:|---:|---:|
{chr(10).join(lines)}

![Cost of a record over shipments in flight](performance-in-flight.svg)
"""


def _comebacks(rows: Rows) -> str:
    back = [row for name, row in sorted(rows.items()) if name.startswith("comebacks/")]
    over = [row for name, row in sorted(rows.items()) if name.startswith("failover/")]
    if not back or not over:
        return ""
    lines = [
        f"| {row['store']} | {row['shipments']:,} | {row['seconds_first']:.1f} | "
        f"{row['records_per_second_first']:,.0f} | {row['mb_per_second_first']:.0f} | {row['seconds_again']:.1f} | "
        f"{row['rss_mb']:.0f} |"
        for row in back
    ]
    waits = [f"| {row['store']} | {row['shipments']:,} | {row['seconds_longest_wait']:.1f} |" for row in over]
    return f"""## Workers that come back, and workers that take over

`{back[-1]["command"]}`. From the start of the process to `/readyz`, its imports and the join of the group included:
with an empty folder, then after a SIGKILL with the folder it left.

| store | live shipments | first start s | records/s | MB/s | start after a kill s | RSS MB |
|---|---:|---:|---:|---:|---:|---:|
{chr(10).join(lines)}

Two workers, one is killed, and scans are sent at once to all {PARTITIONS} partitions: the longest wait for an
exception record, of which the group's session timeout is {over[-1]["session_timeout_seconds"]:.0f} s.

| store | live shipments | longest wait s |
|---|---:|---:|
{chr(10).join(waits)}
"""


def _timers(rows: Rows) -> str:
    found = sorted(
        (row for name, row in rows.items() if name.startswith("timers/")), key=lambda row: (row["store"], row["live"])
    )
    if not found:
        return ""
    due = list(found[0]["us_cpu_a_mark_by_due"])
    lines = []
    for row in found:
        marks = " | ".join(f"{row['us_cpu_a_mark_by_due'][one]:,.0f}" for one in due)
        lines.append(
            f"| {row['store']} | {row['live']:,} | {row['mb']:.0f} | {row['us_cpu_to_arm_one']:.1f} | {marks} |"
        )
    return f"""## Timers

`{found[-1]["command"]}`. Deadlines on the agenda of one partition, and what a batch of one mark costs by how many of
them it finds due: the agenda's part alone, without decisions and without a broker.

| store | live deadlines | MB | us CPU to arm one | {" | ".join(f"{one} due" for one in due)} |
|---|---:|---:|---:|{"---:|" * len(due)}
{chr(10).join(lines)}
"""


PARTS: Final = (_engines, _bars, _core, _profile, _service, _in_flight, _comebacks, _timers)
"""Of what was measured, in the order of the page; nothing where it was not."""


def _how() -> str:
    return f"""## How to measure again

`make bench` measures all of it and rewrites this page; a part: `python -m bench
core|backtest|profile|timers|engines|service|comebacks`;
`--full` with a million of backlog, of shipments and of deadlines; `python -m bench report` only rewrites.
Needed: Java 17 and Maven, or Docker, for Apache Kafka. The other engines are installed from `bench/requirements.txt`
into `{VENV.relative_to(ROOT)}` on first use, apart from the service. `WISMO_BENCH_PROFILE=FOLDER` writes py-spy's
stacks of each run. `WISMO_BENCH_SAMPLES=FOLDER` names senders' own messages, a folder a sender.
"""
