"""Proposed rows: under the key by which the sender's parser asks, without a state, and refused until completed."""

import csv
import io
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from rules.normalize import parse_scans
from rules.normalize.proposals import Proposal, nearest, propose
from rules.normalize.tables import Added, load_table, read_table
from schemas.codec import dumps
from schemas.facts import Rejected, Scan
from tests.rules.normalize.aggregator_payloads import AGGREGATOR_HISTORIES
from tests.rules.normalize.carrier_payloads import CARRIER_HISTORIES
from tests.rules.normalize.payloads import HISTORIES
from tests.rules.normalize.small_carrier_payloads import SMALL_HISTORIES

MESSAGES = {**HISTORIES, **CARRIER_HISTORIES, **AGGREGATOR_HISTORIES, **SMALL_HISTORIES}
NEVER_UNMAPPED = {"wismo", "dhl_unified", "trackingmore", "pitney_bowes"}
"""Senders whose messages here keep a coarser meaning, or speak our own words, when one of their codes is unknown."""

AT = "2026-03-02T08:00:00Z"


def gls(**event: str) -> dict[str, Any]:
    return {"parcels": [{"unitno": "12345678", "events": [{"eventDateTime": AT, **event}]}]}


def ups(**status: str) -> dict[str, Any]:
    activity = {"status": status, "date": "20260302", "time": "080000"}
    return {"trackResponse": {"shipment": [{"package": [{"trackingNumber": "1Z1", "activity": [activity]}]}]}}


def easypost(**detail: str) -> dict[str, Any]:
    details = [{"datetime": AT, **detail}]
    return {"object": "Tracker", "tracking_code": "9", "carrier": "FedEx", "tracking_details": details}


def aftership(**point: str) -> dict[str, Any]:
    return {"slug": "ups", "tracking_number": "9", "checkpoints": [{"checkpoint_time": AT, **point}]}


def evri(text: str) -> dict[str, Any]:
    return {"results": [{"barcode": "9", "trackingEvents": [{"description": text, "dateTime": AT}]}]}


def ecommerce(code: str) -> dict[str, Any]:
    event = {"primaryEventId": code, "date": "2026-03-02", "time": "08:00:00"}
    return {"packages": [{"package": {"trackingId": "9"}, "events": [event]}]}


CASES = {
    "as sent in capitals": ("gls", gls(code="moon", description="Landed"), "gls", "MOON", []),
    "three fields together": (
        "ups",
        ups(type="Q", code="QQ", statusCode="999"),
        "ups",
        "Q/QQ+999",
        ["ups: +999", "ups: Q/QQ"],
    ),
    "the carrier's own code": (
        "easypost",
        easypost(status="moon", carrier_code="zz"),
        "fedex",
        "ZZ",
        ["easypost: moon"],
    ),
    "the aggregator's status": ("easypost", easypost(status="moon"), "easypost", "moon", []),
    "a subtag before its tag": (
        "aftership",
        aftership(tag="Moon", subtag="Moon_001"),
        "aftership",
        "Moon_001",
        ["aftership: tag:Moon"],
    ),
    "a tag under its prefix": ("aftership", aftership(tag="Moon"), "aftership", "tag:Moon", []),
    "a text where there is no code": ("evri", evri("On the Moon, waiting"), "evri", "*~^on the moon, waiting", []),
    "a table with dates": ("dhl_ecommerce", ecommerce("987"), "dhl_ecommerce", "987", []),
}


def read(source: str, body: dict[str, Any]) -> tuple[Scan, ...]:
    return read_raw(source, dumps(body))


def proposal(source: str, body: dict[str, Any]) -> Proposal | None:
    (scan,) = read(source, body)
    assert not scan.mapped
    return propose(partial(read, source, body), scan, scan.description or "")


@pytest.mark.parametrize(("source", "body", "table", "key", "broader"), CASES.values(), ids=CASES.keys())
def test_the_key_is_the_one_that_the_parser_asks_for(
    source: str, body: dict[str, Any], table: str, key: str, broader: list[str]
) -> None:
    made = proposal(source, body)
    assert made is not None
    assert (made.table, made.key, sorted(made.others)) == (table, key, broader)


