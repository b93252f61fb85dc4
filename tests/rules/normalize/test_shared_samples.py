"""Samples of real senders beside the repository, where they are there: each event has its scan."""

import json
from pathlib import Path
from typing import Any

import pytest

from rules.normalize import SCANS, parse_scans

ROOT = Path(__file__).parents[4] / "shared" / "carriers" / "payloads"
INDEX = ROOT / "index.json"
SAMPLES: list[dict[str, Any]] = json.loads(INDEX.read_text("utf-8")) if INDEX.exists() else []
OURS = [one for one in SAMPLES if one["file"].split("/")[0] in SCANS and one["expected_events"]]


@pytest.mark.skipif(not OURS, reason=f"no samples of senders in {ROOT.parent.name}/{ROOT.name}")
@pytest.mark.parametrize("sample", OURS, ids=[one["file"] for one in OURS])
def test_sample(sample: dict[str, Any]) -> None:
    result = parse_scans(sample["file"].split("/")[0], (ROOT / sample["file"]).read_bytes())
    assert isinstance(result, tuple)
    parcels: dict[str, list[tuple[str, str]]] = {}
    for scan in result:
        assert scan.mapped
        parcels.setdefault(scan.shipment_id, []).append((scan.state or "unknown", scan.reason or ""))
    # An exact duplicate counts once.
    events = {
        (one["time"], one["code"], one.get("place"), one["state"], (one["reason"] or "").replace("informational", ""))
        for one in sample["expected_events"]
    }
    wanted = sorted(event[3:] for event in events)
    assert wanted in [sorted(states) for states in parcels.values()]
