"""The AsyncAPI document is valid, whole, and says what the service writes."""

import copy
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
import yaml

from cli.dlq import _replay_headers
from cli.simulation.presets import demo_day
from rules.loading import load_policy
from rules.pipeline.envelope import mark
from rules.pipeline.hops import all_origins, routed_outs
from rules.pipeline.records import Out, Record
from rules.pipeline.replay import Replay
from schemas.asyncapi import EVENT_TYPES, REPLICAS, WORKER_GROUP, as_yaml, document
from schemas.asyncapi_examples import Example, load_examples
from schemas.codec import loads
from schemas.dead_letters import ERRORS, REPLAY, Failure, Source, dead_letter
from schemas.generate import published
from schemas.topics import load_topics
from schemas.words import DEAD_LETTERS, RAW_TOPICS
from sinks.notifier.receipts import _headers
from sinks.settings import Settings
from streams.app import APP_ID
from streams.ticker import write_marks

ROOT = Path(__file__).resolve().parents[2]
SPEC = Path(__file__).parent / "asyncapi" / "3.1.0.json"
CLI_VARIABLE = "WISMO_TEST_ASYNCAPI_CLI"
MOMENT = datetime(2026, 3, 2, 12, tzinfo=UTC)
LARGE = 9 * 1024 * 1024


@cache
def made() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(published()["asyncapi.yaml"])
    return loaded


@cache
def specification() -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json.loads(SPEC.read_text(encoding="utf-8")))


