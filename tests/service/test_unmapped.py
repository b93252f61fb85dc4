"""An unknown code on a live service: parked, mapped by a row of the operator's own, replayed once, and then right."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from rules.normalize.tables import COLUMNS, add_rows
from schemas.codec import dumps, loads
from schemas.recording import RawRecord
from tests.service.harness import PARTITIONS, Bench, bench

T0 = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
"""Not long ago: a replay writes at the time of now, and the clock walks through all hours until then."""
ROW = "BEAMEDUP,delivered,,,,no,Parcel was beamed up,GLS letter of 2026-11,2026-11-22"


def gls(number: str, *codes: str) -> RawRecord:
    """A GLS answer: in transit five hours before, then these codes, an hour each."""
    hours = enumerate(("INTRANSIT", *codes), start=-5)
    said = [((T0 + timedelta(hours=hour)).isoformat(), code) for hour, code in hours]
    events = [{"code": code, "description": code.title(), "eventDateTime": at} for at, code in reversed(said)]
    body = {"parcels": [{"unitno": number, "events": events}]}
    return RawRecord("carrier-scans", T0, dumps(body), number.encode(), {"source": "gls"})


RECORDS = [gls("00000001", "BEAMEDUP"), gls("00000002", "BEAMEDUP", "MOONED"), gls("00000003", "MOONED")]


class Desk:
    """The command line against a running bench."""

    def __init__(self, running: Bench) -> None:
        self._running = running

    def run(self, *arguments: str) -> Result:
        address = self._running.broker.bootstrap
        env = {"KAFKA_BOOTSTRAP_SERVERS": address, "WISMO_PARTITIONS": str(PARTITIONS)}
        env |= {name: value for name, value in self._running.env.items() if name == "WISMO_CARRIER_TABLES"}
        return CliRunner().invoke(app, ["unmapped", *arguments], env=env)

    def rows(self) -> dict[tuple[str, str], dict[str, Any]]:
        found = (json.loads(line) for line in self.run("--json").stdout.splitlines())
        return {(row["code"], row["status"]): row for row in found}


def states(running: Bench) -> dict[str, str]:
    """The latest state of each shipment."""
    records = sorted(running.read("shipments"), key=lambda one: (one.partition, one.offset))
    values = [loads(record.value) for record in records if record.value]
    return {value["tracking_number"]: value["current_state"] for value in values}


def now() -> RawRecord:
    """A record of this moment that changes nothing, so that the clock of the bench reaches what a replay wrote."""
    return RawRecord("carrier-scans", datetime.now(UTC), b"end", b"z", {"source": "wismo"})


@pytest.mark.broker
@pytest.mark.slow
def test_a_code_is_parked_mapped_by_an_own_row_and_replayed_once(tmp_path: Path) -> None:
    own = tmp_path / "tables"
    own.mkdir()
    with bench(tmp_path) as running:
        running.env["WISMO_CARRIER_TABLES"] = str(own)
        running.start()
        running.wait_ready()
        running.wait_closed(running.feed(RECORDS))
        desk = Desk(running)
        assert states(running) == dict.fromkeys(("00000001", "00000002", "00000003"), "in_transit")
        assert {(key, row["count"]) for key, row in desk.rows().items()} == {
            (("BEAMEDUP", "unknown"), 2),
            (("MOONED", "unknown"), 2),
        }
        assert "nothing to replay" in desk.run("replay", "--by", "kim").stderr

        # The worker looks at the folder before it reads, so nothing has to be started again.
        (own / "gls.csv").write_text(f"{','.join(COLUMNS)}\n{ROW}\n", encoding="utf-8")
        try:
            _replayed_once(running, desk)
        finally:
            add_rows({})


def _replayed_once(running: Bench, desk: Desk) -> None:
    assert desk.rows().keys() == {("BEAMEDUP", "mapped now"), ("MOONED", "unknown")}
    assert desk.run().exit_code == 1
    dry = desk.run("replay", "--by", "kim", "--dry-run")
    assert [json.loads(line)["known"] for line in dry.stdout.splitlines()] in (["all", "partly"], ["partly", "all"])
    assert running.read("replays") == []

    sent = desk.run("replay", "--by", "kim", "--carrier", "gls", "--code", "BEAMEDUP")
    assert sent.exit_code == 0, sent.stderr
    running.wait_closed(running.feed([now()]))
    assert states(running) == {"00000001": "delivered", "00000002": "delivered", "00000003": "in_transit"}
    (audit,) = [loads(record.value or b"") for record in running.read("replays")]
    assert (audit["by"], audit["sent"]) == ("kim", 2)

    updates = len(running.read("shipment-updates"))
    again = desk.run("replay", "--by", "kim")
    assert "nothing to replay" in again.stderr
    assert again.stdout == ""
    running.wait_closed(running.feed([now()]))
    assert len(running.read("shipment-updates")) == updates
    # What was in transit has been told once, though its message went through twice.
    moved = [loads(record.value or b"") for record in running.read("shipment-updates")]
    first = [one for one in moved if one["tracking_number"] == "00000001"]
    assert [one["code"] for one in first] == ["INTRANSIT", "BEAMEDUP", "BEAMEDUP"]
    assert desk.rows().keys() == {("MOONED", "unknown")}
    assert desk.rows()["MOONED", "unknown"]["shipments"] == 2
