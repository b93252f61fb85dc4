"""`wismo backtest`: its answers, whatever the processes, its page, its exit codes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.backtest_run import Task, WorkerDiedError, _Worker, run
from cli.backtest_words import TITLES
from cli.main import app
from cli.simulation.presets import demo_day, small_recording
from rules.backtest.differences import DIFFERENCES
from rules.backtest.report import report
from rules.loading import load_policy
from rules.pipeline.track import Place
from schemas.codec import dumps
from schemas.recording import RawRecord, write_record
from schemas.topics import load_topics
from sinks.kafka import producer
from sinks.settings import load_settings
from sinks.topics import ensure_topics
from tests.brokers import running_broker

QUICKER = """\
- extends: packaged
- name: quicker
  from: 2026-02-01
  values:
    stalled: {silence: {ground: 30h, economy: 2bd}}
    messages: {settling: 10m}
"""
EARS = "- extends: packaged\n- {name: ears, from: 2026-02-01, values: {feed: {silence: 3h, least_in_flight: 1}}}\n"


def written(folder: Path, records: list[RawRecord]) -> str:
    path = folder / "recording.jsonl"
    path.write_bytes(b"".join(map(write_record, records)))
    return str(path)


def policy(folder: Path, text: str = QUICKER) -> str:
    path = folder / "new.yaml"
    path.write_text(text)
    return str(path)


def backtest(*arguments: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(app, ["backtest", *arguments], env=env)


def answer(text: str, records: list[RawRecord], jobs: int) -> bytes:
    books = load_policy(), load_policy(text)
    tally, parked = run(Task(*books, examples=2), records, jobs, lambda done: None)
    return dumps(report(tally, {"dead_letters": parked}, books, ("old", "new")))


def several(*seeds: int) -> list[RawRecord]:
    return [record for seed in seeds for record in small_recording(seed)]


@pytest.mark.parametrize("text", [QUICKER, EARS])
@pytest.mark.parametrize("jobs", [2, 3])
def test_processes_change_nothing(text: str, jobs: int) -> None:
    records = several(*range(12))
    alone = answer(text, records, 1)
    assert answer(text, records, jobs) == alone
    assert json.loads(alone)["cases"]["old"]["all"]["opened"]


@pytest.mark.slow
@pytest.mark.parametrize("text", [QUICKER, EARS])
def test_processes_change_nothing_over_a_day(text: str) -> None:
    records = demo_day(7)
    alone = answer(text, records, 1)
    assert answer(text, records, 2) == alone
    assert json.loads(alone)["different"]


def test_same_run_same_bytes_and_one_if_they_differ(tmp_path: Path) -> None:
    told = [
        backtest("--recording", written(tmp_path, several(1, 2, 3, 4)), "--policy", policy(tmp_path), "--json")
        for _ in range(2)
    ]
    assert told[0].stdout == told[1].stdout
    assert told[0].exit_code == (1 if json.loads(told[0].stdout)["different"] else 0)


def test_nothing_differs_from_itself(tmp_path: Path) -> None:
    file = policy(tmp_path)
    result = backtest("--recording", written(tmp_path, several(5, 6)), "--policy", file, "--against", file)
    assert result.exit_code == 0
    assert result.stdout.rstrip().endswith("No difference.")


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str, str]:
    """One backtest as JSON, as tables and as a page."""
    folder = tmp_path_factory.mktemp("backtest")
    common = ("--recording", written(folder, several(*range(20))), "--policy", policy(folder))
    told = backtest(*common, "--json", "--jobs", "1")
    page = folder / "page.html"
    shown = backtest(*common, "--html", str(page), "--jobs", "1")
    assert told.exit_code == shown.exit_code == 1, told.stderr
    return json.loads(told.stdout), shown.stdout, page.read_text()


def test_table_and_page_say_what_the_document_says(answers: tuple[dict[str, Any], str, str]) -> None:
    told, shown, page = answers
    text = re.sub(r"<[^>]+>", "|", page)
    for kind in told["cases"]["new"]["by_kind"]:
        assert kind in shown and kind in page
    opened = [told["cases"][side]["all"]["opened"] for side in ("old", "new")]
    assert re.search(rf"opened +│ +{opened[0]} │ +{opened[1]} │", shown)
    assert re.search(rf"\|opened\|\|{opened[0]}\|\|{opened[1]}\|", text)
    some = [(what, one) for what, one in told["differences"].items() if one["count"]]
    assert some
    for what, one in some:
        assert f"{TITLES[what]}: {one['count']}" in shown
        assert f"{TITLES[what]}: {one['count']}" in text
        for example in one["examples"]:
            assert example["subject"] in shown and example["subject"] in page


def test_the_page_asks_nobody(answers: tuple[dict[str, Any], str, str]) -> None:
    page = answers[2]
    assert not re.search(r"""(?:src|href|action)\s*=|url\(|@import|<script|<link|https?://""", page)
    assert page.count("<svg") == 4


def test_a_page_escapes_what_it_shows(tmp_path: Path) -> None:
    folder = tmp_path / "<img src=x>"
    folder.mkdir()
    page = tmp_path / "page.html"
    backtest("--recording", written(folder, several(1)), "--policy", policy(tmp_path), "--html", str(page))
    assert "<img" not in page.read_text() and "&lt;img" in page.read_text()


def test_every_difference_has_a_title() -> None:
    assert list(TITLES) == list(DIFFERENCES)


def test_a_bad_policy_is_named_by_file_and_line(tmp_path: Path) -> None:
    file = policy(tmp_path, "- extends: packaged\n- name: x\n  from: 2026-02-01\n  values: {stalled: {silense: 3h}}\n")
    result = backtest("--recording", written(tmp_path, several(1)), "--policy", file)
    assert result.exit_code == 2
    assert re.search(r"new\.yaml:4: ", result.stderr.replace("\n", ""))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--noise", "soon"), "--noise: 'soon' is no span"),
        (("--since", "yesterday"), "--since: 'yesterday' is neither a time nor a span"),
        (("--since", "2036-01-01T00:00:00Z"), "no records since"),
        (("--brokers", "localhost:1"), "name one of --recording and --brokers"),
        (("--html", "/proc/none/page.html"), "--html /proc/none/page.html"),
    ],
)
def test_bad_use(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    result = backtest("--recording", written(tmp_path, several(1)), "--policy", policy(tmp_path), *arguments)
    assert result.exit_code == 2
    assert said in result.stderr.replace("\n", "")


@pytest.mark.parametrize("line", [b"", b'{"topic": "shipments", "timestamp": "2026-03-02T00:00:00Z", "value": {}}\n'])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_recording_of_nothing_or_of_another_topic(tmp_path: Path, line: bytes, jobs: str) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_bytes(line)
    result = backtest("--recording", str(path), "--policy", policy(tmp_path), "--jobs", jobs)
    assert result.exit_code == 2
    assert ("no raw topic" if line else "no records") in result.stderr


def test_since_leaves_out_what_was_before(tmp_path: Path) -> None:
    records = several(1, 2)
    last = max(record.timestamp for record in records)
    common = ("--recording", written(tmp_path, records), "--policy", policy(tmp_path), "--json")
    told = json.loads(backtest(*common, "--since", "1d").stdout)
    wanted = [record for record in records if (last - record.timestamp).total_seconds() <= 86_400]
    assert 0 < told["recording"]["records"] == len(wanted) < len(records)


def test_a_process_that_was_killed_is_told_of() -> None:
    worker = _Worker(Task(load_policy(), load_policy(QUICKER)), Place())
    try:
        worker._process.kill()
        worker.flush()
        with pytest.raises(WorkerDiedError, match="ended with code -9"):
            worker.answer()
    finally:
        worker.stop()


@pytest.mark.broker
def test_the_raw_topics_of_a_service_answer_as_their_recording(tmp_path: Path) -> None:
    # No two records at one moment: between partitions nothing tells which of them came first.
    records = list({record.timestamp: record for record in several(3, 4)}.values())
    with running_broker(tmp_path) as broker:
        settings = load_settings(kafka_bootstrap_servers=broker.bootstrap)
        ensure_topics(settings, load_topics())
        client = producer(settings)
        for record in records:
            stamp = round(record.timestamp.timestamp() * 1000)
            headers: list[tuple[str, str | bytes | None]] = list(record.headers.items())
            client.produce(record.topic, record.value, key=record.key, headers=headers, timestamp=stamp)
        assert client.flush(30) == 0
        file = policy(tmp_path)
        live = backtest("--brokers", broker.bootstrap, "--policy", file, "--json", "--jobs", "1")
    recorded = backtest("--recording", written(tmp_path, records), "--policy", file, "--json", "--jobs", "1")
    told, wanted = json.loads(live.stdout), json.loads(recorded.stdout)
    assert told.pop("recording")["records"] == wanted.pop("recording")["records"] == len(records)
    assert told == wanted
    assert live.exit_code == recorded.exit_code


def test_without_a_recording_it_says_which_variable(tmp_path: Path) -> None:
    result = backtest("--policy", policy(tmp_path))
    assert result.exit_code == 2
    assert "KAFKA_BOOTSTRAP_SERVERS" in result.stderr and "--recording" in result.stderr
