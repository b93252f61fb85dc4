"""The engines side by side: `python -m bench.engines [--records N] [--runs N] [--engines ...] [--modes ...]`.

Every engine gets the same records on the same broker and does the same work with acks from all replicas. A run: new
topics, the engine starts, a warm-up is drained, then the records are sent at once; counted are the CPU seconds of the
engine's process, and wall seconds, from then until the last output is in the log. Engines take turns.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.engines.work import MODES, Work
from bench.ground import PARTITIONS, Ground, Ready, ground, ready, recording
from bench.process import ROOT, Measured, Worker
from bench.results import say
from rules.pipeline.replay import record_of
from schemas.recording import RawRecord
from schemas.words import LINK_EVENTS, SHIPMENT_EVENTS

VENV = ROOT / ".cache" / "bench-venv"
ENGINES = ("wismo", "faust", "quix", "loop", "bytewax")
_MODULES = {"faust": "stock_faust", "quix": "quix", "loop": "loop", "bytewax": "bytewax_flow"}
_APART = frozenset({"quix", "bytewax"})
"""These need other versions of what the service needs, so they live in an environment of their own."""
WARM = 3000
BETWEEN = frozenset({LINK_EVENTS, SHIPMENT_EVENTS})
TRIES = 3
TOLERANCE = 0.02
"""By how much the outputs of two engines may differ in number."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run cost, and what it wrote."""

    cpu: float
    wall: float
    rss: int
    written: Counter[str]


def python_apart() -> str:
    """The Python of the engines' own environment, made on first use."""
    python = VENV / "bin" / "python"
    stamp, wanted = VENV / ".installed", ROOT / "bench" / "requirements.txt"
    if not stamp.exists() or stamp.stat().st_mtime < wanted.stat().st_mtime:
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        install = ["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", wanted]
        subprocess.run([python, "-m", "pip", *install], check=True)
        stamp.touch()
    return str(python)


def start(engine: str, mode: str, place: Ground, folder: Path) -> Measured:
    """Start an engine's process."""
    if engine == "wismo":
        options = {} if mode == "real" else {"module": "bench.engines.wismo_empty"}
        worker = Worker(sys.executable, folder, place.bootstrap, PARTITIONS, **options)
        worker.wait_ready()
        return worker
    python = python_apart() if engine in _APART else sys.executable
    module = f"bench.engines.{_MODULES[engine]}"
    return Measured(engine, [python, "-m", module, place.bootstrap, str(PARTITIONS), mode, folder], folder, {})


def one(engine: str, mode: str, place: Ground, warm: Sequence[Ready], burst: Sequence[Ready], facts: list[int]) -> Run:
    """One run of one engine; `facts` are how many shipment events the warm-up and all of it lead to at least."""
    place.reset()
    folder = Path(tempfile.mkdtemp(prefix=f"{engine}-", dir=place.folder))
    process = start(engine, mode, place, folder)
    try:
        return _measured(process, place, warm, burst, facts)
    except Exception as error:
        error.add_note(process.child.last_words())
        raise
    finally:
        process.child.stop(15)


def _measured(process: Measured, place: Ground, warm: Sequence[Ready], burst: Sequence[Ready], facts: list[int]) -> Run:
    place.send(warm)
    place.wait_quiet({SHIPMENT_EVENTS: facts[0]}, process.sample)
    before = place.ends()
    profile = _profiled(process)
    process.sample()
    began, spent = process.samples[-1]
    place.send(burst)
    ended = place.wait_quiet({SHIPMENT_EVENTS: facts[1]}, process.sample)
    written = place.ends() - before
    if profile is not None:
        profile.send_signal(signal.SIGINT)
        profile.wait(30)
    return Run(process.cpu_at(ended) - spent, ended - began, process.rss(), written)


def _profiled(process: Measured) -> subprocess.Popen[bytes] | None:
    """With WISMO_BENCH_PROFILE=FOLDER: py-spy's collapsed stacks of each run, for its price in time."""
    folder = os.environ.get("WISMO_BENCH_PROFILE")
    if folder is None:
        return None
    python_apart()
    output = Path(folder) / f"{process.child.name}-{process.child.pid}.txt"
    options = ["--pid", str(process.child.pid), "--format", "raw", "--rate", "200", "--output", output]
    return subprocess.Popen([VENV / "bin" / "py-spy", "record", *options], stdout=subprocess.DEVNULL)


