"""The golden events are what the core and the notifier make today, and keep the contract."""

import json
from pathlib import Path

import pytest

from cli import golden
from schemas import words
from schemas.events import MODELS, model_of
from schemas.kit import GOLDEN_TYPES, GoldenEvent, UnknownTypeError, Verifier, golden_events, verify_event
from schemas.kit.checks import Event, Reach
from schemas.kit.golden import FOLDER


def test_the_golden_events_are_made_the_same_today() -> None:
    assert golden.drift() == [], f"if that is meant: {golden.COMMAND}"


@pytest.mark.parametrize("event", golden_events(), ids=str)
def test_a_golden_event_keeps_the_contract(event: GoldenEvent) -> None:
    assert verify_event(event.topic, event.key, event.headers, event.body, str(event)) == []
    if event.type in MODELS:
        model_of(event.topic).model_validate_json(event.body)


def test_every_type_has_several() -> None:
    counts = {type_: len(golden_events(type_)) for type_ in GOLDEN_TYPES}
    assert set(GOLDEN_TYPES) == {*MODELS, "dead-letter"}
    assert min(counts.values()) >= 2, counts


def test_every_change_of_a_case_and_every_fate_is_shown() -> None:
    assert {event.value["change"] for event in golden_events("exception")} == set(words.CHANGES)
    assert {event.value["fate"] for event in golden_events("customer-message")} == set(words.FATES)
    assert {event.value["result"] for event in golden_events("notification-receipt")} == {"sent", "failed"}


def test_a_reader_that_checks_sequences_can_take_them_all() -> None:
    verifier = Verifier([])
    findings = [
        str(finding)
        for one in golden_events()
        for finding in verifier.see(Event(one.topic, one.key, one.headers, one.body, str(one), Reach.PICKED))
    ]
    assert findings + list(map(str, verifier.finish())) == []


def test_an_unknown_type_is_named() -> None:
    with pytest.raises(UnknownTypeError, match="'parcel': expected one of shipment-update, shipment, exception"):
        golden_events("parcel")


def test_drift_is_named_and_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / golden.RECORDING).write_bytes((FOLDER / golden.RECORDING).read_bytes())
    assert golden.main([], tmp_path) == 0
    assert golden.main(["--check"], tmp_path) == 0
    changed = tmp_path / "exception/opened.json"
    changed.write_text(changed.read_text().replace('"routine"', '"urgent"'))
    (tmp_path / "exception/closed.json").write_text("{}")
    (tmp_path / "replay/sent.json").unlink()

    assert golden.main(["--check"], tmp_path) == 1
    told = capsys.readouterr().err
    assert "exception/opened.json: is made differently now; if a change is meant: python -m cli.golden" in told
    assert "exception/closed.json: no case makes it" in told
    assert "replay/sent.json: missing" in told

    assert golden.main([], tmp_path) == 0
    assert golden.drift(tmp_path) == []
    assert golden.main(["--fix"], tmp_path) == 2


def test_a_recording_that_does_not_lead_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (FOLDER / golden.RECORDING).read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)["topic"] != "operator-actions"]
    (tmp_path / golden.RECORDING).write_text("".join(kept), encoding="utf-8")

    assert golden.main(["--check"], tmp_path) == 1
    assert "exception/opened-behind-handover: no exception of recording.jsonl says" in capsys.readouterr().err
