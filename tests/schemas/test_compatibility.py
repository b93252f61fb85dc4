"""Which changes of a contract are allowed, which break whom, and that the check of the real contracts can fail."""

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.compatibility import changes_since, main
from schemas.compatibility_releases import FOLDER, Announced, Release, excused, read_announced, read_releases
from schemas.compatibility_rules import RULES, Side
from schemas.compatibility_topics import compare_topics, promised
from schemas.compatibility_walk import compare
from schemas.generate import generated
from schemas.topics import load_topics

Node = dict[str, Any]
CASES: list[Node] = yaml.safe_load((Path(__file__).parent / "compatibility_cases.yaml").read_text(encoding="utf-8"))


def record(**fields: Any) -> Node:
    return {"type": "object", "properties": fields}


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
@pytest.mark.parametrize("side", Side)
def test_a_change_gets_its_verdict(case: Node, side: Side) -> None:
    old = case["release"] if "release" in case else record(a=case["was"])
    new = case["today"] if "today" in case else record(a=case["is"])
    changes = compare("c", old, new, side)
    assert [f"{change.pointer} {change.code}" for change in changes] == case["verdicts"]
    assert any(change.breaking for change in changes) is (case["breaks"] in ("both", side.value))
    assert all("docs/contracts.md" in change.line() for change in changes if change.breaking)


def test_every_verdict_is_shown_by_some_case() -> None:
    shown = {verdict.partition(" ")[2] for case in CASES for verdict in case["verdicts"]}
    of_topics = {code for code in RULES if code.startswith(("schema_", "topic_", "event_type_", "header_"))}
    assert {*RULES} - shown == {*of_topics, "partitions_changed", "enum_announced", "retired"}


def test_a_rename_is_named() -> None:
    old, new = record(city={"type": "string", "title": "City"}), record(town={"type": "string", "title": "Town"})
    (gone, _) = compare("c", old, new, Side.ACCEPTED)
    assert "`town` is new and looks the same" in gone.what


@pytest.mark.parametrize("ref", ["#/$defs/Gone", "other.json", "#/properties/a"])
def test_a_reference_that_leads_nowhere_is_refused(ref: str) -> None:
    with pytest.raises(ValueError, match="leads nowhere"):
        compare("c", record(a={"$ref": ref}), record(a={"type": "string"}), Side.PUBLISHED)


def test_references_in_a_circle_are_refused() -> None:
    circle = {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}}
    with pytest.raises(ValueError, match="leads nowhere"):
        compare("c", circle, circle, Side.PUBLISHED)


@pytest.mark.parametrize(
    ("fact", "value", "code", "breaking"),
    [
        ("contract", "exception", "topic_contract_changed", True),
        ("version", 2, "topic_version_changed", True),
        ("key", "order id", "topic_key_changed", True),
        ("cleanup", "compact", "topic_cleanup_changed", True),
        ("retention_ms", 1000, "topic_retention_shortened", True),
        ("retention_ms", -1, "topic_retention_lengthened", False),
        ("max_message_bytes", 2048, "topic_limit_lowered", True),
        ("max_message_bytes", 2**24, "topic_limit_raised", False),
    ],
)
def test_a_change_of_a_topic_gets_its_verdict(fact: str, value: object, code: str, breaking: bool) -> None:
    old = promised(load_topics())
    new = copy.deepcopy(old)
    new["topics"]["customer-messages"][fact] = value
    (change,) = compare_topics(old, new)
    assert (change.pointer, change.code) == (f"/topics/customer-messages/{fact}", code)
    assert change.breaking is breaking


