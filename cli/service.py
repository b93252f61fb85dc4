"""The processes of one service on this machine: started in order, watched, stopped in reverse."""

import contextlib
import http.client
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.children import Child, ChildError
from cli.embedded import LOOPBACK, free_port

_READY_WITHIN: Final = 60.0
_ASK_EVERY: Final = 0.1


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the service and where it says how it is."""

    name: str
    child: Child
    port: int
    health: str = "/readyz"

    @property
    def ready(self) -> bool:
        """Whether it says it is ready."""
        return get(self.port, self.health)[0] == http.client.OK

    def metrics(self) -> str:
        """Its `/metrics`, or nothing while it does not answer."""
        return get(self.port, "/metrics")[1]


@dataclass(frozen=True, slots=True)
class Service:
    """The running processes."""

    worker: Process
    notifier: Process
    board: Process
    web: Process

    @property
    def all(self) -> tuple[Process, ...]:
        """Every process, in the order they were started."""
        return (self.worker, self.notifier, self.board, self.web)

    @property
    def url(self) -> str:
        """Where a person looks."""
        return f"http://{LOOPBACK}:{self.web.port}"

    def require_alive(self) -> None:
        """Raise `ChildError` where a process has ended."""
        for process in self.all:
            process.child.require_alive()


@contextlib.contextmanager
def running_service(folder: Path, env: Mapping[str, str], web_port: int | None = None) -> Iterator[Service]:
    """Run worker, notifier, board and web for the length of a `with` block; `env` is what they read."""
    with contextlib.ExitStack() as stack:

        def start(name: str, module: str, variable: str, port: int | None = None, health: str = "/readyz") -> Process:
            port = port or free_port()
            own = {**os.environ, **env, variable: str(port), "PYTHONUNBUFFERED": "1"}
            child = Child(name, [sys.executable, "-m", module], folder=folder, env=own)
            stack.callback(child.stop)
            return Process(name, child, port, health)

        service = Service(
            web=start("web", "dashboard", "WISMO_WEB_PORT", web_port, "/livez"),
            board=start("board", "sinks.board", "WISMO_BOARD_METRICS_PORT"),
            notifier=start("notifier", "sinks.notifier", "WISMO_NOTIFIER_METRICS_PORT"),
            worker=start("worker", "streams.worker", "WISMO_WORKER_METRICS_PORT"),
        )
        _wait_ready(service)
        yield service


def get(port: int, path: str) -> tuple[int, str]:
    """(status, body) of a GET on loopback; (0, "") while nobody answers."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def _wait_ready(service: Service) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    waiting = list(service.all)
    while waiting := [process for process in waiting if not process.ready]:
        service.require_alive()
        if time.monotonic() > deadline:
            said = get(waiting[0].port, waiting[0].health)[1]
            raise ChildError(
                f"{waiting[0].name} was not ready within {_READY_WITHIN:.0f} s: {said or 'no answer'}; "
                f"{waiting[0].child.last_words()}"
            )
        time.sleep(_ASK_EVERY)