@pytest.mark.parametrize(("source", "body", "table", "key", "broader"), CASES.values(), ids=CASES.keys())
def test_a_proposed_row_has_no_state_and_is_refused_until_it_is_completed(
    source: str, body: dict[str, Any], table: str, key: str, broader: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = proposal(source, body)
    assert made is not None
    (cells,) = csv.DictReader(io.StringIO(f"{made.header}\n{made.csv}\n"))
    assert cells["state"] == ""
    wrong = read_table("some", f"{made.header}\n{made.csv}\n")[1]
    assert any("source says TODO" in one for one in wrong)
    assert any("informational must be yes" in one for one in wrong)

    cells |= {"state": "delayed", "informational": "no", "source": "a letter", "verified_on": "2026-11-22"}
    cells["description"] = cells["description"].replace("TODO", "Moon")
    row = io.StringIO()
    csv.DictWriter(row, list(cells), lineterminator="").writerow(cells)
    completed, wrong = read_table(table, f"{made.header}\n", Added("own.csv", f"{made.header}\n{row.getvalue()}\n"))
    assert wrong == []
    assert _mapped_by(monkeypatch, source, body, table, completed.rows, completed.phrases)


def _mapped_by(
    monkeypatch: pytest.MonkeyPatch, source: str, body: dict[str, Any], table: str, rows: Any, phrases: Any
) -> bool:
    """Whether the message reads with these rows in the table, which is otherwise as packaged."""
    found = load_table(table)
    for key, row in rows.items():
        monkeypatch.setitem(found.rows, key, row)
    for key, pairs in phrases.items():
        monkeypatch.setitem(found.phrases, key, (*pairs, *found.phrases.get(key, ())))
    (scan,) = read(source, body)
    return scan.mapped and scan.state == "delayed"


def test_a_scan_without_code_in_a_table_by_code_gets_no_row() -> None:
    status = [{"timestamp": AT, "description": "Landed"}]
    assert proposal("hermes_de", {"shipmentID": "12345678", "status": status}) is None


def test_each_text_of_one_code_is_tried_on_its_own() -> None:
    body = evri("On the moon")
    body["results"][0]["trackingEvents"].append({"description": "On Mars", "dateTime": AT})
    made = [propose(partial(read, "evri", body), scan, "") for scan in read("evri", body)]
    assert {one.key for one in made if one} == {"*~^on the moon", "*~^on mars"}


def test_rows_that_look_alike_are_offered_and_others_are_not() -> None:
    near = nearest(load_table("gls"), "DELIVEREDMOON", "")
    assert near[0].key.startswith("DELIVERED")
    assert nearest(load_table("gls"), "QQ", "Zzyzx") == ()
    assert nearest(load_table("gls"), "QQ", "Parcel was delivered!")[0].state == "delivered"


def garbled(source: str, raw: bytes) -> Iterator[bytes]:
    """The same message with one part of one code replaced by what no table knows."""
    for part in {part for scan in read_raw(source, raw) for part in re.split("[/+]", scan.code or "") if part}:
        yield re.sub(rb'(?<=[">])' + re.escape(part.encode()) + rb'(?=["<])', b"9Q" + part[:1].encode() + b"Z", raw)


def read_raw(source: str, raw: bytes) -> tuple[Scan, ...]:
    parsed = parse_scans(source, raw)
    assert not isinstance(parsed, Rejected), parsed
    return parsed


def unknown_in(source: str, raw: bytes) -> Iterator[tuple[Scan, Proposal | None]]:
    for scan in read_raw(source, raw):
        if not scan.mapped:
            yield scan, propose(partial(read_raw, source, raw), scan, "")


@pytest.mark.parametrize("source", sorted(MESSAGES.keys() - NEVER_UNMAPPED))
def test_every_sender_has_a_key_for_a_code_that_nobody_knows(source: str) -> None:
    found = [one for raw in MESSAGES[source] for changed in garbled(source, raw) for one in unknown_in(source, changed)]
    assert found
    assert [scan.code for scan, made in found if made is None] == []
