"""`wismo backtest` over a simulated recording, as a person runs it: two policies, all cores."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from bench.ground import recording
from bench.results import say
from schemas.recording import write_record

COMMAND: Final = "python -m bench backtest"
_CANDIDATE: Final = """- extends: live
- name: quicker
  from: 2026-01-02
  values: {stalled: {silence: {ground: 30h}}}
"""


def measure(shipments: int = 4000) -> None:
    """Say how many raw records it takes a second; each is decided twice."""
    records = recording(shipments)
    with tempfile.TemporaryDirectory(prefix="wismo-bench-") as folder:
        traffic, policy = Path(folder) / "traffic.jsonl", Path(folder) / "quicker.yaml"
        traffic.write_bytes(b"".join(write_record(record) for record in records))
        policy.write_text(_CANDIDATE)
        began, spent = time.monotonic(), _children()
        asked = [sys.executable, "-m", "cli.main", "backtest", "--recording", str(traffic), "--policy", str(policy)]
        ended = subprocess.run([*asked, "--json"], check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        # 1: the two policies differ, as they should here.
        if ended.returncode != 1 or not ended.stdout:
            raise RuntimeError(f"wismo backtest ended with {ended.returncode}")
        seconds, cpu = time.monotonic() - began, _children() - spent
    say(
        "backtest",
        COMMAND,
        records=len(records),
        seconds=seconds,
        records_per_wall_second=len(records) / seconds,
        us_cpu_per_record=cpu / len(records) * 1e6,
        cores=len(os.sched_getaffinity(0)),
    )


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
