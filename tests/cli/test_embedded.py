"""The embedded services answer on loopback only, and nothing of them is left behind."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from confluent_kafka.admin import AdminClient

from cli import embedded
from cli.children import ChildError
from cli.embedded import EmbeddedError, embedded_services, free_port

pytestmark = pytest.mark.broker

_PARENT = """
import signal, sys, time
# A runner in the background has SIGINT ignored, and hands that down.
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from cli.embedded import embedded_services
with embedded_services(Path(sys.argv[1])) as services:
    print(*(child.pid for child in services.children), flush=True)
    time.sleep(600)
"""


def _running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _all_gone_within(pids: list[int], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while any(map(_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(map(_running, pids))


def _port(address: str) -> int:
    return int(address.removesuffix("/0").rpartition(":")[2])


def _refused(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) != 0


def test_both_answer_and_nothing_is_left(tmp_path: Path) -> None:
    with embedded_services(tmp_path / "new") as services:
        assert services.bootstrap is not None
        assert services.redis_url is not None
        services.require_alive()
        assert AdminClient({"bootstrap.servers": services.bootstrap}).list_topics(timeout=5).brokers
        with redis.Redis.from_url(services.redis_url) as client:
            assert client.ping()
        pids = [child.pid for child in services.children]
        ports = [_port(services.bootstrap), _port(services.redis_url)]
    assert _all_gone_within(pids, 5)
    assert all(_refused("127.0.0.1", port) for port in ports)
    assert (tmp_path / "new" / "broker.log").exists(), "the logs stay where a folder was given"


def test_only_loopback_is_bound(tmp_path: Path) -> None:
    with embedded_services(tmp_path) as services:
        assert services.bootstrap is not None
        assert services.redis_url is not None
        ports = {_port(services.bootstrap), _port(services.redis_url)}
        lines = [line.split() for name in ("tcp", "tcp6") for line in _table(name)]
    listening = {line[1] for line in lines if line[3] == "0A" and int(line[1].rpartition(":")[2], 16) in ports}
    assert {address.partition(":")[0] for address in listening} == {"0100007F"}


def _table(name: str) -> list[str]:
    path = Path("/proc/net") / name
    return path.read_text().splitlines()[1:] if path.exists() else []


def test_a_temporary_folder_is_removed() -> None:
    with embedded_services(kafka=False) as services:
        folder = services.data_dir
        assert folder.is_dir()
    assert not folder.exists()


def test_one_may_be_had_without_the_other(tmp_path: Path) -> None:
    with embedded_services(tmp_path, with_redis=False) as services:
        assert (services.redis_url, [child.name for child in services.children]) == (None, ["broker"])
    with embedded_services(tmp_path, kafka=False) as services:
        assert (services.bootstrap, [child.name for child in services.children]) == (None, ["redis"])


def test_an_error_in_the_block_leaves_nothing(tmp_path: Path) -> None:
    pids: list[int] = []
    with pytest.raises(RuntimeError, match="ours"), embedded_services(tmp_path) as services:
        pids += [child.pid for child in services.children]
        raise RuntimeError("ours")
    assert _all_gone_within(pids, 5)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent's death")
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_when_we_are_ended(tmp_path: Path, sent: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        assert all(map(_running, pids))
        os.kill(parent.pid, sent)
        try:
            parent.wait(10)
        finally:
            parent.kill()
    assert _all_gone_within(pids, 10)


def test_a_service_that_dies_is_noticed(tmp_path: Path) -> None:
    with embedded_services(tmp_path, kafka=False) as services:
        services.children[0].kill()
        with pytest.raises(ChildError, match="redis has ended"):
            services.require_alive()


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port where a stranger listens and answers nonsense."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_answer, args=(server,), daemon=True).start()
        yield server.getsockname()[1]


def _answer(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            connection.sendall(b"-ERR not me\r\n")


def test_a_port_taken_in_between_is_left_to_the_stranger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken_port: int
) -> None:
    ports = iter([taken_port, free_port(), taken_port, free_port()])
    monkeypatch.setattr(embedded, "free_port", lambda: next(ports))
    with embedded_services(tmp_path) as services:
        assert services.bootstrap is not None
        assert services.redis_url is not None
        assert taken_port not in (_port(services.bootstrap), _port(services.redis_url))


def test_no_program_is_an_error_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "files", lambda _: tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmbeddedError, match="set KAFKA_BOOTSTRAP_SERVERS"):
        embedded.broker_program(tmp_path)
    with pytest.raises(EmbeddedError, match="set REDIS_URL"):
        embedded.redis_program()
