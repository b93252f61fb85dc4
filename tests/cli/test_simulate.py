"""The simulator's command and the recordings it writes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from cli.simulate import simulate
from cli.simulation.presets import demo_day, small_recording
from rules.normalize import parse_order, parse_scans, parse_ticket
from schemas.codec import parse_rfc3339
from schemas.facts import Rejected
from schemas.recording import RawRecord, read_recording, write_record
from schemas.words import CARRIERS, KINDS, RAW_TOPICS, SUBJECTS

ROOT = Path(__file__).resolve().parents[2]
PARSERS = {"carrier-scans": parse_scans, "order-events": parse_order, "ticket-events": parse_ticket}


def run(*arguments: str) -> tuple[int, str]:
    app = Typer()
    app.command()(simulate)
    result = CliRunner().invoke(app, [*arguments])
    return result.exit_code, result.stderr


def generated(tmp_path: Path, hash_seed: str, *arguments: str) -> tuple[bytes, bytes]:
    output, labels = tmp_path / f"{hash_seed}.jsonl", tmp_path / f"{hash_seed}.labels.jsonl"
    subprocess.run(
        [sys.executable, "-m", "cli.simulate", *arguments, "--output", str(output), "--labels", str(labels)],
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": "Asia/Tokyo" if hash_seed == "2" else "UTC"},
        capture_output=True,
    )
    return output.read_bytes(), labels.read_bytes()


@pytest.mark.parametrize("arguments", [("--seed", "5", "--shipments", "150"), ("--seed", "5", "--preset", "day")])
def test_same_seed_same_bytes_whatever_the_hashes(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert generated(tmp_path, "1", *arguments) == generated(tmp_path, "2", *arguments)


def test_other_seed_other_bytes(tmp_path: Path) -> None:
    bodies = []
    for seed in ("1", "2"):
        assert run("--seed", seed, "--shipments", "20", "--output", str(tmp_path / seed))[0] == 0
        bodies.append((tmp_path / seed).read_bytes())
    assert bodies[0] != bodies[1]


def test_one_day_is_enough(tmp_path: Path) -> None:
    assert run("--days", "1", "--shipments", "3", "--output", str(tmp_path / "short"))[0] == 0
    assert (tmp_path / "short").stat().st_size


def test_a_start_without_an_offset_is_refused(tmp_path: Path) -> None:
    code, told = run("--start", "2026-03-02T00:00:00", "--output", str(tmp_path / "none"))
    assert code == 2
    assert "--start" in told


@pytest.mark.parametrize("place", ["", "nowhere/day.jsonl"])
def test_an_output_that_cannot_be_written_is_bad_use(tmp_path: Path, place: str) -> None:
    code, told = run("--output", str(tmp_path / place), "--shipments", "1", "--days", "1")
    assert code == 2 and str(tmp_path / place) in told and "can be written" in told


def test_records_are_sorted_keyed_and_written_canonically(tmp_path: Path) -> None:
    output = tmp_path / "recording.jsonl"
    assert run("--shipments", "200", "--output", str(output))[0] == 0
    lines = output.read_bytes().splitlines(keepends=True)
    records = list(read_recording(lines))
    assert [write_record(record) for record in records] == lines
    assert_usable(records)
    assert {record.source for record in records} >= {"wismo", "ups", "usps", "fedex", "easypost", "shopify"}


def assert_usable(records: list[RawRecord]) -> None:
    times = [record.timestamp for record in records]
    assert times == sorted(times)
    for record in records:
        assert record.topic in RAW_TOPICS
        assert record.key
        assert record.value is not None
        parsed = PARSERS[record.topic](record.source or "", record.value)
        assert not isinstance(parsed, Rejected), (parsed, record)


def test_small_recordings_are_small_and_usable() -> None:
    oddities: set[str] = set()
    for seed in range(300):
        records = small_recording(seed)
        assert 0 < len(records) < 400
        assert_usable(records)
        oddities |= odd(records)
    assert oddities >= {"early ticket", "late order", "cancelled", "split", "replacement", "unmapped", "reused"}


def odd(records: list[RawRecord]) -> set[str]:
    found: set[str] = set()
    scanned: set[str] = set()
    ids: dict[str, set[str]] = {}
    for record in records:
        key, value = (record.key or b"").decode(), record.value or b""
        if record.topic == "carrier-scans":
            scanned.add(key)
            scans = parse_scans(record.source or "", value)
            assert not isinstance(scans, Rejected)
            ids.setdefault(key, set()).update(scan.shipment_id for scan in scans)
            found |= {"unmapped" for scan in scans if not scan.mapped}
        elif record.topic == "ticket-events" and not scanned:
            found.add("early ticket")
        elif record.topic == "order-events":
            changes = parse_order(record.source or "", value)
            assert not isinstance(changes, Rejected)
            for change in changes:
                found |= {"late order" for line in change.shipments if line.tracking_number in scanned}
                found |= {"cancelled"} if change.event == "cancelled" else set()
                found |= {"split"} if len(change.shipments) > 1 else set()
                found |= {"replacement"} if isinstance(change.replacement_for, str) else set()
    return found | {"reused" for known in ids.values() if len(known) > 1}


def test_the_day_is_one_day_and_begins_with_history() -> None:
    records = demo_day(1)
    assert_usable(records)
    assert 4000 <= len(records) <= 5000
    assert (records[-1].timestamp - records[0].timestamp).total_seconds() <= 86400
    history = [record for record in records if "wismo-import" in record.headers]
    assert len(history) > 2000
    assert (history[-1].timestamp - records[0].timestamp).total_seconds() <= 180
    assert sum(record.topic == "ticket-events" for record in records) > 40


@pytest.mark.parametrize("arguments", [("--shipments", "600"), ("--preset", "day")])
def test_labels_are_well_formed_and_speak_of_the_recording(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    output, labels = tmp_path / "recording", tmp_path / "labels"
    assert run(*arguments, "--output", str(output), "--labels", str(labels))[0] == 0
    known = named_shipments(list(read_recording(output.read_bytes().splitlines())))
    kinds = set()
    for row in map(json.loads, labels.read_text().splitlines()):
        assert row["kind"] in KINDS
        assert row["subject"] in SUBJECTS
        begins, knowable = parse_rfc3339(row["begins"]), parse_rfc3339(row["first_knowable"])
        assert begins <= knowable
        assert row["ends"] is None or parse_rfc3339(row["ends"]) >= begins
        assert (row["shipment_id"] is None) == (row["subject"] != "shipment")
        assert row["shipment_id"] is None or row["shipment_id"] in known
        kinds.add(row["kind"])
    assert len(kinds) >= 18


def named_shipments(records: list[RawRecord]) -> set[str]:
    known: set[str] = set()
    for record in records:
        if record.topic == "carrier-scans":
            scans = parse_scans(record.source or "", record.value or b"")
            assert not isinstance(scans, Rejected)
            known |= {scan.shipment_id for scan in scans}
        elif record.topic == "order-events":
            changes = parse_order(record.source or "", record.value or b"")
            assert not isinstance(changes, Rejected)
            known |= {line.shipment_id for change in changes for line in change.shipments}
    assert {shipment.split(":", 1)[0] for shipment in known} <= set(CARRIERS)
    return known
