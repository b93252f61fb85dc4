"""`wismo review` over a simulated recording: what is picked, what verdicts become, and that the cases then run."""

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

import rules.kinds
from cli.main import app
from rules.twin_cases import run_case

ROOT = Path(__file__).parents[2]
KINDS = Path(rules.kinds.__file__).parent
TIGHTER = "- extends: live\n- name: tighter\n  from: 2026-01-02\n  values: {stalled: {silence: {ground: 30h}}}\n"
VERDICTS: tuple[Any, ...] = (
    "right",
    "wrong",
    {"verdict": "owner", "owner": "finance", "note": "money: theirs"},
    {"verdict": "posture", "posture": "human_review", "by": "kim"},
)


def wismo(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("review") / "traffic.jsonl"
    assert wismo("simulate", "--seed", "3", "--shipments", "45", "--days", "3", "--output", str(path)).exit_code == 0
    return path


@pytest.fixture(scope="module")
def shown(traffic: Path) -> list[dict[str, Any]]:
    result = wismo("review", "--recording", str(traffic), "--json")
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def twins(tmp_path: Path) -> Path:
    folder = tmp_path / "kinds"
    folder.mkdir()
    for path in KINDS.glob("*.yaml"):
        shutil.copy(path, folder)
    return folder


def answered(path: Path, shown: list[dict[str, Any]]) -> Path:
    told = {one["case_id"]: VERDICTS[number % len(VERDICTS)] for number, one in enumerate(shown)}
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    return path


def added(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for path in sorted(folder.glob("*.yaml")):
        cases = yaml.safe_load(path.read_text(encoding="utf-8"))["cases"]
        found += [(path.stem, case) for case in cases if "judged" in case]
    return found


def test_twenty_cases_of_many_kinds_each_with_its_why(shown: list[dict[str, Any]]) -> None:
    assert len(shown) == 20
    assert len({one["kind"] for one in shown}) >= 10
    assert all(one["explanation"]["kind"] == one["kind"] for one in shown)
    assert all(one["timeline"] for one in shown if one["key"].startswith("ups:"))


@pytest.mark.slow
def test_the_same_recording_shows_the_same_bytes(traffic: Path) -> None:
    first, again = (wismo("review", "--recording", str(traffic), "--count", "5").stdout for _ in range(2))

    assert first == again and first.count("why this one:") == 5


def test_verdicts_become_cases_that_run(
    traffic: Path, shown: list[dict[str, Any]], twins: Path, tmp_path: Path
) -> None:
    answers = answered(tmp_path / "answers.yaml", shown)

    result = wismo(
        "review", "--recording", str(traffic), "--answers", str(answers), "--into", str(twins), "--by", "sam"
    )

    kept = added(twins)
    unfit = result.stderr.count("is not kept")
    assert len(kept) + unfit == 20 and len(kept) >= 15
    assert result.exit_code == (1 if unfit else 0)
    for kind, case in kept:
        assert bool(run_case(kind, case)) == ("pending" in case), (kind, case["name"])
        assert "pending" in case or case["judged"]["verdict"] == "right"
    assert {case["judged"]["by"] for _, case in kept} == {"sam", "kim"}
    assert f"{sum('pending' in case for _, case in kept)} to be met by a change" in result.stderr


def test_the_tests_of_the_twins_run_a_kept_case_and_fail_once_a_pending_one_is_fulfilled(
    traffic: Path, shown: list[dict[str, Any]], twins: Path, tmp_path: Path
) -> None:
    from tests.rules.kinds.test_twins import params

    one = next(case for case in shown if case["kind"] not in ("feed_silent", "incident"))
    (tmp_path / "a.yaml").write_text(f"{one['case_id']}: wrong\n", encoding="utf-8")
    wismo("review", "--recording", str(traffic), "--answers", str(tmp_path / "a.yaml"), "--into", str(twins))
    ((kind, case),) = added(twins)

    (param,) = params([(kind, case)])

    (mark,) = param.marks
    assert mark.name == "xfail" and mark.kwargs["strict"] is True
    assert mark.kwargs["reason"] == f"{kind}: judged wrong, but it fires"


@pytest.mark.slow
def test_a_second_review_adds_nothing(traffic: Path, shown: list[dict[str, Any]], twins: Path, tmp_path: Path) -> None:
    answers = answered(tmp_path / "answers.yaml", shown)
    arguments = ("review", "--recording", str(traffic), "--answers", str(answers), "--into", str(twins))
    wismo(*arguments)
    before = added(twins)

    assert "nothing new" in wismo(*arguments).stderr
    assert added(twins) == before


@pytest.mark.slow
def test_a_dry_run_writes_nothing(traffic: Path, shown: list[dict[str, Any]], twins: Path, tmp_path: Path) -> None:
    answers = answered(tmp_path / "answers.yaml", shown)

    result = wismo("review", "--recording", str(traffic), "--answers", str(answers), "--into", str(twins), "--dry-run")

    assert "+    judged:" in result.stderr and added(twins) == []


@pytest.mark.slow
def test_where_two_policies_disagree_comes_first(traffic: Path, tmp_path: Path) -> None:
    (tmp_path / "tighter.yaml").write_text(TIGHTER, encoding="utf-8")

    result = wismo("review", "--recording", str(traffic), "--against", str(tmp_path / "tighter.yaml"), "--json")

    first = json.loads(result.stdout.splitlines()[0])
    assert "the other policy" in first["why"][0]
    quiet = [case for case in map(json.loads, result.stdout.splitlines()) if not case["fires"]]
    assert quiet and all(case["kind"] == "stalled" and not case["explanation"]["fires"] for case in quiet)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nobody: right\n", "not among the cases"),
        ("[]\n- x", "--answers"),
        ("- right\n", "write a mapping of case ids"),
        ("x: maybe\n", "no verdict"),
        ("x: {verdict: owner}\n", "name one of"),
        ("x: {owner: support}\n", "write a verdict"),
    ],
)
def test_bad_answers_end_it_before_anything_is_written(
    traffic: Path, twins: Path, tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "bad.yaml").write_text(text, encoding="utf-8")

    result = wismo("review", "--recording", str(traffic), "--answers", str(tmp_path / "bad.yaml"), "--into", str(twins))

    assert result.exit_code == 2 and says in result.stderr and added(twins) == []


def test_a_folder_without_twins_is_told_of_before_anybody_is_asked(traffic: Path, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("x: right\n", encoding="utf-8")

    result = wismo("review", "--recording", str(traffic), "--answers", str(tmp_path / "a.yaml"), "--into", "nowhere")

    assert result.exit_code == 2 and "nowhere" in result.stderr


@pytest.mark.slow
def test_a_person_at_a_terminal_is_asked_and_may_stop_early(traffic: Path, twins: Path) -> None:
    command = [sys.executable, "-m", "cli.main", "review", "--recording", str(traffic), "--into", str(twins)]
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as running:
        os.write(ours, b"x\nr\nas it should be\ns\nw\n\nq\n")
        out, err = running.communicate(timeout=120)
    os.close(ours)
    os.close(theirs)

    assert running.returncode == 0, err.decode()
    assert b"write one of" in err and out.count(b"why this one:") == 4
    assert [case["judged"]["verdict"] for _, case in added(twins)].count("wrong") == 1
    assert any(case["name"].startswith("as it should be (") for _, case in added(twins))
