"""`wismo learn` over a simulated recording: what it prints is a policy that can be checked and tried."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app

LESSONS = ("patience", "journeys")
COUNTS = ("--least", "20", "--least-shown", "10", "--tighter")


def wismo(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("learn") / "traffic.jsonl"
    made = wismo("simulate", "--seed", "5", "--shipments", "250", "--days", "6", "--output", str(path))
    assert made.exit_code == 0, made.stderr
    return path


@pytest.mark.parametrize("lesson", LESSONS)
def test_what_is_proposed_is_a_policy_that_holds_from_the_day_given(lesson: str, traffic: Path, tmp_path: Path) -> None:
    learned = wismo("learn", lesson, "--recording", str(traffic), "--from", "2026-05-01", *COUNTS)
    assert learned.exit_code == 0, learned.stderr
    assert "from: 2026-05-01" in learned.stdout
    assert "proposed from" in learned.stderr

    candidate = tmp_path / "candidate.yaml"
    candidate.write_text(learned.stdout)
    checked = wismo("check", "--policy", str(candidate))
    assert checked.exit_code == 0, checked.output


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_same_recording_teaches_the_same(lesson: str, traffic: Path) -> None:
    first, second = (wismo("learn", lesson, "--recording", str(traffic), *COUNTS).stdout for _ in range(2))
    assert first == second


@pytest.mark.parametrize("lesson", LESSONS)
def test_groups_are_json_lines(lesson: str, traffic: Path) -> None:
    learned = wismo("learn", lesson, "--recording", str(traffic), "--json", *COUNTS)
    groups = [json.loads(line) for line in learned.stdout.splitlines()]

    assert groups and all(group["samples"] >= 10 for group in groups)
    assert all(group["p50"]["hours"] <= group["p90"]["hours"] <= group["p95"]["hours"] for group in groups)


def test_nothing_slower_than_what_holds_proposes_nothing(traffic: Path) -> None:
    learned = wismo("learn", "journeys", "--recording", str(traffic), "--least", "5000")
    assert "# Nothing to propose" in learned.stdout
    assert learned.exit_code == 0


@pytest.mark.parametrize(
    ("content", "arguments", "says"),
    [
        ("", (), "the recording is empty"),
        ('{"topic":"orders","timestamp":"2026-03-02T15:00:00Z","value":{}}\n', (), "is no raw topic"),
        ('{"topic":"order-events","timestamp":"2026-03-02T15:00:00Z","value":{}}\n', ("--from", "soon"), "is no date"),
    ],
)
def test_bad_use_says_what_is_wrong(content: str, arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(content)
    learned = wismo("learn", "patience", "--recording", str(path), *arguments)

    assert learned.exit_code == 2
    assert says in " ".join(learned.stderr.split())
