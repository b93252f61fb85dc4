"""`wismo unmapped` over recordings and letters, without a broker."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.letters import MAX_REPLAYS, Letter, make_plan
from cli.main import app
from cli.unmapped_groups import groups_of, letters_in, parked_in
from rules.normalize.tables import COLUMNS, add_rows
from rules.pipeline.unmapped import parked_codes, reread
from schemas.codec import dumps, parse_rfc3339
from schemas.dead_letters import ERRORS, Source
from schemas.recording import RawRecord, write_record

HEAD = ",".join(COLUMNS)
MOON = f"{HEAD}\nMOON,delayed,,,,no,On the moon,a letter,2026-11-22\n"


@pytest.fixture(autouse=True)
def packaged_only() -> Iterator[None]:
    yield
    add_rows({})


def gls(number: str, *codes: str, at: str = "2026-03-02T10:00:00Z", text: str = "Somewhere") -> RawRecord:
    events = [
        {"code": code, "description": text, "eventDateTime": f"2026-03-02T0{hour}:00:00Z"}
        for hour, code in enumerate(codes)
    ]
    body = {"parcels": [{"unitno": number, "events": events}]}
    return RawRecord("carrier-scans", parse_rfc3339(at), dumps(body), None, {"source": "gls"})


def easypost(carrier: str) -> RawRecord:
    details = [{"status": "moon", "message": "Landed", "datetime": "2026-03-02T08:00:00Z"}]
    body = {"object": "Tracker", "tracking_code": "94001234567890", "carrier": carrier, "tracking_details": details}
    return RawRecord("carrier-scans", parse_rfc3339("2026-03-02T09:00:00Z"), dumps(body), None, {"source": "easypost"})


RECORDS = [
    easypost("UPS"),
    gls("11111111111", "INTRANSIT", "MOON"),
    gls("11111111111", "INTRANSIT", "MOON", at="2026-03-03T10:00:00Z"),
    gls("22222222222", "MOON", "MARS", at="2026-03-04T10:00:00Z"),
    gls("33333333333", "DELIVERED"),
    RawRecord("order-events", parse_rfc3339("2026-03-02T09:30:00Z"), b"{}", None, {"source": "wismo"}),
]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "scans.jsonl"
    path.write_bytes(b"".join(map(write_record, RECORDS)))
    return path


def run(recording: Path, *arguments: str, **env: str) -> Result:
    return CliRunner().invoke(app, ["unmapped", "--recording", str(recording), *arguments], env=env)


def rows(recording: Path, *arguments: str, **env: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(recording, "--json", *arguments, **env).stdout.splitlines()]


def letters(*records: RawRecord) -> list[Letter]:
    return list(letters_in(records))


def test_codes_are_listed_by_how_often_they_came(recording: Path) -> None:
    result = run(recording, "--json")
    assert result.exit_code == 1
    found = [json.loads(line) for line in result.stdout.splitlines()]
    told = [(row["source"], row["carrier"], row["code"], row["count"], row["shipments"]) for row in found]
    assert told == [
        ("gls", "gls", "MOON", 3, 2),
        ("easypost", "ups", "moon", 1, 1),
        ("gls", "gls", "MARS", 1, 1),
    ]
    first = found[0]
    assert (first["first_seen"], first["last_seen"]) == ("2026-03-02T10:00:00Z", "2026-03-04T10:00:00Z")
    assert (first["status"], first["text"]) == ("unknown", "Somewhere")
    assert first["example"].startswith("carrier-scans/0/")


def test_the_table_names_the_same_codes(recording: Path) -> None:
    said = run(recording, COLUMNS="200").stdout
    assert all(code in said for code in ("MOON", "MARS", "easypost/ups", "unknown", "…1111"))


def test_numbers_and_texts_are_masked_unless_revealed(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_bytes(write_record(gls("12345678901", "MOON", text="For jo@example.com, call 15551234567")))
    (masked,), (whole,) = rows(path), rows(path, "--reveal")
    assert masked["tracking_number"] == "…8901"
    assert masked["text"] == "For <mail>, call …4567"
    assert (whole["tracking_number"], whole["text"]) == ("12345678901", "For jo@example.com, call 15551234567")


def test_a_short_number_is_masked_whole() -> None:
    (group,) = groups_of(parked_in(letters(gls("1234", "MOON"))))
    assert group.row(reveal=False)["tracking_number"] == "…"


@pytest.mark.parametrize(
    ("option", "codes"),
    [
        (("--carrier", "ups"), ["moon"]),
        (("--carrier", "easypost"), ["moon"]),
        (("--carrier", "gls"), ["MOON", "MARS"]),
        (("--since", "2026-03-04T00:00:00Z"), ["MARS", "MOON"]),
        (("--carrier", "dpd"), []),
    ],
)
def test_the_list_can_be_narrowed(recording: Path, option: tuple[str, str], codes: list[str]) -> None:
    assert [row["code"] for row in rows(recording, *option)] == codes


def test_nothing_unmapped_is_well(tmp_path: Path) -> None:
    path = tmp_path / "well.jsonl"
    path.write_bytes(write_record(gls("1", "DELIVERED")))
    result = run(path)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no unmapped codes" in result.stderr


def test_proposals_are_rows_of_their_tables(recording: Path) -> None:
    said = run(recording, "--propose").stdout
    assert said == (
        f"# gls.csv\n{HEAD}\nMOON,,,,,TODO,Somewhere,TODO,TODO\nMARS,,,,,TODO,Somewhere,TODO,TODO\n"
        f"# easypost.csv\n{HEAD}\nmoon,,,,,TODO,Landed,TODO,TODO\n"
    )
    (row, _) = rows(recording, "--propose", "--carrier", "gls")
    assert (row["table"], row["key"], row["count"], row["row"]) == (
        "gls.csv",
        "MOON",
        3,
        "MOON,,,,,TODO,Somewhere,TODO,TODO",
    )


def test_a_proposal_is_no_usable_table_until_it_is_completed(recording: Path, tmp_path: Path) -> None:
    own = tmp_path / "tables"
    own.mkdir()
    (own / "gls.csv").write_text(run(recording, "--propose", "--carrier", "gls").stdout, encoding="utf-8")
    refused = run(recording, WISMO_CARRIER_TABLES=str(own))
    assert refused.exit_code == 2
    assert f"{own}/gls.csv:2: " in refused.stderr

    (own / "gls.csv").write_text(MOON, encoding="utf-8")
    assert [row["code"] for row in rows(recording, WISMO_CARRIER_TABLES=str(own))] == ["moon", "MARS"]


def test_a_choice_before_the_subcommand_is_refused_and_not_forgotten() -> None:
    result = CliRunner().invoke(app, ["unmapped", "--carrier", "gls", "replay", "--by", "kim"])
    assert result.exit_code == 2
    assert "put them behind it" in result.stderr


def test_a_replay_needs_a_name() -> None:
    result = CliRunner().invoke(app, ["unmapped", "replay", "--by", " "])
    assert result.exit_code == 2
    assert "--by is empty" in result.stderr


def test_a_folder_that_is_not_there_is_named(recording: Path) -> None:
    result = run(recording, WISMO_CARRIER_TABLES="/nowhere/at/all")
    assert result.exit_code == 2
    assert "WISMO_CARRIER_TABLES: /nowhere/at/all cannot be read" in result.stderr


def test_letters_say_what_the_tables_know_now() -> None:
    whole, part, none = letters(gls("1", "MOON"), gls("2", "MOON", "MARS"), gls("3", "MARS"))
    add_rows({"own/gls.csv": MOON})
    found = list(parked_in([whole, part, none]))
    assert [one.again.progress for one in found] == ["all", "partly", "none"]
    assert [one.again.ready for one in found] == [True, True, False]
    assert {(row.code, row.status, len(row.letters)) for row in groups_of(found)} == {
        ("MOON", "mapped now", 2),
        ("MARS", "unknown", 2),
    }


def test_a_code_of_which_one_text_is_unknown_is_not_known() -> None:
    events = [
        {"code": "MOON", "description": text, "eventDateTime": "2026-03-02T08:00:00Z"} for text in ("Landed", "Lost")
    ]
    body = {"parcels": [{"unitno": "1", "events": events}]}
    add_rows({"own/gls.csv": MOON.replace("MOON", "MOON~landed")})
    again = reread("gls", dumps(body), '["MOON"]')
    assert (again.progress, again.known) == ("none", ())


@pytest.mark.parametrize(
    ("listed", "codes"),
    [('["A","B"]', ("A", "B")), ('["A","B","CC', ("A", "B")), ("", ()), ("{}", ()), ("[1]", ())],
)
def test_a_list_of_codes_that_was_cut_keeps_those_that_came_whole(listed: str, codes: tuple[str, ...]) -> None:
    assert parked_codes(listed) == codes


def test_a_message_that_cannot_be_read_today_is_shown_and_stays() -> None:
    headers = (("source", b"gls"), (ERRORS + "reason", b"unmapped_code"), (ERRORS + "scan", b'["MOON"]'))
    source = Source(topic="dead-letters", partition=0, offset=7, timestamp=0, value=b"\xff", headers=headers)
    errors = {"reason": "unmapped_code", "scan": '["MOON"]', "topic": "carrier-scans"}
    (parked,) = parked_in([Letter(source, errors)])
    assert not parked.again.ready
    ((code, status),) = [(row.code, row.status) for row in groups_of([parked])]
    assert (code, status) == ("MOON", "unreadable")


def test_a_message_in_a_loop_stays() -> None:
    (letter,) = letters(gls("1", "MOON"))
    again = (*letter.source.headers, ("__wismo.replay.count", str(MAX_REPLAYS).encode()))
    source = Source(topic="dead-letters", partition=0, offset=1, timestamp=0, value=b"", headers=again)
    plan = make_plan([Letter(source, letter.errors)], frozenset(), MAX_REPLAYS, include_failing=True)
    assert plan.send == ()
    assert "failed each time" in plan.refused[0][1]
