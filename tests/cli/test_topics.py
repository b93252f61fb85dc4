"""`wismo topics` lists, creates and checks, with exit codes that scripts can use."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.topics import app
from schemas.topics import load_topics
from tests.brokers import running_broker

run = CliRunner().invoke


def test_list_needs_no_cluster() -> None:
    result = run(app, ["list"])
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(load_topics().names)


def test_list_as_json_is_the_declaration(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(app, ["list", "--json"])
    first = json.loads(result.stdout.splitlines()[0])
    assert (first["name"], first["retention"], first["max_message_bytes"]) == ("carrier-scans", "P14D", 8388608)


def test_without_an_address_it_says_which_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(app, ["check"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "KAFKA_BOOTSTRAP_SERVERS" in result.stderr


def test_a_bad_setting_is_bad_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WISMO_PARTITIONS", "none")
    result = run(app, ["create"])
    assert result.exit_code == 2
    assert "WISMO_PARTITIONS" in result.stderr


@pytest.mark.broker
def test_create_then_check_then_a_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = load_topics().names
    # A broker of its own: other tests create the service's topics on the shared one.
    with running_broker(tmp_path) as broker:
        monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", broker.bootstrap)
        missing, created, again, checked = (
            run(app, ["check"]),
            run(app, ["create"]),
            run(app, ["create"]),
            run(app, ["check"]),
        )
        monkeypatch.setenv("WISMO_PARTITIONS", "5")
        differs = run(app, ["check"])
    assert missing.exit_code == 1
    assert "run `wismo topics create`" in missing.stdout
    assert (created.exit_code, created.stdout.splitlines()) == (0, [f"created {name}" for name in names])
    assert (again.exit_code, again.stdout, checked.exit_code, checked.stdout) == (0, "", 0, "")
    assert differs.exit_code == 1
    assert len(differs.stdout.splitlines()) == len(names)
