"""A child ends when it is told to, when this process exits, and when this process is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.children import Child, ChildError

_PARENT = """
import signal, sys, time
# A runner in the background has SIGINT ignored, and hands that down.
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from cli.children import Child
child = Child("sleeper", [sys.executable, "-c", "import time; time.sleep(600)"], folder=Path(sys.argv[1]), env={})
print(child.pid, flush=True)
if sys.argv[2] == "wait":
    time.sleep(600)
"""


def _alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _gone_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _parent(folder: Path, then: str) -> tuple[subprocess.Popen[str], int]:
    command = [sys.executable, "-c", _PARENT, str(folder), then]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    return parent, int(parent.stdout.readline())


def _sleeper(folder: Path, code: str = "import time; time.sleep(600)") -> Child:
    return Child("sleeper", [sys.executable, "-c", code], folder=folder, env={})


def test_stop_ends_it_and_may_be_called_again(tmp_path: Path) -> None:
    child = _sleeper(tmp_path)
    assert _alive(child.pid)
    child.stop()
    child.stop()
    assert not _alive(child.pid)


def test_one_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    )
    child = _sleeper(tmp_path, code)
    while "up" not in child.log.read_text():
        time.sleep(0.02)
    child.stop(grace=0.1)
    assert not child.alive


def test_a_death_is_told_with_the_end_of_the_log(tmp_path: Path) -> None:
    child = _sleeper(tmp_path, "raise SystemExit('the port is taken')")
    assert _gone_within(child.pid, 10)
    with pytest.raises(ChildError, match=r"sleeper has ended with code 1(.|\n)*the port is taken"):
        child.require_alive()


def test_it_goes_when_the_parent_exits(tmp_path: Path) -> None:
    parent, pid = _parent(tmp_path, "exit")
    assert parent.wait(10) == 0
    assert _gone_within(pid, 10)
    assert parent.stdout is not None
    parent.stdout.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent's death")
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_goes_when_the_parent_is_ended(tmp_path: Path, sent: signal.Signals) -> None:
    parent, pid = _parent(tmp_path, "wait")
    assert _alive(pid)
    os.kill(parent.pid, sent)
    parent.wait(10)
    assert _gone_within(pid, 10)
    assert parent.stdout is not None
    parent.stdout.close()
