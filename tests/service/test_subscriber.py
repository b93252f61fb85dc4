"""docs/subscribe.md: every command of the page, and the example's reader through a crash, repeats and new words."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from schemas.codec import dumps, loads
from schemas.kit import golden_events
from schemas.kit.golden import FOLDER
from schemas.recording import read_recording
from sinks.kafka import producer
from tests.service.harness import Bench, bench

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/subscriber.py"
TOPIC = "exceptions-support"
_BLOCK = re.compile(r"^```(sh[^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGE = [(words.split()[1:], text) for words, text in _BLOCK.findall((ROOT / "docs/subscribe.md").read_text("utf-8"))]
RUN = [(on, text) for on, text in PAGE if on != ["by-hand"]]

pytestmark = [pytest.mark.broker, pytest.mark.slow]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A service that has decided the recording of the golden events."""
    records = list(read_recording((FOLDER / "recording.jsonl").read_bytes().splitlines()))
    with bench(tmp_path_factory.mktemp("subscribe")) as running:
        running.start()
        running.wait_ready()
        running.wait_closed(running.feed(records))
        yield running


@dataclass(slots=True)
class Reader:
    """The example as a process, and its database."""

    bench: Bench
    database: Path
    process: subprocess.Popen[bytes] | None = None
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.database.with_suffix(".log")

    def start(self) -> None:
        env = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": self.bench.broker.bootstrap}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(EXAMPLE), str(self.database)], env=env, stdout=log, stderr=log
            )

    def stop(self, how: int = signal.SIGKILL) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(20)

    @property
    def lines(self) -> list[str]:
        return self.log.read_text("utf-8").splitlines()

    def wait_lines(self, count: int) -> None:
        deadline = time.monotonic() + 60
        while len(self.lines) < count:
            assert self.process is not None and self.process.poll() is None, self.log.read_text("utf-8")
            assert time.monotonic() < deadline, self.lines
            time.sleep(0.05)

    def wait_seen(self, count: int) -> None:
        """Wait until so many events are stored: a line is printed before, and again after a crash in between."""
        deadline = time.monotonic() + 60
        while self.seen() < count:
            assert self.process is not None and self.process.poll() is None, self.log.read_text("utf-8")
            assert time.monotonic() < deadline, self.lines
            time.sleep(0.05)

    def seen(self) -> int:
        with sqlite3.connect(self.database) as db:
            return int(db.execute("select count(*) from seen").fetchone()[0])

    def wait_next_action(self, case: str, action: str) -> None:
        deadline = time.monotonic() + 20
        while self.cases().get(case, ("", "", ""))[2] != action:
            assert time.monotonic() < deadline, self.cases()
            time.sleep(0.05)

    def cases(self) -> dict[str, tuple[str, ...]]:
        with sqlite3.connect(self.database) as db:
            return {row[0]: tuple(row[1:]) for row in db.execute("select * from cases")}


@pytest.fixture
def reader(service: Bench, tmp_path: Path) -> Iterator[Reader]:
    made = Reader(service, tmp_path / "subscriber.db")
    yield made
    made.stop()


def told(event: dict[str, Any]) -> tuple[str, str]:
    """State and severity of a case after an event, worked out beside the example."""
    if event["resolved_by"]:
        return f"ended by {event['resolved_by']}", event["severity"]
    return "open" if event["owner"] == "support" else f"handed over to {event['owner']}", event["severity"]


def write(bench: Bench, *records: tuple[bytes | None, bytes | None, Any]) -> None:
    client = producer(bench.settings)
    for key, value, headers in records:
        client.produce(TOPIC, key=key, value=value, headers=headers)
    assert client.flush(20) == 0


