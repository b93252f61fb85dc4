"""`wismo policy` and `wismo shadow`: what they print, write and refuse."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from cli.simulation.presets import small_recording
from schemas.codec import rfc3339
from schemas.recording import plain_value

CANDIDATE = "- extends: live\n- {name: early, from: 2026-01-01, values: {stalled: {silence: {ground: 24h}}}}\n"


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "live.yaml"
    path.write_text("- extends: packaged\n- {name: post, from: 2026-02-01, for: {carrier: usps}, kinds: {all: off}}\n")
    monkeypatch.setenv("WISMO_POLICY_FILE", str(path))
    return path


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    path = tmp_path / "candidate.yaml"
    path.write_text(CANDIDATE)
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def rows(result: Result) -> list[dict[str, Any]]:
    return [json.loads(row) for row in result.stdout.splitlines()]


def test_show_says_what_holds_and_which_entry_set_it(live: Path) -> None:
    found = run("policy", "show", "kinds.stalled", "--carrier", "usps", "--at", "2026-02-01T00:00:00Z", "--json")
    before = run("policy", "show", "kinds.stalled", "--carrier", "usps", "--at", "2026-01-31T23:59:59Z", "--json")

    assert rows(found) == [{"path": "kinds.stalled", "value": "off", "set_by": "post@2026-02-01:kinds.all"}]
    assert rows(before)[0]["value"] == "live"
    assert run("policy", "show", "nothing").exit_code == 1
    assert run("policy", "show", "--service", "slow").exit_code == 2


def test_show_prints_every_value_as_it_is_written(live: Path) -> None:
    values = {row["path"]: row["value"] for row in rows(run("policy", "show", "--json"))}

    assert values["stalled.silence.ground"] == "48h"
    assert (values["messages.quiet.from"], values["owners.support.zone"]) == ("21:00", "UTC")
    assert values["owners.support.days"] == [1, 2, 3, 4, 5, 6, 7]
    assert "stalled.silence.ground" in run("policy", "show").stdout


def test_promote_appends_and_rollback_takes_back(live: Path, candidate: Path) -> None:
    before = live.read_text()

    done = run("policy", "promote", candidate, "--by", "kim", "--note", "a week in shadow")

    assert done.exit_code == 0, done.output
    entry = rows(done)[0]
    assert (entry["by"], entry["note"], entry["sets"]) == ("kim", "a week in shadow", ["stalled.silence.ground"])
    promoted = live.read_text()
    assert promoted.startswith(before) and len(promoted) > len(before)
    assert run("check").exit_code == 0

    back = run("policy", "rollback", "--by", "sam", "--note", "too early")

    assert rows(back)[0]["revokes"] == [entry["entry"]]
    assert live.read_text().startswith(promoted)
    history = rows(run("policy", "history", "--json"))
    assert [row["by"] for row in history] == [None, None, "kim", "sam"]
    assert history[2]["ends"] is not None


def test_a_dry_run_and_a_refusal_write_nothing(live: Path, candidate: Path, tmp_path: Path) -> None:
    before = live.read_text()
    bad = tmp_path / "bad.yaml"
    bad.write_text(CANDIDATE.replace("24h", "soon"))

    assert run("policy", "promote", candidate, "--by", "kim", "--note", "x", "--dry-run").exit_code == 0
    refused = run("policy", "promote", bad, "--by", "kim", "--note", "x")

    assert (refused.exit_code, "bad.yaml:2" in refused.stderr) == (2, True)
    assert run("policy", "promote", candidate, "--by", " ", "--note", "x").exit_code == 2
    past = run("policy", "promote", candidate, "--by", "kim", "--note", "x", "--from", "2026-01-01T00:00:00Z")
    assert (past.exit_code, "lies in the past" in past.stderr) == (2, True)
    assert live.read_text() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.yaml", "candidate.yaml", "live.yaml"]


def test_the_packaged_policy_is_not_written(candidate: Path) -> None:
    done = run("policy", "promote", candidate, "--by", "kim", "--note", "x")

    assert (done.exit_code, "extends: packaged" in done.stderr) == (2, True)


def test_the_template_is_a_policy_that_is_well(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(run("policy", "template").stdout)

    assert run("check", "--policy", path).exit_code == 0
    asked = ("policy", "show", "kinds", "--json", "--policy", path, "--carrier")
    mine = {row["path"]: row["value"] for row in rows(run(*asked, "ups", "--storefront", "main"))}
    others = {row["value"] for row in rows(run(*asked, "fedex", "--storefront", "main"))}
    assert (mine["kinds.attempt_failed"], mine["kinds.stalled"], others) == ("live", "shadow", {"shadow"})
    assert run("policy", "template", "none").exit_code == 2


def test_check_reads_the_candidate_too(live: Path, candidate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WISMO_SHADOW_POLICY_FILE", str(candidate))
    assert run("check").exit_code == 0
    candidate.write_text(CANDIDATE.replace("ground", "grund"))

    found = run("check")

    assert (found.exit_code, f"{candidate}:2: " in found.stderr) == (1, True)


def test_check_names_a_broken_twin(monkeypatch: pytest.MonkeyPatch) -> None:
    from rules import twin_reading

    whole = twin_reading.twin_text
    monkeypatch.setattr(twin_reading, "twin_text", lambda kind: whole(kind).replace("owner: operations", "owner: ops"))

    found = run("check")

    assert (found.exit_code, "rules/kinds/stalled.yaml:2: 'ops' is no owner" in found.stderr) == (1, True)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    path = tmp_path / "recording.jsonl"
    records = sorted((record for seed in range(8) for record in small_recording(seed)), key=lambda one: one.timestamp)
    lines = [
        {"topic": one.topic, "key": (one.key or b"").decode(), "headers": dict(one.headers),
         "value": plain_value(one.value), "timestamp": rfc3339(one.timestamp)}
        for one in records
    ]  # fmt: skip
    path.write_text("".join(json.dumps(one) + "\n" for one in lines))
    return path


def test_decide_beside_a_candidate_adds_only_the_shadow_topic(recorded: Path, candidate: Path) -> None:
    until = ("--until", "2026-04-20T00:00:00Z")
    alone, beside = run("decide", recorded, *until), run("decide", recorded, "--shadow", candidate, *until)

    assert alone.exit_code == beside.exit_code == 0
    kept = [row for row in beside.stdout.splitlines() if '"topic":"shadow-exceptions"' not in row]
    assert kept == alone.stdout.splitlines()
    assert len(kept) < len(beside.stdout.splitlines())


def test_the_diff_of_the_same_policy_is_empty_and_of_another_is_not(recorded: Path, candidate: Path) -> None:
    same = candidate.with_name("same.yaml")
    same.write_text("- extends: packaged\n- {name: none, from: 2026-01-01, values: {forget: {terminal: 60d}}}\n")
    asked = ("shadow", "diff", "--recording", recorded, "--json", "--until", "2026-04-20T00:00:00Z", "--shadow")
    nothing, quiet = run(*asked, same), candidate.with_name("quiet.yaml")
    quiet.write_text("- extends: live\n- {name: quiet, from: 2026-01-01, kinds: {all: off}}\n")
    something = run(*asked, quiet)

    assert (nothing.exit_code, something.exit_code) == (0, 1)
    assert sum(row["same"] for row in rows(nothing) if "same" in row) > 0
    assert sum(row["only_live"] for row in rows(something) if "only_live" in row) > 0
    assert any(row.get("difference") == "only_live" for row in rows(something))
    assert run(*asked[:4]).exit_code == 2