def facts_of(records: Sequence[RawRecord], mode: str) -> int:
    """How many shipment events the first hop alone makes of these records."""
    work = Work(mode, PARTITIONS)
    return sum(out.topic == SHIPMENT_EVENTS for out in work.route([record_of(r, n) for n, r in enumerate(records)]))


def compare(place: Ground, records: Sequence[RawRecord], mode: str, engines: Sequence[str], runs: int) -> None:
    """Run the engines in turn and say the medians."""
    made = ready(records)
    facts = [facts_of(records[:WARM], mode), facts_of(records, mode)]
    found: dict[str, list[Run]] = {engine: [] for engine in engines}
    for number in range(runs):
        for engine in engines:
            run = _whole(engine, mode, place, (made[:WARM], made[WARM:]), facts, found)
            found[engine].append(run)
            seconds = f"cpu {run.cpu:.2f} wall {run.wall:.2f}"
            print(f"# {mode} {engine} {number + 1}/{runs}: {seconds} out {_results(run)}", file=sys.stderr)
    _compare_work(mode, found)
    together = datetime.now(UTC).isoformat(timespec="seconds")
    for engine, of in found.items():
        _say(engine, mode, of, len(made) - WARM, together)


def _whole(
    engine: str,
    mode: str,
    place: Ground,
    parts: tuple[Sequence[Ready], Sequence[Ready]],
    facts: list[int],
    found: dict[str, list[Run]],
) -> Run:
    """One run, tried again where it ended before its time: an engine that pauses for long looks as if it were done."""
    for _ in range(TRIES):
        run = one(engine, mode, place, *parts, facts)
        before = [_results(one) for runs in found.values() for one in runs]
        if not before or _results(run) >= (1 - TOLERANCE) * statistics.median(before):
            break
        print(f"# {mode} {engine}: only {_results(run)} records written, again", file=sys.stderr)
    return run


def _outputs(run: Run) -> Counter[str]:
    return Counter({topic: count for topic, count in run.written.items() if "changelog" not in topic})


def _results(run: Run) -> int:
    """Records written to what subscribers read."""
    return sum(count for topic, count in _outputs(run).items() if topic not in BETWEEN)


def _compare_work(mode: str, found: dict[str, list[Run]]) -> None:
    """Engines that did not do the same work are not compared.

    Facts of different raw topics have no mutual order, so a little may differ from run to run. The topics between the
    hops are left out: what is said to every partition goes to one where an engine cannot name it, and may be said
    more than once where partitions are read in turn.
    """
    written = {engine: [_results(run) for run in runs] for engine, runs in found.items()}
    counts = [count for of in written.values() for count in of]
    middle = statistics.median(counts)
    if any(abs(count - middle) > TOLERANCE * middle for count in counts):
        raise RuntimeError(f"{mode}: the engines wrote different numbers of records: {written}")


def _say(engine: str, mode: str, of: Sequence[Run], records: int, together: str) -> None:
    cpu, wall = statistics.median(run.cpu for run in of), statistics.median(run.wall for run in of)
    say(
        f"engines/{mode}/{engine}",
        f"python -m bench.engines --modes {mode} --records {records} --runs {len(of)}",
        together=together,
        records=records,
        runs=len(of),
        cpu_seconds=cpu,
        cpu_all=[run.cpu for run in of],
        wall_seconds=wall,
        us_cpu_per_record=cpu / records * 1e6,
        records_per_cpu_second=records / cpu,
        records_per_wall_second=records / wall,
        rss_mb=statistics.median(run.rss for run in of) / 1e6,
        written=dict(sorted(_outputs(of[-1]).items())),
        changelog=(of[-1].written - _outputs(of[-1])).total(),
    )


def run(records: int = 40_000, runs: int = 5, engines: Sequence[str] = ENGINES, modes: Sequence[str] = MODES) -> None:
    """Compare and say."""
    made = recording(max(200, records // 12))[: records + WARM]
    with tempfile.TemporaryDirectory(prefix="wismo-bench-") as folder, ground(Path(folder)) as place:
        for mode in modes:
            compare(place, made, mode, engines, runs)


def main() -> None:
    parser = argparse.ArgumentParser(description="The engines side by side.")
    parser.add_argument("--records", type=int, default=40_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), choices=ENGINES)
    parser.add_argument("--modes", nargs="+", default=list(MODES), choices=MODES)
    run(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
