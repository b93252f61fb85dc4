"""The brokers that the integration tests run on: Apache Kafka, one in a container, or the embedded one."""

import base64
import contextlib
import fcntl
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from cli.children import Child
from cli.embedded import embedded_services, free_port

KAFKA_VERSION: Final = "4.3.1"
CONTAINER_IMAGE: Final = "confluentinc/cp-kafka:8.0.0"
VARIABLE: Final = "WISMO_TEST_BROKER"
KINDS: Final = ("kafka", "container", "embedded")

EMBEDDED_LACKS: Final = frozenset(
    """durability transactions compaction latest_offset offsets_for_times create_partitions delete_records
    max_message_bytes config_defaults idempotent_aiokafka""".split()
)
"""What the embedded broker cannot do or does wrongly, by the words that tests ask with."""


class NoBrokerError(RuntimeError):
    """This kind of broker cannot run here; the message says why."""


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker: where it is, what it cannot do, and, where it is a process of ours, how to break it."""

    kind: str
    bootstrap: str
    lacks: frozenset[str] = frozenset()
    kill: Callable[[], None] | None = None
    restart: Callable[[], None] | None = None
    stop: Callable[[], None] | None = None

    def create_topic(self, partitions: int = 2, *, name: str | None = None, **config: str) -> str:
        """Create a topic, under a name that no other test has unless given; config names have `_` for `.`."""
        name = name or f"t-{uuid.uuid4().hex}"
        topic = NewTopic(name, partitions, 1, config={key.replace("_", "."): value for key, value in config.items()})
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        admin.create_topics([topic])[name].result(20)
        deadline = time.monotonic() + 20
        while not _leads(self.bootstrap, {name}):
            assert time.monotonic() < deadline, f"{name} has no leader"
            time.sleep(0.05)
        return name


Start = Callable[[Path], contextlib.AbstractContextManager[Broker]]


@contextlib.contextmanager
def running_broker(folder: Path, *, measured: bool = False) -> Iterator[Broker]:
    """Run the broker that `WISMO_TEST_BROKER` names, else the best that works here.

    One that is `measured` compiles as a server does; any other as what lives for a few minutes does.
    """
    asked = os.environ.get(VARIABLE)
    if asked is not None and asked not in KINDS:
        raise NoBrokerError(f"{VARIABLE}={asked}: expected one of {', '.join(KINDS)}")
    with contextlib.ExitStack() as stack:
        kafka = partial(apache_kafka, measured=measured)
        start = {"kafka": kafka, "container": container, "embedded": embedded}
        yield _first_that_works([(kind, start[kind]) for kind in ((asked,) if asked else KINDS)], stack, folder)


def _first_that_works(starts: Iterable[tuple[str, Start]], stack: contextlib.ExitStack, folder: Path) -> Broker:
    reasons = []
    for kind, start in starts:
        try:
            return stack.enter_context(start(folder))
        except NoBrokerError as error:
            reasons.append(f"{kind}: {error}")
    raise NoBrokerError("; ".join(reasons))


@contextlib.contextmanager
def embedded(folder: Path) -> Iterator[Broker]:
    """The broker of `wismo up`, memory only."""
    with embedded_services(folder, with_redis=False) as services:
        assert services.bootstrap is not None
        yield Broker("embedded", services.bootstrap, EMBEDDED_LACKS)


@contextlib.contextmanager
def container(_folder: Path) -> Iterator[Broker]:
    """Kafka in a container, where a Docker engine answers."""
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "info"], capture_output=True, timeout=20, check=False).returncode:
        raise NoBrokerError("no Docker engine answers")
    from testcontainers.kafka import KafkaContainer

    with KafkaContainer(CONTAINER_IMAGE).with_kraft() as kafka:
        yield Broker("container", kafka.get_bootstrap_server(), frozenset({"restart"}))


@contextlib.contextmanager
def apache_kafka(folder: Path, *, measured: bool = False) -> Iterator[Broker]:
    """One KRaft node on loopback; `kill` is kill -9, `stop` SIGTERM, `restart` brings it back with its data."""
    node = _Node(folder, kafka_libraries(), free_port(), free_port(), measured=measured)
    node.format()
    node.start()
    try:
        yield Broker("kafka", node.bootstrap, frozenset(), kill=node.kill, restart=node.start, stop=node.stop)
    finally:
        node.kill()


class _Node:
    """The process of one Kafka node and its folder."""

    def __init__(
        self, folder: Path, libraries: Path, port: int, controller_port: int, *, measured: bool = False
    ) -> None:
        self._folder = folder
        # The optimizing compiler takes more than half of the processor time of a JVM that lives for minutes.
        compiler = [] if measured else ["-XX:TieredStopAtLevel=1"]
        self._java = [java(), "-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", *compiler, "-cp", f"{libraries}/*"]
        self._properties = folder / "server.properties"
        self._properties.write_text(_server_properties(folder, port, controller_port), encoding="utf-8")
        self._child: Child | None = None
        self.bootstrap = f"127.0.0.1:{port}"

    def format(self) -> None:
        options = ["format", "--standalone", "-t", _cluster_id(), "-c", str(self._properties)]
        done = subprocess.run(
            [*self._java, "kafka.tools.StorageTool", *options], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NoBrokerError(f"StorageTool format failed: {done.stdout}{done.stderr}")

    def start(self) -> None:
        command = [*self._java, "kafka.Kafka", str(self._properties)]
        self._child = Child("kafka", command, folder=self._folder, env={"PATH": os.environ["PATH"], "LC_ALL": "C"})
        deadline = time.monotonic() + 60
        while not _leads(self.bootstrap):
            self._child.require_alive()
            if time.monotonic() > deadline:
                self.kill()
                raise NoBrokerError(f"Kafka was not ready within 60 s; {self._child.last_words()}")

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop(grace=30)


def java() -> str:
    """Java 17 or newer, which Kafka 4 needs; or NoBrokerError."""
    found = shutil.which("java")
    if found is None:
        raise NoBrokerError("no java on PATH")
    text = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    version = text.partition('"')[2].partition(".")[0].partition('"')[0]
    if not version.isdigit() or int(version) < 17:
        raise NoBrokerError(f"java is {version or 'unreadable'}, Kafka {KAFKA_VERSION} needs 17")
    return found


def kafka_libraries() -> Path:
    """The folder of Kafka's jars, fetched with Maven once for all users of the cache; or NoBrokerError."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wismo"
    ready = cache / f"kafka-{KAFKA_VERSION}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "kafka.lock").open("w") as lock:
        # Test workers start at once: the first fetches, the others wait for it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.is_dir():
            _fetch(cache / f"fetching-{KAFKA_VERSION}", ready)
    return ready


