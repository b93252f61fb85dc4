"""Child processes that never outlive this one, however it ends."""

import atexit
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

_LAST_LINES: Final = 15
_LEASH: Final = """
import ctypes, os, signal, sys
parent = int(sys.argv[1])
if sys.platform == "linux":
    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL, 0, 0, 0)
if os.getppid() != parent:
    sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""
"""Ties the process to its parent (PR_SET_PDEATHSIG is 1), then becomes the command. It runs in the child as a program
and not as a `preexec_fn`, which may deadlock where the parent has threads."""


class ChildError(RuntimeError):
    """A child process did not start or has died; the message ends with the last lines of its log."""


class Child:
    """One running command: its log, whether it lives, and how to end it.

    On Linux the kernel kills it when the thread that started it ends, so start it from the main thread. Elsewhere it
    is ended on every exit of this process but SIGKILL.
    """

    def __init__(self, name: str, command: Sequence[str | Path], *, folder: Path, env: Mapping[str, str]) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        leash = [sys.executable, "-I", "-S", "-c", _LEASH, str(os.getpid())]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*leash, *map(str, command)],
                cwd=folder,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C goes to the foreground group: we decide when a service may go, after what uses it.
                start_new_session=True,
            )
        atexit.register(self.stop)

    @property
    def pid(self) -> int:
        """The process id; stays the same while the leash becomes the command."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def require_alive(self) -> None:
        """Raise `ChildError` where the process has ended."""
        if not self.alive:
            raise ChildError(f"{self.name} has ended with code {self._process.returncode}; {self.last_words()}")

    def last_words(self) -> str:
        """The end of its log, for a message."""
        with contextlib.suppress(OSError):
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]
            return "\n  ".join([f"{self.log} ends with:", *lines])
        return f"{self.log} cannot be read"

    def stop(self, grace: float = 5.0) -> None:
        """End the process: ask, wait `grace` seconds, then kill. Safe to call again."""
        atexit.unregister(self.stop)
        if not self.alive:
            return
        self._process.terminate()
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the process at once (SIGKILL), with whatever it started in its own session."""
        atexit.unregister(self.stop)
        if not self.alive:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