@pytest.mark.parametrize(
    ("topic", "fact", "name", "kind"),
    [
        ("exceptions-support", "types", "wismo.exception.opened", "event_type"),
        ("dead-letters", "headers", "__wismo.errors.reason", "header"),
        ("shipments", "headers", "ce_id", "header"),
        ("carrier-scans", "headers", "source", "header"),
    ],
)
def test_event_types_and_headers_may_come_but_not_go(topic: str, fact: str, name: str, kind: str) -> None:
    more, fewer = promised(load_topics()), promised(load_topics())
    fewer["topics"][topic][fact].remove(name)
    (gone,), (come,) = compare_topics(more, fewer), compare_topics(fewer, more)
    assert (gone.code, gone.breaking) == (f"{kind}_removed", True)
    assert (come.code, come.breaking) == (f"{kind}_added", False)


def test_topics_come_and_go() -> None:
    old, new = promised(load_topics()), promised(load_topics())
    new["topics"]["shipments-v2"] = new["topics"].pop("shipments")
    new["partitions"] = 8
    told = {change.pointer: (change.code, change.breaking) for change in compare_topics(old, new)}
    assert told == {
        "/partitions": ("partitions_changed", True),
        "/topics/shipments": ("topic_removed", True),
        "/topics/shipments-v2": ("topic_added", False),
    }


def test_internal_topics_are_no_promise() -> None:
    names = set(promised(load_topics())["topics"])
    assert "shipments" in names
    assert not names & {"link-events", "shipment-events", "wismo-due-changelog"}


# The real contracts.


def test_the_contracts_of_today_break_no_release(capsys: pytest.CaptureFixture[str]) -> None:
    code = main([])
    told = capsys.readouterr()
    assert code == 0, told.out
    assert told.out == ""
    assert not told.err.startswith("0 releases")


def test_releases_are_numbered_without_gaps_and_hold_every_contract() -> None:
    releases = read_releases(FOLDER)
    assert [release.number for release in releases] == list(range(1, len(releases) + 1))
    assert all(release.schemas for release in releases)
    assert "shipments" in releases[0].topics["topics"]


def today() -> dict[str, Node]:
    return {name.removesuffix(".schema.json"): json.loads(text) for name, text in generated().items()}


def released(tmp_path: Path, name: str, change: Any) -> Path:
    """Releases in which the newest one had a real schema of today in another form."""
    folder = tmp_path / "releases"
    assert main(["--release"], folder) == 0
    path = folder / "1" / f"{name}.schema.json"
    schema = json.loads(path.read_text())
    change(schema)
    path.write_text(json.dumps(schema))
    return folder


def had_a_field_more(schema: Node) -> None:
    schema["properties"]["weight_grams"] = {"type": "integer"}


def had_another_name(schema: Node) -> None:
    schema["properties"]["case"] = schema["properties"].pop("case_id")
    schema["required"][schema["required"].index("case_id")] = "case"


def had_a_field_less(schema: Node) -> None:
    del schema["properties"]["storefront"]


def had_a_word_less(schema: Node) -> None:
    schema["properties"]["kind"]["enum"].remove("stalled")


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("exception", had_a_field_more, "exception#/properties/weight_grams: property_removed"),
        ("exception", had_another_name, "exception#/properties/case: property_removed"),
        ("raw-scan", had_a_field_more, "raw-scan#/properties/weight_grams: property_removed"),
        ("exception", had_a_word_less, "exception#/properties/kind/enum: enum_widened: 'stalled' is new"),
    ],
    ids=["a field is gone", "a field has another name", "a sender's field is gone", "a word is new"],
)
def test_a_breaking_change_of_a_real_schema_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, change: Any, says: str
) -> None:
    folder = released(tmp_path, name, change)
    capsys.readouterr()

    assert main([], folder) == 1
    told = capsys.readouterr().out
    assert f"BREAKS since release 1: {says}" in told
    assert "docs/contracts.md" in told
    assert main(["--release"], folder) == 1
    assert not (folder / "2").exists()


