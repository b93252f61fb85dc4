"""`wismo normalize`: the printed line, and what ends with 1."""

from pathlib import Path

import orjson
import pytest
import typer
from typer.testing import CliRunner

from cli.normalize import normalize
from tests.rules.normalize.payloads import own_scan, ups, ups_activity

app = typer.Typer()
app.command()(normalize)


def test_every_scan_is_a_line_with_the_fields_of_the_contract(tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    file.write_bytes(ups(ups_activity("I", "DP", "005"), ups_activity("M", "MP", "003", day="20260301")))
    result = CliRunner().invoke(app, ["--source", "ups", str(file)])
    lines = [orjson.loads(line) for line in result.stdout.splitlines()]
    assert (result.exit_code, [line["code"] for line in lines]) == (0, ["M/MP+003", "I/DP+005"])
    assert set(lines[0]) == {
        *("shipment_id", "carrier", "tracking_number", "state", "reason", "flags", "direction", "occurred_at"),
        *("time_quality", "raw_time", "code", "description", "mapped", "informational", "location"),
        "estimated_delivery_at",
    }
    assert lines[0]["occurred_at"] == "2026-03-01T16:15:00Z"


@pytest.mark.parametrize("content", [b"{", None])
def test_a_file_that_cannot_be_used_ends_with_1_and_its_name(tmp_path: Path, content: bytes | None) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(own_scan())
    if content is not None:
        bad.write_bytes(content)
    result = CliRunner().invoke(app, ["--source", "wismo", str(bad), str(good)])
    assert (result.exit_code, len(result.stdout.splitlines())) == (1, 1)
    assert "bad.json: " in result.stderr


def test_standard_input_is_a_file_too() -> None:
    result = CliRunner().invoke(app, ["--source", "wismo", "-"], input=own_scan())
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 1)


def test_unmapped_alone_is_well(tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    file.write_bytes(ups(ups_activity("I", "Q0Q", None)))
    result = CliRunner().invoke(app, ["--source", "ups", str(file)])
    assert (result.exit_code, orjson.loads(result.stdout)["mapped"]) == (0, False)


def test_a_source_that_sends_no_scans_is_bad_use(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["--source", "nobody", str(tmp_path / "any.json")])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "use one of: wismo ups" in result.stderr