@pytest.mark.parametrize(("on", "block"), RUN, ids=[" ".join(text.split()[:4]) for _, text in RUN])
def test_a_command_of_the_page(on: list[str], block: str, service: Bench, tmp_path: Path) -> None:
    kind = "embedded" if service.broker.kind == "embedded" else "kafka"
    if on and on != [kind]:
        pytest.skip(f"is for the {on[0]} broker, this is {kind}")
    if "kcat" in block and shutil.which("kcat") is None:
        pytest.skip("needs kcat on PATH")
    env = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": service.broker.bootstrap}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    if "verify" in block:
        assert re.search(r"^[1-9]\d* events, \d+ repeats: no findings$", done.stderr, re.MULTILINE), done.stderr
    if "kcat" in block:
        events = len(service.read(TOPIC))
        assert len(re.findall(r"^\d+/\d+ \S+ \{", done.stdout, re.MULTILINE)) == events > 10


def test_the_reader_survives_a_crash_and_counts_nothing_twice(service: Bench, reader: Reader) -> None:
    records = service.read(TOPIC)
    events = {loads(record.value or b"")["event_id"]: loads(record.value or b"") for record in records}

    reader.start()
    reader.wait_lines(3)
    reader.stop()
    reader.start()
    reader.wait_seen(len(events))

    last = {event["dedup_key"]: told(event) for event in events.values()}
    assert {key: row[:2] for key, row in reader.cases().items()} == last
    assert sorted({state for state, _ in last.values()})[:2] == ["ended by self", "handed over to finance"]

    lines = len(reader.lines)
    write(service, *((record.key, record.value, list(record.headers)) for record in records[-5:]))
    fresh = golden("exception/opened", event_id="f" * 24, subject="ups:1Z999AA10000000004")
    write(service, fresh)
    reader.wait_seen(len(events) + 1)

    assert len(reader.lines) == lines + 1, "a repeat was taken for news"
    assert reader.lines[-1].startswith("opened attempt_failed ups:1Z999AA10000000004")


def golden(name: str, *, event_id: str, subject: str, **said: object) -> tuple[bytes, bytes, Any]:
    """A golden event as one of another parcel, which keeps the contract unless `said` breaks it."""
    event = next(one for one in golden_events() if str(one) == name)
    number = subject.partition(":")[2]
    ids = {"subject_id": subject, "shipment_id": subject, "tracking_number": number, "event_id": event_id}
    keys = {"case_id": event_id[:16], "dedup_key": f"{subject}/{event.value['kind']}"}
    headers = event.headers | {"ce_id": event_id, "ce_subject": subject}
    return subject.encode(), dumps(event.value | ids | keys | said), list(headers.items())


def test_the_reader_takes_new_words_and_fields(tmp_path: Path) -> None:
    subject = "ups:1Z999AA10000000005"
    words = {"kind": "drone_lost", "change": "paused", "carbon_grams": 12, "next_action": "look up"}
    new = golden("exception/opened", event_id="e" * 24, subject=subject, **words)
    gap = golden("exception/opened", event_id="d" * 24, subject=subject, sequence=4)
    with bench(tmp_path) as empty:
        write(empty, new, (subject.encode(), None, []), gap)
        reader = Reader(empty, tmp_path / "subscriber.db")
        try:
            reader.start()
            reader.wait_lines(3)
            # A line is printed before its event is in the database.
            reader.wait_next_action(f"{subject}/attempt_failed", "offer a pickup point")
        finally:
            reader.stop()
    assert reader.lines == [
        f"paused drone_lost {subject} routine open",
        f"{subject}: events 2 to 3 are missing",
        f"opened attempt_failed {subject} routine open",
    ]


def test_a_break_on_the_topic_is_found_at_its_place(tmp_path: Path) -> None:
    broken = golden("exception/opened", event_id="c" * 24, subject="ups:1Z999AA10000000006", severity="high")
    with bench(tmp_path) as empty:
        write(empty, broken)
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", "contract", "verify", "--topic", TOPIC, "--json", "--brokers",
             empty.broker.bootstrap], capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert re.fullmatch(rf"{TOPIC}/\d/0", found["where"])
    assert (found["check"], found["event_id"]) == ("word_unknown", "c" * 24)