def test_an_optional_field_more_in_a_real_schema_passes_and_is_the_next_release(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = released(tmp_path, "exception", had_a_field_less)
    capsys.readouterr()

    assert main(["--all"], folder) == 0
    assert "allowed since release 1: exception#/properties/storefront: property_added" in capsys.readouterr().out
    assert main(["--release"], folder) == 0
    assert capsys.readouterr().out == "2\n"
    assert main(["--release"], folder) == 0
    assert "nothing has changed since release 2" in capsys.readouterr().err
    assert not (folder / "3").exists()


def test_older_releases_count_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = released(tmp_path, "exception", had_a_field_more)
    shutil.copytree(folder / "1", folder / "2")
    (folder / "2" / "exception.schema.json").write_text(generated()["exception.schema.json"])
    capsys.readouterr()

    assert main([], folder) == 1
    (told,) = capsys.readouterr().out.splitlines()
    assert told.startswith("BREAKS since release 1: exception#/properties/weight_grams: property_removed")


def announce(folder: Path, **content: Any) -> None:
    (folder / "announced.yaml").write_text(yaml.safe_dump(content))


WORDS = {"schemas": ["exception"], "properties": ["kind"], "values": ["stalled"], "since": "2026-12-01"}
NOTE = "A parcel stands still. Treat it as any other kind."


def test_an_announced_word_is_allowed_where_it_was_announced(tmp_path: Path) -> None:
    folder = released(tmp_path, "exception", had_a_word_less)
    announce(folder, words=[{**WORDS, "note": NOTE}])
    assert main([], folder) == 0
    for other in ({"schemas": ["shipment"]}, {"properties": ["stage"]}, {"values": ["lost"]}):
        announce(folder, words=[{**WORDS, "note": NOTE, **other}])
        assert main([], folder) == 1, other


@pytest.mark.parametrize("name", ["replay", "replays"])
def test_what_is_retired_may_go(name: str) -> None:
    old, topics = today(), promised(load_topics())
    new, fewer = today(), promised(load_topics())
    new.pop(name, None)
    fewer["topics"].pop(name, None)
    changes = changes_since(Release(1, old, topics), new, fewer)
    assert [change.breaking for change in changes] == [True]
    announced = Announced.model_validate({"retired": [{"name": name, "since": "2027-01-01", "note": NOTE}]})
    assert [change.breaking for change in excused(changes, announced)] == [False]


def test_a_second_major_beside_the_first_is_allowed() -> None:
    topics, both = promised(load_topics()), promised(load_topics())
    both["topics"]["exceptions-support-v2"] = {**topics["topics"]["exceptions-support"], "contract": "exception-v2"}
    second = {**today()["exception"], "$id": "urn:wismo:schema:exception:2", "properties": {}}
    changes = changes_since(Release(1, today(), topics), {**today(), "exception-v2": second}, both)
    assert [(change.code, change.breaking) for change in changes] == [("schema_added", False), ("topic_added", False)]


def test_a_new_contract_is_allowed() -> None:
    topics = promised(load_topics())
    (change,) = changes_since(Release(1, {}, topics), {"replay": today()["replay"]}, topics)
    assert (change.code, change.breaking) == ("schema_added", False)


@pytest.mark.parametrize(
    "content",
    [{"words": [WORDS]}, {"words": [{**WORDS, "note": "short"}]}, {"retired": [{"name": "a", "note": NOTE}]}, {"x": 1}],
    ids=["no note", "a note that says nothing", "no date", "unknown"],
)
def test_a_bad_announcement_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: Any) -> None:
    folder = released(tmp_path, "exception", had_a_field_less)
    announce(folder, **content)
    capsys.readouterr()
    assert main([], folder) == 2
    assert "schemas/releases/announced.yaml" in capsys.readouterr().err


def test_the_committed_announcements_are_readable() -> None:
    assert isinstance(read_announced(FOLDER), Announced)


def test_a_damaged_release_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = released(tmp_path, "exception", had_a_field_less)
    (folder / "1" / "topics.json").unlink()
    assert main([], folder) == 2
    assert "schemas/releases/1" in capsys.readouterr().err


def test_without_a_release_there_is_nothing_to_pass(tmp_path: Path) -> None:
    assert main([], tmp_path) == 2


def test_other_arguments_are_refused() -> None:
    assert main(["--force"]) == 2
