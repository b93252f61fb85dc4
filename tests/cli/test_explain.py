"""`wismo explain`: three trees to the letter, its JSON to its schema, its exit codes, its page, and a live broker."""

import json
import os
import re
import shlex
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner, Result

import schemas
from cli.main import app
from cli.output import recording
from tests.service.harness import PARTITIONS, bench

ROOT = Path(__file__).parents[2]
RECORDING = "schemas/examples/recording.jsonl"
UPS, FEDEX, USPS = "ups:1Z999AA10123456784", "fedex:123456789012", "usps:9400111899223100000012"
TOLD = {
    "put_aside.txt": (UPS, "--at", "2026-03-05T21:30:00Z"),
    "stalled.txt": (FEDEX, "--at", "2026-03-06T12:00:00Z"),
    "settled.txt": (USPS, "--at", "2026-03-05T12:00:00Z", "--kind", "damaged"),
}
REWRITE = "WISMO_TEST_REWRITE"
"""Set it to write the trees anew, then read what has changed."""


def wismo(*arguments: str, **options: Any) -> Result:
    return CliRunner().invoke(app, list(arguments), **options)


def explain(*arguments: str) -> Result:
    return wismo("explain", *arguments, "--recording", str(ROOT / RECORDING))


def told(*arguments: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(explain(*arguments, "--json").stdout)
    return answer


@pytest.mark.parametrize("name", TOLD)
def test_the_tree_reads_as_written_down(name: str) -> None:
    result = explain(*TOLD[name])
    path = Path(__file__).parent / "explained" / name
    if os.environ.get(REWRITE):
        path.write_text(result.stdout, encoding="utf-8")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == path.read_text(encoding="utf-8"), f"differs from {path.name}; see {REWRITE} in this file"


def test_what_is_no_terminal_gets_plain_lines_as_long_as_they_are() -> None:
    result = explain(UPS)

    assert "\x1b" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) > 150


class TestJson:
    def test_it_keeps_its_schema(self) -> None:
        folder = Path(schemas.__file__).parent / "generated"
        schema = json.loads((folder / "explanation.schema.json").read_text(encoding="utf-8"))

        for arguments in ((UPS,), ("order:A-1001",), ("carrier:usps",), *TOLD.values()):
            jsonschema.validate(told(*arguments), schema)

    def test_one_kind_alone(self) -> None:
        (kind,) = told(USPS, "--kind", "damaged", "--at", "2026-03-05T12:00:00Z")["kinds"]

        assert (kind["kind"], kind["standing"], kind["case"]["resolved_by"]) == ("damaged", "settled", "kim")

    def test_it_says_which_scan_made_the_state(self) -> None:
        state = told("usps:9400111899223100000029", "--at", "2026-03-04T11:00:00Z")["state"]

        assert (state["state"], state["class"], state["unmapped"]) == ("delayed", "exception", 1)
        scan = state["scan"]
        assert (scan["raw_time"], scan["time_quality"]) == ("2026-03-04T10:00:00Z", "offset")
        assert scan["event"]["topic"] == "shipment-updates"

    def test_a_table_row_is_named_by_its_code_and_version(self, tmp_path: Path) -> None:
        value = {
            "unitno": "11111111111",
            "events": [{"code": "INTRANSIT", "description": "In transit", "eventDateTime": "2026-03-02T08:00:00Z"}],
        }
        line = {"topic": "carrier-scans", "headers": {"source": "gls"}, "value": {"parcels": [value]}}
        path = tmp_path / "gls.jsonl"
        path.write_text(json.dumps({**line, "timestamp": "2026-03-02T10:00:00Z"}), encoding="utf-8")

        result = wismo("explain", "gls:11111111111", "--recording", str(path), "--json")

        scan = json.loads(result.stdout)["state"]["scan"]
        assert (scan["code"], scan["state"], scan["table"]) == ("INTRANSIT", "in_transit", "gls")
        assert scan["mapping_version"].startswith("gls-")


class TestExitCodes:
    def test_an_unknown_shipment_is_1_with_what_may_be_meant(self) -> None:
        result = explain("fedex:1Z999AA10123456784")

        assert (result.exit_code, result.stdout) == (1, "")
        assert "did you mean ups:1Z999AA10123456784?" in result.stderr.replace("\n", " ")

    def test_a_shipment_that_came_later_is_1_with_when(self) -> None:
        result = explain(UPS, "--at", "2026-03-01T00:00:00Z")

        assert result.exit_code == 1
        assert "first heard of at 2026-03-01T18:00:00Z" in result.stderr.replace("\n", " ")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("--at", "yesterday"), "--at"),
            (("--at", "2026-03-01T00:00:00"), "no offset"),
            (("--kind", "stuck"), "no kind of exception"),
            (("--policy", "nowhere.yaml"), "nowhere.yaml"),
        ],
    )
    def test_bad_use_is_2(self, arguments: tuple[str, ...], message: str) -> None:
        result = explain(UPS, *arguments)

        assert (result.exit_code, result.stdout) == (2, "")
        assert message in result.stderr.replace("\n", " ")

    def test_a_recording_that_is_not_there_is_2(self) -> None:
        assert wismo("explain", UPS, "--recording", "nowhere.jsonl").exit_code == 2

    def test_a_record_of_no_raw_topic_is_2(self, tmp_path: Path) -> None:
        path = tmp_path / "bad.jsonl"
        path.write_text('{"topic": "shipments", "value": {}, "timestamp": "2026-03-02T10:00:00Z"}', encoding="utf-8")

        result = wismo("explain", UPS, "--recording", str(path))

        assert result.exit_code == 2
        assert "no raw topic" in result.stderr


def test_the_page_shows_what_the_command_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "explain.md").read_text(encoding="utf-8")
    shown = re.findall(r"```sh\nwismo (explain [^\n]+)\n```\n\n```text\n(.*?)```", page, flags=re.S)
    assert shown
    monkeypatch.chdir(ROOT)

    for command, output in shown:
        lines = wismo(*shlex.split(command)).stdout.splitlines()
        for line in output.splitlines():
            # A line of dots stands for some that are left out.
            assert line.strip() == "..." or line in lines, f"{command}: {line}"


@pytest.mark.broker
@pytest.mark.slow
def test_from_the_topics_of_a_service_it_says_the_same(tmp_path: Path) -> None:
    at = "2026-03-06T12:00:00Z"
    with bench(tmp_path) as running:
        running.feed(recording(ROOT / RECORDING))
        env = {"KAFKA_BOOTSTRAP_SERVERS": running.broker.bootstrap, "WISMO_PARTITIONS": str(PARTITIONS)}

        live = wismo("explain", FEDEX, "--at", at, "--json", env=env)
        now = wismo("explain", FEDEX, "--json", env=env)

    assert live.exit_code == 0, live.stderr
    assert json.loads(live.stdout) == told(FEDEX, "--at", at)
    assert json.loads(now.stdout)["state"]["state"] == "delivered"
    assert json.loads(now.stdout)["at"].startswith("2026-03-10T18:00:00")
