"""The AsyncAPI document is valid, whole, and says what the service writes."""

import copy
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from schemas.asyncapi import EVENT_TYPES, REPLICAS, WORKER_GROUP, as_yaml, document
from schemas.asyncapi_examples import Example, load_examples
from schemas.topics import load_topics
from sinks.settings import Settings
from streams.app import APP_ID
from tests.schemas.asyncapi_document import key_problems, made, problems

ROOT = Path(__file__).resolve().parents[2]
SPEC = Path(__file__).parent / "asyncapi" / "3.1.0.json"
CLI_VARIABLE = "WISMO_TEST_ASYNCAPI_CLI"


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


@pytest.mark.parametrize("example", load_examples(), ids=lambda example: example.place)
def test_a_golden_example_is_valid(example: Example) -> None:
    messages = made()["components"]["messages"]
    (name,) = (name for name, node in messages.items() if node["payload"]["$ref"].endswith(f"/{example.contract}"))
    assert problems(name, example.headers, example.value) == []
    assert key_problems(name, example.key) == []


def test_each_event_type_is_shown_once() -> None:
    shown = [one for node in made()["components"]["messages"].values() for one in node.get("examples", [])]
    assert len(shown) == len({(example.contract, example.type) for example in load_examples()})


def golden(folder: Path, type_: str, content: object) -> Path:
    place = folder / type_
    place.mkdir(parents=True)
    (place / "one.json").write_text(json.dumps(content))
    return folder


def test_an_example_is_shown_with_its_message(tmp_path: Path) -> None:
    headers = {"ce_type": "wismo.exception.opened"}
    examples = load_examples(golden(tmp_path, "exception", {"headers": headers, "key": "k", "value": {"a": 1}}))
    shown = document({}, load_topics(), [*examples, *examples])["components"]["messages"]["ExceptionMessage"][
        "examples"
    ]
    assert shown == [{"name": "one", "headers": headers, "payload": {"a": 1}}]


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
    with pytest.raises(ValueError, match=r"examples/forgotten/one\.json"):
        document({}, load_topics(), [Example("forgotten", "one", {}, "k", {})])


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