def at(pointer: str, root: dict[str, Any]) -> Any:
    node: Any = root
    for part in pointer.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def refs(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for part in node.values():
            yield from refs(part)
    elif isinstance(node, list):
        for part in node:
            yield from refs(part)


def validator(pointer: str) -> jsonschema.Draft7Validator:
    root = {"$ref": pointer, "components": made()["components"]}
    return jsonschema.Draft7Validator(root, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)


@cache
def message_validators(name: str) -> tuple[jsonschema.Draft7Validator, ...]:
    message = made()["components"]["messages"][name]
    return tuple(validator(message[part]["$ref"]) for part in ("headers", "payload"))


def problems(name: str, headers: dict[str, str], payload: Any) -> list[str]:
    told = zip(message_validators(name), (headers, payload), strict=True)
    return [error.message for check, part in told for error in check.iter_errors(part)]


def key_problems(name: str, key: str | None) -> list[str]:
    schema = made()["components"]["messages"][name]["bindings"]["kafka"]["key"]
    return [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(key)]


def text(headers: Any) -> dict[str, str]:
    return {name: (value or b"").decode() for name, value in headers}


def message_of(topic: str, *, empty: bool = False) -> str:
    """The first message of a channel is its contract's."""
    messages = made()["channels"][topic]["messages"]
    return "Tombstone" if empty and "Tombstone" in messages else next(iter(messages))


def test_it_is_valid_by_the_published_schema_of_asyncapi() -> None:
    assert [error.message for error in specification().iter_errors(made())] == []


@pytest.mark.parametrize(
    ("pointer", "wrong"),
    [
        ("#/channels/shipments/bindings/kafka/partitions", "four"),
        ("#/channels/shipments/bindings/kafka/bindingVersion", "9.9.9"),
        ("#/operations/sendShipments/action", "publish"),
        ("#/servers/secured/host", 1),
        ("#/components/schemas/shipment/type", "objekt"),
    ],
)
def test_the_published_schema_sees_what_is_wrong(pointer: str, wrong: object) -> None:
    broken = copy.deepcopy(made())
    parent, _, last = pointer.rpartition("/")
    at(parent, broken)[last] = wrong
    assert not specification().is_valid(broken)


def test_every_reference_leads_somewhere() -> None:
    found = set(refs(made()))
    assert len(found) > 50
    for ref in found:
        assert at(ref, made()) is not None, ref


def test_nothing_in_the_components_is_unused() -> None:
    used = set(refs(made()))
    for kind, parts in made()["components"].items():
        assert [name for name in parts if f"#/components/{kind}/{name}" not in used] == []


@pytest.mark.parametrize("name", sorted(made()["components"]["schemas"]))
def test_a_schema_is_valid_by_the_dialect_of_asyncapi(name: str) -> None:
    jsonschema.Draft7Validator.check_schema(made()["components"]["schemas"][name])


def test_each_topic_that_others_see_is_a_channel_as_the_broker_has_it() -> None:
    topics = load_topics()
    assert set(made()["channels"]) == {name for name in topics.names if not name.endswith("-changelog")}
    for name, channel in made()["channels"].items():
        kafka = channel["bindings"]["kafka"]
        assert (kafka["topic"], kafka["partitions"], kafka["replicas"]) == (name, topics.partitions, REPLICAS)
        config = kafka["topicConfiguration"]
        wanted = topics[name].config()
        assert [config.pop("cleanup.policy")[0]] == [wanted.pop("cleanup.policy")]
        assert {key: str(value) for key, value in config.items()} == wanted
        assert channel["x-compatibility"]["policy"]


def test_defaults_are_those_of_the_code() -> None:
    assert Settings.model_fields["replication_factor"].default == REPLICAS
    assert WORKER_GROUP == APP_ID
    for name, operation in made()["operations"].items():
        group = operation["bindings"]["kafka"].get("groupId")
        assert (group == {"type": "string", "const": APP_ID}) is (operation["action"] == "receive"), name


@cache
def written() -> tuple[Out, ...]:
    """The first records of each topic and kind that the core writes over a day of traffic."""
    by_kind: dict[tuple[str, str, bool], list[Out]] = {}
    for out in Replay(load_policy(None)).run(demo_day(7)):
        kind = out.topic, text(out.headers).get("ce_type", ""), out.value is None
        by_kind.setdefault(kind, []).append(out)
    return tuple(out for outs in by_kind.values() for out in outs[:50])


def test_what_the_core_writes_is_what_the_document_says() -> None:
    seen = set()
    for out in written():
        name = message_of(out.topic, empty=out.value is None)
        headers, key = text(out.headers), None if out.key is None else out.key.decode()
        if out.topic != DEAD_LETTERS:
            assert problems(name, headers, loads(out.value or b"null")) == [], (out.topic, headers)
        assert key_problems(name, key) == []
        seen.add((out.topic, name))
    assert seen >= {("shipments", "ShipmentMessage"), ("shipments", "Tombstone"), ("dead-letters", "DeadLetterMessage")}
    assert seen >= {("exceptions-support", "ExceptionMessage"), ("customer-messages", "CustomerMessageMessage")}


def raw_record(value: bytes, **headers: str) -> Record:
    pairs = tuple((name, told.encode()) for name, told in headers.items())
    return Record("carrier-scans", 2, 17, MOMENT, b"k", value, pairs)


@pytest.mark.parametrize("value", [b"{", b"{}", b"\xff\xfe", b"x" * LARGE], ids=["cut", "empty", "no text", "large"])
def test_a_dead_letter_carries_the_headers_that_are_documented(value: bytes) -> None:
    (letter,) = routed_outs(raw_record(value, source="ups", traceparent="00-1-2-01"))
    headers = text(letter.headers)
    assert letter.topic == DEAD_LETTERS
    assert problems("DeadLetterMessage", headers, "bytes") == []
    assert {name for name in headers if name.startswith(ERRORS)} <= dead_letter_headers()


def dead_letter_headers() -> set[str]:
    return set(made()["components"]["schemas"]["DeadLetterHeaders"]["properties"])


def test_every_header_of_dead_letters_is_documented_and_no_other() -> None:
    foreign = (("source", b"ups"), ("big", b"x" * 900))
    source = Source(topic="t", partition=0, offset=1, timestamp=2, value=b"v" * 9000, headers=foreign)
    failure = Failure(
        stage="decode", reason="undecodable", message="m", failed_at=MOMENT, group="g", exception="E",
        app_version="1", schema="s", scan='["A"]',
    )  # fmt: skip
    cut = text(dead_letter(source, failure, limit=4000).headers)
    dropped = text(dead_letter(source, failure, limit=1000).headers)
    replayed = text(_replay_headers(SimpleNamespace(replays=0, place="3/9"), "r-1", "2026-03-02T12:00:00Z"))  # type: ignore[arg-type]
    ours = {name for name in {**cut, **dropped, **replayed} if name.startswith((ERRORS, REPLAY))}
    assert ours == dead_letter_headers()
    assert problems("DeadLetterMessage", {**cut, **dropped, **replayed}, "v") == []


@pytest.mark.parametrize("result", ["sent", "failed"])
def test_a_receipt_carries_the_headers_that_are_documented(result: str) -> None:
    event = {"event_id": "e", "result": result, "occurred_at": "2026-03-02T12:00:00Z"}
    notice = SimpleNamespace(event=SimpleNamespace(shipment_id="ups:1Z", subject_id=None), trace=None)
    headers = text(_headers(event, notice))  # type: ignore[arg-type]
    assert [error.message for error in message_validators("NotificationReceiptMessage")[0].iter_errors(headers)] == []


def test_marks_travel_where_the_document_says() -> None:
    ticks: list[dict[str, Any]] = []
    producer = SimpleNamespace(produce=lambda topic, **told: ticks.append(told))
    assert write_marks(producer, 1, MOMENT) == len(RAW_TOPICS)
    for headers in (ticks[0]["headers"], mark("link-events", "carrier-scans/0", MOMENT).headers):
        assert problems("MarkMessage", text(headers), "") == []
    with_marks = {name for name, channel in made()["channels"].items() if "MarkMessage" in channel["messages"]}
    assert with_marks == {*RAW_TOPICS, "link-events", "shipment-events"}
    assert {origin.partition("/")[0] for origin in all_origins(1)} == {*RAW_TOPICS, "link"}


def test_readers_of_the_published_schemas_bear_new_fields() -> None:
    for out in written():
        if out.topic != DEAD_LETTERS and out.value is not None:
            value = {**loads(out.value), "a_field_of_tomorrow": 1}
            assert problems(message_of(out.topic), text(out.headers), value) == []


def test_the_committed_examples_are_valid() -> None:
    shown = [
        (name, example)
        for name, message in made()["components"]["messages"].items()
        for example in message.get("examples", [])
    ]
    assert len(shown) == len(load_examples())
    for name, example in shown:
        assert problems(name, example["headers"], example["payload"]) == [], example["name"]


def golden(folder: Path, type_: str, content: object) -> Path:
    place = folder / type_
    place.mkdir(parents=True)
    (place / "one.json").write_text(json.dumps(content))
    return folder


def test_an_example_is_shown_with_its_message(tmp_path: Path) -> None:
    headers = {"ce_type": "wismo.exception.opened"}
    examples = load_examples(golden(tmp_path, "exception", {"headers": headers, "key": "k", "value": {"a": 1}}))
    shown = document({}, load_topics(), examples)["components"]["messages"]["ExceptionMessage"]["examples"]
    assert shown == [{"name": "exception-one", "headers": headers, "payload": {"a": 1}}]


@pytest.mark.parametrize("content", [[], {"headers": {}, "key": "k"}, {"headers": 3, "key": "k", "value": {}}])
def test_a_bad_example_is_named(tmp_path: Path, content: object) -> None:
    with pytest.raises(ValueError, match=r"examples/replay/one\.json"):
        load_examples(golden(tmp_path, "replay", content))


def test_a_topic_without_a_message_is_named() -> None:
    topics = load_topics()
    other = topics.topics[0].model_copy(update={"name": "scans-v2", "contract": "raw-scan-v2"})
    with pytest.raises(ValueError, match=r"topic scans-v2: no message for \['raw-scan-v2'\]"):
        document({}, topics.model_copy(update={"topics": (other,)}))


def test_an_example_of_no_message_is_named() -> None:
    with pytest.raises(ValueError, match="wismo.exception.forgotten"):
        document({}, load_topics(), [Example("wismo.exception.forgotten", "n", "a/b.json", {}, "k", {})])


def test_two_models_of_one_name_are_refused() -> None:
    twice = {"a": {"$defs": {"Place": {"type": "object"}}}, "b": {"$defs": {"Place": {"type": "string"}}}}
    with pytest.raises(ValueError, match="'Place' differ"):
        document(twice, load_topics())


def test_event_types_are_read_from_the_vocabularies() -> None:
    for contract, types in EVENT_TYPES.items():
        (_, own) = made()["components"]["schemas"][f"headers-{contract}"]["allOf"]
        assert own["properties"]["ce_type"]["enum"] == list(types)


def asyncapi_cli() -> str:
    tool = os.environ.get(CLI_VARIABLE) or shutil.which("asyncapi")
    if tool is None:
        pytest.skip(f"needs asyncapi on PATH or {CLI_VARIABLE} (npm install @asyncapi/cli)")
    return tool


def validated(path: Path) -> subprocess.CompletedProcess[str]:
    # CI=true keeps the tool from sending statistics.
    return subprocess.run(
        [asyncapi_cli(), "validate", str(path), "--fail-severity=hint"],
        env={**os.environ, "CI": "true", "HOME": str(path.parent)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.slow
def test_the_tool_of_asyncapi_has_nothing_to_say(tmp_path: Path) -> None:
    path = tmp_path / "asyncapi.yaml"
    path.write_text(as_yaml(made()), encoding="utf-8")
    done = validated(path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "don't have governance issues" in done.stdout


@pytest.mark.slow
def test_the_tool_of_asyncapi_refuses_what_is_wrong(tmp_path: Path) -> None:
    broken = copy.deepcopy(made())
    broken["operations"]["sendShipments"]["channel"]["$ref"] = "#/channels/shipment"
    path = tmp_path / "asyncapi.yaml"
    path.write_text(as_yaml(broken), encoding="utf-8")
    done = validated(path)
    assert done.returncode == 1, done.stdout + done.stderr
