"""The real engine and the real rules on a simulated cluster: nothing lost, nothing doubled, whatever strikes."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rules.pipeline.replay import Replay
from schemas.codec import loads
from schemas.words import DEAD_LETTERS
from tests.simulation.cluster import OUTPUTS
from tests.simulation.feed import recording
from tests.simulation.plan import RECORDINGS
from tests.simulation.seams import policy

FEW = 6
SEEDS = int(os.environ.get("WISMO_TEST_SIMULATION_SEEDS", "500"))
FIRST = int(os.environ.get("WISMO_TEST_SIMULATION_FIRST", "0"))
CORES = os.cpu_count() or 1
ROOT = Path(__file__).parents[2]


def simulate(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A process of its own: the order of sets is part of a seed."""
    command = [sys.executable, "-m", "tests.simulation", *arguments]
    env = {**os.environ, "PYTHONHASHSEED": "0"}
    return subprocess.run(command, check=False, cwd=ROOT, env=env, capture_output=True, text=True)


def assert_good(done: subprocess.CompletedProcess[str], seeds: int) -> None:
    assert done.returncode == 0, f"{done.stdout[-6000:]}{done.stderr[-2000:]}"
    assert f"{seeds} seeds, 0 failed" in done.stderr


def test_a_few_seeds_lose_and_double_nothing() -> None:
    assert_good(simulate("--seeds", f"0:{FEW}"), FEW)


@pytest.mark.slow
def test_many_seeds_lose_and_double_nothing() -> None:
    edges = [FIRST + SEEDS * part // CORES for part in range(CORES + 1)]
    shares = list(zip(edges, edges[1:], strict=False))
    with ThreadPoolExecutor(CORES) as pool:
        for (first, last), done in zip(
            shares, pool.map(lambda share: simulate("--seeds", f"{share[0]}:{share[1]}"), shares), strict=True
        ):
            assert_good(done, last - first)


def test_recordings_are_small_and_lead_to_much() -> None:
    """What a generator of recordings makes of these seeds may change: then others have to be chosen."""
    days, found = 0.0, set()
    for number in RECORDINGS:
        records = recording(number)
        assert len(records) <= 18
        days += (records[-1].timestamp - records[0].timestamp).total_seconds() / 86400
        for out in Replay(policy()).run(records):
            value = loads(out.value) if out.value and out.topic != DEAD_LETTERS else {}
            found.add((out.topic, value.get("kind"), value.get("change") or value.get("fate")))
    assert days / len(RECORDINGS) < 2.5
    assert {topic for topic, _, _ in found} == set(OUTPUTS)
    assert len(found) >= 50


def test_a_seed_is_a_run() -> None:
    first, again = simulate("--seed", "21", "--trace"), simulate("--seed", "21", "--trace")

    traced = [line for line in first.stderr.splitlines() if "seeds" not in line]
    assert len(traced) > 100
    assert traced == [line for line in again.stderr.splitlines() if "seeds" not in line]
