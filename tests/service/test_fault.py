"""A fault of the service's own over one record: that record is parked with its bytes, and the others go on."""

from datetime import timedelta
from pathlib import Path

import pytest

from cli.simulation.presets import small_recording
from schemas.codec import dumps, rfc3339
from schemas.dead_letters import read_errors
from schemas.recording import RawRecord
from tests.service.faulty_worker import NUMBER
from tests.service.harness import bench
from tests.service.test_equality import decided
from tests.service.verdict import verdict

ROOT = Path(__file__).parents[2]


@pytest.mark.broker
@pytest.mark.slow
def test_w02_a_fault_of_ours_parks_its_record_and_nothing_else(tmp_path: Path) -> None:
    records = [record for seed in range(5) for record in small_recording(seed)]
    records.sort(key=lambda record: record.timestamp)
    struck = [_scan(records[len(records) * part // 4], part) for part in (1, 2, 3)]
    with bench(tmp_path, PYTHONPATH=str(ROOT)) as running:
        running.start(module="tests.service.faulty_worker")
        running.wait_ready()
        running.wait_closed(running.feed([*records, *struck]))
        outputs = running.outputs()
        letters = running.read("dead-letters")
        facts = [one for one in running.read("shipment-events") if NUMBER.encode() in (one.value or b"")]

    assert len(facts) == len(struck)
    said = [(letter, read_errors(letter.headers)) for letter in letters]
    ours = [(letter, error) for letter, error in said if error["reason"] == "handler_error"]
    assert {letter.value for letter, _ in ours} == {fact.value for fact in facts}
    assert len(ours) == len(facts)
    assert {error["topic"] for _, error in ours} == {"shipment-events"}
    assert all("a fault of ours" in error["exception.message"] for _, error in ours)
    whole = verdict(decided([*records, *struck]))
    assert verdict(outputs) == {key: one for key, one in whole.items() if NUMBER not in key}


def _scan(beside: RawRecord, number: int) -> RawRecord:
    at = beside.timestamp + timedelta(seconds=1)
    body = {"carrier": "ups", "tracking_number": NUMBER, "status": "in_transit", "code": f"X{number}"}
    value = dumps(body | {"occurred_at": rfc3339(at)})
    return RawRecord("carrier-scans", at, value, NUMBER.encode(), {"source": "wismo"})
