"""Garbage of every kind through every raw topic: no worker stops, nothing is lost, each is parked with its why."""

import json
from collections import Counter
from pathlib import Path

import pytest

from schemas.codec import parse_rfc3339
from schemas.dead_letters import read_errors
from schemas.recording import RawRecord
from schemas.words import RAW_TOPICS
from tests.service.harness import bench

T0 = parse_rfc3339("2026-03-02T10:00:00Z")
BOMB = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>
<TrackResponse><TrackInfo ID="&c;"/></TrackResponse>"""
YEAR_ONE = {
    "carrier": "ups", "tracking_number": "1Z1", "status": "in_transit", "occurred_at": "0001-01-01T00:00:00Z",
    "event": "created", "order_id": "A", "at": "0001-01-01T00:00:00Z", "ticket_id": "T",
    "action": "note", "shipment_id": "ups:1Z1",
}  # fmt: skip
WRONG_TYPES = {
    "carrier": 5, "tracking_number": ["x"], "status": {}, "occurred_at": 12, "event": [], "order_id": {}, "at": True,
    "ticket_id": None, "action": 7, "shipment_id": [],
}  # fmt: skip
GARBAGE: dict[str, tuple[str | None, bytes, set[str]]] = {
    "empty": ("wismo", b"", {"undecodable"}),
    "not JSON": ("wismo", b"{'single': quotes}", {"undecodable"}),
    "broken UTF-8": ("wismo", b'{"carrier": "\xff\xfe"}', {"undecodable"}),
    "JSON of another shape": ("wismo", b"[1, 2, 3]", {"schema_invalid"}),
    "wrong types": ("wismo", json.dumps(WRONG_TYPES).encode(), {"schema_invalid"}),
    "year 0001": ("wismo", json.dumps(YEAR_ONE).encode(), {"semantic_invalid", "schema_invalid"}),
    "deep nesting": ("wismo", b'{"a":' * 5000 + b"1" + b"}" * 5000, {"undecodable", "schema_invalid"}),
    "XML bomb": ("usps", BOMB, {"undecodable", "unknown_type"}),
    "truncated XML": ("ups", b"<TrackResponse><Shipment>", {"undecodable", "unknown_type"}),
    "no source": (None, b'{"carrier": "ups"}', {"unknown_type"}),
    "unknown source": ("nobody", b"{}", {"unknown_type"}),
}
BIG = 5 * 1024 * 1024


@pytest.mark.broker
@pytest.mark.slow
def test_garbage_is_parked_kind_by_kind_and_nothing_stops(tmp_path: Path) -> None:
    kinds = list(GARBAGE)
    records = [_garbage(topic, kinds[number % len(kinds)], number) for topic in RAW_TOPICS for number in range(1000)]
    records += [_big(topic) for topic in RAW_TOPICS]
    with bench(tmp_path) as running:
        child = running.start()
        running.wait_ready()
        running.wait_closed(running.feed(records))

        letters = running.read("dead-letters")
        assert child.alive

    parked = Counter()
    for letter in letters:
        said = read_errors(letter.headers)
        kind = letter.header("kind") or "?"
        parked[said["topic"], kind] += 1
        wanted = GARBAGE[kind][2] if kind in GARBAGE else {"undecodable", "schema_invalid"}
        assert said["reason"] in wanted, (kind, said)
        assert said["exception.message"], kind
        if kind in GARBAGE:
            assert (letter.value or b"") == GARBAGE[kind][1], kind
    fed = Counter((record.topic, record.headers["kind"]) for record in records)
    assert parked == fed


def _garbage(topic: str, kind: str, number: int) -> RawRecord:
    source, value, _ = GARBAGE[kind]
    headers = {"kind": kind} | ({"source": source} if source else {})
    return RawRecord(topic, T0, value, str(number).encode(), headers)


def _big(topic: str) -> RawRecord:
    return RawRecord(topic, T0, b'{"carrier": "' + b"x" * BIG + b'"', b"big", {"source": "wismo", "kind": "5 MB"})
