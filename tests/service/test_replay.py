"""Dead letters on a live service: listed by cause, shown, and sent back in without doubling anything."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from cli.service import get
from schemas.codec import dumps, parse_rfc3339
from schemas.recording import RawRecord
from tests.service.harness import PARTITIONS, Bench, bench

T0 = parse_rfc3339("2026-03-02T10:00:00Z")
HISTORY = {
    "object": "Tracker",
    "tracking_code": "1Z999AA10123456784",
    "carrier": "UPS",
    "tracking_details": [
        {"status": "in_transit", "message": "Departed", "datetime": "2026-03-02T08:00:00Z"},
        {"status": "a_new_status", "message": "Teleported", "datetime": "2026-03-02T09:00:00Z"},
    ],
}
RECORDS = [
    RawRecord("carrier-scans", T0, dumps(HISTORY), b"1Z", {"source": "easypost", "traceparent": "00-1-2-01"}),
    RawRecord("carrier-scans", T0, b"not json", b"x", {"source": "wismo"}),
    RawRecord("order-events", T0, b"{}", b"y", {}),
]


class Desk:
    """The command line against a running bench."""

    def __init__(self, running: Bench) -> None:
        self._env = {"KAFKA_BOOTSTRAP_SERVERS": running.broker.bootstrap, "WISMO_PARTITIONS": str(PARTITIONS)}

    def dlq(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["dlq", *arguments], env=self._env)

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.dlq(*arguments).stdout.splitlines() if line.startswith("{")]

    def replay(self, *arguments: str) -> Result:
        plan = self.dlq("replay", *arguments).stderr.rsplit("--confirm ", 1)[-1].split()[0]
        return self.dlq("replay", *arguments, "--execute", "--confirm", plan)


@pytest.mark.broker
@pytest.mark.slow
def test_dead_letters_are_listed_shown_and_replayed_without_doubling(tmp_path: Path) -> None:
    with bench(tmp_path) as running:
        running.start()
        running.wait_ready()
        running.wait_closed(running.feed(RECORDS))
        desk = Desk(running)

        causes = {row["reason"]: row for row in desk.lines("list", "--json")}
        assert causes.keys() == {"unmapped_code", "undecodable", "unknown_type"}
        assert desk.dlq("list").exit_code == 1

        place = causes["unmapped_code"]["example"]
        (shown,) = desk.lines("show", place)
        assert shown["headers"]["__wismo.errors.scan"] == '["a_new_status"]'
        assert shown["headers"]["traceparent"] == "00-1-2-01"
        assert "value" not in shown

        assert "would fail again" in desk.dlq("replay").stderr
        assert desk.dlq("replay", "--include-failing", "--execute", "--confirm", "wrong").exit_code == 2
        _replayed_once(running, desk, place)


def _replayed_once(running: Bench, desk: Desk, place: str) -> None:
    updates = len(running.read("shipment-updates"))
    assert desk.replay(place, "--include-failing").exit_code == 0
    later = RawRecord("carrier-scans", parse_rfc3339("2026-03-02T10:05:00Z"), b"end", b"z", {"source": "wismo"})
    running.wait_closed(running.feed([later]))

    letters = running.read("dead-letters")
    again = [one for one in letters if one.header("__wismo.replay.count") == "1"]
    assert len(again) == 1
    assert again[0].value == dumps(HISTORY)
    assert again[0].key == b"1Z"
    assert len(running.read("shipment-updates")) == updates
    assert 'result="duplicate",stage="track"} 1.0' in get(running.workers["worker"][1], "/metrics")[1]

    assert "has been replayed already" in desk.dlq("replay", place, "--include-failing").stderr
    (audit,) = running.read("replays")
    assert json.loads(audit.value or b"")["places"] == [place]
