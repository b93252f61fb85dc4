"""`wismo contract`: real decisions pass, and every way to break the contract is named."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from schemas.kit import CHECKS, Level, golden_events
from schemas.kit.golden import FOLDER

Line = dict[str, Any]
Lines = list[Line]
UNTIL = "2026-03-12T00:00:00Z"


def wismo(*arguments: str, **options: Any) -> Result:
    return CliRunner().invoke(app, list(arguments), **options)


def findings(lines: Lines | str, *arguments: str) -> tuple[Result, list[dict[str, Any]]]:
    text = lines if isinstance(lines, str) else "".join(json.dumps(line) + "\n" for line in lines)
    result = wismo("contract", "verify", "-", "--json", *arguments, input=text)
    return result, [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture(scope="module")
def decided() -> Lines:
    """What the core makes of the recording of the golden events."""
    result = wismo("decide", str(FOLDER / "recording.jsonl"), "--until", UNTIL)
    return [json.loads(line) for line in result.stdout.splitlines()]


# Ways to find and to break.


def at(lines: Lines, topic: str, **said: object) -> int:
    """The place of the first event of a topic that says this."""
    return next(
        number
        for number, line in enumerate(lines)
        if line["topic"] == topic and all((line["value"] or {}).get(name) == value for name, value in said.items())
    )


def last(lines: Lines, topic: str, **said: object) -> int:
    return len(lines) - 1 - at(lines[::-1], topic, **said)


def set_id(line: Line, event_id: str) -> None:
    line["value"]["event_id"] = line["headers"]["ce_id"] = event_id


def renumber(lines: Lines, topic: str, subject: str) -> None:
    """Close the gaps, so that nothing but the break itself is left to find."""
    own = (line["value"] for line in lines if line["topic"] == topic and line["value"]["subject_id"] == subject)
    for number, value in enumerate(own, start=1):
        value["sequence"] = number


def drop(lines: Lines, number: int) -> None:
    line = lines.pop(number)
    renumber(lines, line["topic"], line["value"]["subject_id"])


def add(lines: Lines, number: int, line: Line, **said: object) -> None:
    """A copy of an event as another one, at a place of the log."""
    new = copy.deepcopy(line)
    set_id(new, "0123456789abcdef01234567")
    new["value"].update(said)
    if "change" in said:
        new["headers"]["ce_type"] = f"wismo.exception.{said['change']}"
    lines.insert(number, new)
    renumber(lines, new["topic"], new["value"]["subject_id"])


def value(topic: str, **said: object) -> Callable[[Lines], None]:
    """Break the values of the first event of a topic."""

    def do(lines: Lines) -> None:
        lines[at(lines, topic)]["value"].update(said)

    return do


def header(topic: str, name: str, text: str | None) -> Callable[[Lines], None]:
    def do(lines: Lines) -> None:
        headers = lines[at(lines, topic) if topic != "dead-letters" else _letter(lines)]["headers"]
        if text is None:
            del headers[name]
        else:
            headers[name] = text

    return do


def part(topic: str, /, **said: object) -> Callable[[Lines], None]:
    """Break the first line of a topic beside its value."""

    def do(lines: Lines) -> None:
        lines[at(lines, topic)].update(said)

    return do


def _letter(lines: Lines) -> int:
    return next(number for number, line in enumerate(lines) if line["topic"] == "dead-letters")


def _missing_field(lines: Lines) -> None:
    del lines[at(lines, "exceptions-support")]["value"]["next_action"]


def _nested_offset(lines: Lines) -> None:
    state = lines[last(lines, "shipments", current_state="delivered")]["value"]
    state["last_scan"]["occurred_at"] = "2026-03-10T19:00:00+01:00"


def _same_id(lines: Lines) -> None:
    first, second = at(lines, "exceptions-support"), last(lines, "customer-messages", fate="send")
    set_id(lines[second], lines[first]["value"]["event_id"])


def _lost(lines: Lines) -> None:
    del lines[at(lines, "exceptions-support", change="acknowledged")]


def _again_with_new_id(lines: Lines) -> None:
    number = at(lines, "exceptions-support", change="acknowledged")
    again = copy.deepcopy(lines[number])
    set_id(again, "0123456789abcdef01234567")
    lines.insert(number + 1, again)


def _never_opened(lines: Lines) -> None:
    drop(lines, at(lines, "exceptions-support", kind="attempts_exhausting", change="opened"))


def _opened_twice(lines: Lines) -> None:
    number = at(lines, "exceptions-operations", kind="stalled", change="opened")
    add(lines, number + 1, lines[number])


def _reopened_while_open(lines: Lines) -> None:
    number = at(lines, "exceptions-operations", kind="stalled", change="opened")
    add(lines, number + 1, lines[number], change="reopened")


def _after_the_end(lines: Lines) -> None:
    number = at(lines, "exceptions-support", kind="attempt_failed", change="resolved")
    add(lines, number + 1, lines[number], change="acknowledged")


def _moved_to_another_topic(lines: Lines) -> None:
    number = at(lines, "exceptions-operations", kind="stalled", change="opened")
    moved = copy.deepcopy(lines[number])
    del lines[number:]
    lines.append(moved | {"topic": "exceptions-finance"})


def _handed_over_to_nobody(lines: Lines) -> None:
    for number in range(len(lines) - 1, -1, -1):
        if lines[number]["topic"] == "exceptions-finance":
            del lines[number]


def _taken_from_nobody(lines: Lines) -> None:
    drop(lines, at(lines, "exceptions-support", change="assigned", previous_owner="support"))


def _another_kind(lines: Lines) -> None:
    lines[at(lines, "exceptions-support", change="acknowledged")]["value"]["kind"] = "stalled"


def _key_of_another_message(lines: Lines) -> None:
    key = lines[at(lines, "customer-messages", fate="send")]["value"]["idempotency_key"]
    lines[at(lines, "customer-messages", fate="suppressed")]["value"]["idempotency_key"] = key


def _another_key_of_the_message(lines: Lines) -> None:
    lines[at(lines, "customer-messages", about="attempt_failed", fate="send")]["value"]["idempotency_key"] = "k"


def _sent_twice(lines: Lines) -> None:
    number = at(lines, "customer-messages", fate="send")
    add(lines, number + 1, lines[number])


def _unsigned(lines: Lines) -> None:
    lines[at(lines, "exceptions-support", change="resolved")]["value"]["resolved_by"] = None


def _no_reason(lines: Lines) -> None:
    lines[at(lines, "customer-messages", fate="suppressed")]["value"]["reason"] = None


def _raw(lines: Lines) -> None:
    lines.append({"topic": "carrier-scans", "key": "x", "headers": {"source": "wismo"}, "value": {"carrier": "ups"}})


BREAKS: list[tuple[str, Callable[[Lines], None], set[str]]] = [
    (
        "a topic of another name",
        part("exceptions-support", topic="exceptions-legal"),
        {"topic_unknown", "sequence_gap", "not_opened"},
    ),
    ("a key of another shipment", part("exceptions-support", key="ups:1Z"), {"key_wrong"}),
    ("no key", part("shipments", key=None), {"key_wrong"}),
    ("no ce_id", header("exceptions-support", "ce_id", None), {"header_missing"}),
    ("a ce_id that is not the event_id", header("exceptions-support", "ce_id", "x"), {"header_wrong"}),
    (
        "a ce_type of another change",
        header("exceptions-support", "ce_type", "wismo.exception.resolved"),
        {"header_wrong"},
    ),
    ("another specversion", header("shipments", "ce_specversion", "0.3"), {"header_wrong"}),
    ("another content type", header("shipment-updates", "content-type", "text/plain"), {"header_wrong"}),
    ("a ce_time of another moment", header("shipments", "ce_time", "2020-01-01T00:00:00Z"), {"header_wrong"}),
    ("a broken trace", header("shipments", "traceparent", "00-1"), {"header_wrong"}),
    ("an event without a value", part("shipment-updates", value=None), {"value_missing", "sequence_gap"}),
    ("a value that is no JSON", part("shipment-updates", value="<x/>"), {"value_unreadable", "sequence_gap"}),
    ("a value that is a list", part("shipment-updates", value=[1]), {"value_unreadable", "sequence_gap"}),
    ("a required field left out", _missing_field, {"field_missing"}),
    ("a number as text", value("exceptions-support", score="5"), {"field_wrong"}),
    ("an unknown word", value("exceptions-support", severity="high"), {"word_unknown"}),
    ("an unknown version", value("exceptions-support", schema_version=2), {"version_unknown"}),
    ("a time without an offset", value("exceptions-support", due_by="2026-03-05T16:00:00"), {"time_wrong"}),
    ("a time of another zone, inside", _nested_offset, {"time_wrong"}),
    ("a time with a blank", value("exceptions-support", due_by="2026-03-05 16:00:00Z"), {"time_wrong"}),
    ("a timestamp of its own", value("shipments", timestamp="2026-03-01T00:00:00Z"), {"fields_disagree"}),
    ("a shipment that is not the subject", value("shipments", subject_id="x"), {"fields_disagree", "sequence_gap"}),
    ("a number of another parcel", value("shipments", tracking_number="1Z"), {"fields_disagree"}),
    ("an id used twice", _same_id, {"id_reused"}),
    ("a lost event", _lost, {"sequence_gap"}),
    ("an event written again with another id", _again_with_new_id, {"sequence_back"}),
    ("a case that never opened", _never_opened, {"not_opened"}),
    ("a case opened twice", _opened_twice, {"opened_twice"}),
    ("a case reopened while open", _reopened_while_open, {"opened_twice"}),
    ("a change behind the end", _after_the_end, {"after_end"}),
    ("an end that nobody signed", _unsigned, {"resolved_unsigned"}),
    ("an open case that has ended", value("exceptions-support", resolved_by="self"), {"ended_while_open"}),
    ("an event on another owner's topic", _moved_to_another_topic, {"wrong_owner"}),
    ("handed over to nobody", _handed_over_to_nobody, {"handover_broken"}),
    ("taken from nobody", _taken_from_nobody, {"handover_broken"}),
    ("a case that changes its kind", _another_kind, {"case_changed"}),
    ("one key for two messages", _key_of_another_message, {"key_reused"}),
    ("two keys for one message", _another_key_of_the_message, {"key_reused"}),
    ("a message sent twice", _sent_twice, {"sent_twice"}),
    ("a silence without a reason", _no_reason, {"reason_missing"}),
    ("a dead letter without its why", header("dead-letters", "__wismo.errors.reason", None), {"header_missing"}),
    ("a dead letter with a word of its own", header("dead-letters", "__wismo.errors.stage", "boom"), {"word_unknown"}),
    ("a dead letter of no time", header("dead-letters", "__wismo.errors.failed.at", "today"), {"time_wrong"}),
    ("a dead letter of no topic", header("dead-letters", "__wismo.errors.topic", "x"), {"topic_unknown"}),
    ("a dead letter at no place", header("dead-letters", "__wismo.errors.offset", "x"), {"header_wrong"}),
    ("a cut dead letter without its sum", header("dead-letters", "__wismo.errors.value.size", "9"), {"header_missing"}),
    ("a line that is no event", part("shipments", headers=[1]), {"unreadable", "sequence_gap"}),
    ("a raw record that would be parked", _raw, {"would_be_parked"}),
]


@pytest.mark.parametrize(("name", "break_", "expected"), BREAKS, ids=[name for name, _, _ in BREAKS])
def test_a_break_is_named(name: str, break_: Callable[[Lines], None], expected: set[str], decided: Lines) -> None:
    lines = copy.deepcopy(decided)
    break_(lines)

    result, found = findings(lines)

    assert {one["check"] for one in found} == expected, result.stdout
    assert result.exit_code == 1
    assert all(one["where"].startswith("-") and one["do"] == CHECKS[one["check"]] for one in found)


def test_every_check_has_a_break() -> None:
    harmless = {"field_unknown", "not_checked"}
    assert set().union(*(expected for _, _, expected in BREAKS)) == CHECKS.keys() - harmless


def test_what_the_core_decides_keeps_the_contract(tmp_path: Path) -> None:
    recording, decisions = tmp_path / "day.jsonl", tmp_path / "decided.jsonl"
    simulated = wismo("simulate", "--seed", "11", "--shipments", "120", "--days", "3", "--output", str(recording))
    assert simulated.exit_code == 0
    decisions.write_bytes(wismo("decide", str(recording)).stdout_bytes)

    result = wismo("contract", "verify", str(decisions))

    assert result.stdout == ""
    assert result.exit_code == 0
    assert int(result.stderr.split()[0]) > 2000


def test_the_golden_recording_and_its_decisions_keep_the_contract(decided: Lines) -> None:
    result, found = findings(decided)
    assert (result.exit_code, found) == (0, [])
    assert f"{len(decided)} events, 0 repeats: no findings" in result.stderr


def test_a_line_says_what_where_and_what_to_do(decided: Lines, tmp_path: Path) -> None:
    lines = copy.deepcopy(decided)
    number = at(lines, "exceptions-support", change="resolved")
    lines[number]["value"]["resolved_by"] = None
    path = tmp_path / "some.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))

    result = wismo("contract", "verify", str(path))

    assert result.stdout == (
        f"{path}:{number + 1}: resolved_unsigned: exceptions-support: `resolved` without resolved_by; "
        f"{CHECKS['resolved_unsigned']}\n"
    )
    assert "1 resolved_unsigned" in result.stderr


def test_unknown_fields_are_only_told(decided: Lines) -> None:
    lines = copy.deepcopy(decided)
    lines[at(lines, "exceptions-support")]["value"]["carbon_grams"] = 12
    lines[last(lines, "shipments", current_state="delivered")]["value"]["last_scan"]["hub"] = "SDF"
    lines.append({"topic": "shipment-events", "key": "x", "headers": {}, "value": {}})

    result, found = findings(lines)

    assert [one["check"] for one in found] == ["field_unknown", "field_unknown", "not_checked"]
    assert {one["level"] for one in found} == {Level.INFO}
    assert "last_scan.hub" in found[1]["what"]
    assert result.exit_code == 0


def test_the_same_event_again_is_no_break(decided: Lines) -> None:
    lines = decided[:60] + decided[20:60] + decided[60:]
    result, found = findings(lines)
    repeats = sum(1 for line in decided[20:60] if line["topic"] != "dead-letters")
    assert found == []
    assert f"{repeats} repeats" in result.stderr


def test_a_tombstone_begins_anew(decided: Lines) -> None:
    subject = "fedex:123456789012"
    life = [line for line in decided if line["key"] == subject]
    tombstone = {"topic": "shipments", "key": subject, "headers": {}, "value": None}
    again = copy.deepcopy([line for line in life if line["topic"] != "customer-messages"])
    for number, line in enumerate(again):
        set_id(line, f"{number:024d}")

    assert findings([*life, tombstone, *again])[1] == []
    assert {one["check"] for one in findings([*life, *again])[1]} == {"sequence_back", "opened_twice"}


def test_a_selection_is_not_asked_for_what_is_not_in_it(decided: Lines) -> None:
    support = [line for line in decided if line["topic"] == "exceptions-support"][5::2]
    assert findings(support)[1]
    assert findings(support, "--part")[1] == []
    assert findings(decided, "--limit", "50")[1] == []


def test_lines_of_kcat_are_read(decided: Lines) -> None:
    lines = [line for line in decided if line["topic"] == "exceptions-support"]
    told = [
        {
            "topic": line["topic"],
            "partition": 2,
            "offset": number,
            "key": line["key"],
            "headers": [part for pair in line["headers"].items() for part in pair],
            "payload": json.dumps(line["value"]),
        }
        for number, line in enumerate(lines)
    ]
    told[3]["headers"] = told[3]["headers"][:-2]

    _, found = findings(told, "--part")

    assert [(one["check"], one["where"]) for one in found] == [("header_missing", "exceptions-support/2/3")]


def test_senders_may_verify_a_recording(tmp_path: Path) -> None:
    result = wismo("contract", "verify", str(FOLDER / "recording.jsonl"), "--json")
    parked = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert {one["check"] for one in parked} == {"would_be_parked"}
    assert [one["what"].split(": ")[1] for one in parked] == [
        "unknown_type", "undecodable", "semantic_invalid", "unmapped_code", "unmapped_code",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name either files"),
        (("x.jsonl", "--topic", "shipments"), "name either files"),
        (("no-such-file.jsonl",), "No such file"),
        (("--topic", "parcels"), "no such topic; expected one of carrier-scans"),
        (("--topic", "shipment-events"), "is internal"),
        (("--topic", "shipments"), "KAFKA_BOOTSTRAP_SERVERS is not set"),
        (("-",), "no event in what was given"),
    ],
)
def test_bad_use_is_told(arguments: tuple[str, ...], said: str) -> None:
    result = wismo("contract", "verify", *arguments, input="")
    assert result.exit_code == 2
    assert said in result.stderr


def test_examples_are_printed_as_lines() -> None:
    lines = [json.loads(line) for line in wismo("contract", "examples", "--type", "exception").stdout.splitlines()]
    assert [line["value"] for line in lines] == [event.value for event in golden_events("exception")]
    everything = wismo("contract", "examples").stdout
    assert findings(everything, "--part")[1] == []
    assert wismo("contract", "examples", "--type", "parcel").exit_code == 2