def _fetch(folder: Path, ready: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise NoBrokerError("no mvn on PATH to fetch Kafka with")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "pom.xml").write_text(_POM, encoding="utf-8")
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder / 'libs'}"]
    with contextlib.suppress(subprocess.TimeoutExpired):
        done = subprocess.run([maven, "-q", "-B", *goal], cwd=folder, capture_output=True, timeout=300, check=False)
        if done.returncode == 0:
            (folder / "libs").rename(ready)
            shutil.rmtree(folder)
            return
    raise NoBrokerError(f"Maven could not fetch Kafka {KAFKA_VERSION}; run mvn in {folder} to see why")


def _leads(bootstrap: str, wanted: set[str] | None = None) -> bool:
    """Whether a broker answers and leads every partition of the wanted topics (all topics: None)."""
    try:
        metadata = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0}).list_topics(timeout=1)
    except KafkaException:
        return False
    topics = [topic for name, topic in metadata.topics.items() if wanted is None or name in wanted]
    leaders = [partition.leader for topic in topics for partition in topic.partitions.values()]
    return bool(metadata.brokers) and len(topics) >= len(wanted or ()) and all(leader >= 0 for leader in leaders)


def _cluster_id() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def _server_properties(folder: Path, port: int, controller_port: int) -> str:
    return f"""\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={folder / "kafka-data"}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=16777216
# Recordings carry their own time, years before or after the machine's.
log.message.timestamp.after.max.ms={2**63 - 1}
log.retention.check.interval.ms=86400000
"""


_POM: Final = f"""\
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>wismo</groupId><artifactId>test-broker</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA_VERSION}</version>
    </dependency>
  </dependencies>
</project>
"""
