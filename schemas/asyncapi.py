"""The AsyncAPI 3.1 document of every topic, out of the models' JSON Schemas, `topics.yaml` and `asyncapi_base.yaml`."""

from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any, Final

import yaml

from schemas import words
from schemas.asyncapi_examples import Example
from schemas.topics import Cleanup, Topic, Topics

Node = dict[str, Any]

BINDING: Final = "0.5.0"
"""Version of the Kafka bindings."""
REPLICAS: Final = 1
"""Copies of a partition unless WISMO_REPLICATION_FACTOR says otherwise."""
WORKER_GROUP: Final = "wismo"
INTERNAL: Final = (words.LINK_EVENTS, words.SHIPMENT_EVENTS)

EVENT_TYPES: Final[dict[str, tuple[str, ...]]] = {
    "shipment": ("wismo.shipment.state",),
    "shipment-update": ("wismo.shipment.updated",),
    "exception": tuple(f"wismo.exception.{change}" for change in words.CHANGES),
    "customer-message": tuple(f"wismo.customer_message.{fate}" for fate in words.FATES),
    "notification-receipt": ("wismo.notification.sent.v1", "wismo.notification.failed.v1"),
}
"""The CloudEvents types of each contract."""


def document(schemas: Mapping[str, Node], topics: Topics, examples: Iterable[Example] = ()) -> Node:
    """The document as plain data; raises `ValueError` on an example or a definition that has no one place in it."""
    base = _base()
    public = [topic for topic in topics.topics if not topic.name.endswith("-changelog")]
    messages = {name: _message(name, spec, base["keys"]) for name, spec in base["messages"].items()}
    _add_examples(base["messages"], messages, examples)
    return {
        **{part: base[part] for part in ("asyncapi", "id", "info", "servers")},
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic, topics.partitions, base) for topic in public},
        "operations": dict(operation for topic in public for operation in _operations(topic, base)),
        "components": {
            "schemas": {**_components(schemas), **_static(base), **_typed_headers(base)},
            "messages": messages,
            "securitySchemes": base["securitySchemes"],
        },
    }


def as_yaml(document: Node) -> str:
    """The document's text: YAML, because people read and compare it, and tools of AsyncAPI take either."""
    head = "# Made by `python -m schemas.generate`; do not edit.\n"
    return head + yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)


class _Plain(yaml.SafeDumper):
    """No anchors, and long text as a block."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Plain.add_representer(str, _text)


def _base() -> Node:
    loaded: Node = yaml.safe_load(files("schemas").joinpath("asyncapi_base.yaml").read_text(encoding="utf-8"))
    headers = loaded["headers"]
    headers["SenderHeaders"]["properties"]["source"]["enum"] = list(words.SOURCES)
    errors = headers["DeadLetterHeaders"]["properties"]
    errors["__wismo.errors.stage"]["enum"] = list(words.STAGES)
    errors["__wismo.errors.reason"]["enum"] = list(words.DEAD_LETTER_REASONS)
    return loaded


def _channel(topic: Topic, partitions: int, base: Node) -> Node:
    policy = policy_of(topic)
    return {
        "address": topic.name,
        "title": topic.name,
        "summary": topic.description,
        "description": f"Key: {topic.key}. From {', '.join(topic.producers)}; to {', '.join(topic.consumers)}.",
        "servers": [_ref("servers", name, root="") for name in base["servers"]],
        "messages": {name: _ref("messages", name) for name in _carried(topic, base)},
        "tags": [base["tags"][name] for name in _tags(topic)],
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": partitions,
                "replicas": REPLICAS,
                "topicConfiguration": {
                    "cleanup.policy": [topic.cleanup.value],
                    "retention.ms": topic.retention_ms,
                    "max.message.bytes": topic.max_message_bytes,
                },
                "bindingVersion": BINDING,
            }
        },
        "x-version": topic.version,
        "x-partitioner": "murmur2",
        "x-compatibility": {"mode": policy, "policy": base["compatibility"][policy]},
    }


def carried(topic: Topic) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The CloudEvents types of a topic's own message, and the names of its headers."""
    base = _base()
    headers = base["messages"][_carried(topic, base)[0]]["headers"]
    return EVENT_TYPES.get(topic.contract, ()), tuple(base["headers"][headers].get("properties", ()))


def policy_of(topic: Topic) -> str:
    """How a topic's records may change within a major version."""
    if topic.name in words.RAW_TOPICS:
        return "BACKWARD_TRANSITIVE"
    if topic.name in INTERNAL:
        return "NONE"
    return "FORWARDED" if topic.name == words.DEAD_LETTERS else "FULL_TRANSITIVE"


def _tags(topic: Topic) -> tuple[str, ...]:
    if topic.name in words.RAW_TOPICS:
        return ("input",)
    if topic.name in INTERNAL:
        return ("internal",)
    special = {words.DEAD_LETTERS: "failure", words.REPLAYS: "audit"}
    return ("output", special[topic.name]) if topic.name in special else ("output",)


def _carried(topic: Topic, base: Node) -> list[str]:
    """The messages of a topic: its contract's, and what else may travel there."""
    contracts = [topic.contract]
    if topic.name in words.RAW_TOPICS:
        contracts.append("sender-payload")
    if topic.name in (*words.RAW_TOPICS, *INTERNAL):
        contracts.append("mark")
    if topic.cleanup is Cleanup.COMPACT:
        contracts.append("tombstone")
    by_contract = {spec["contract"]: name for name, spec in base["messages"].items()}
    if missing := [contract for contract in contracts if contract not in by_contract]:
        raise ValueError(f"topic {topic.name}: no message for {missing}; add it to schemas/asyncapi_base.yaml")
    return [by_contract[contract] for contract in contracts]


def _operations(topic: Topic, base: Node) -> list[tuple[str, Node]]:
    wanted = []
    if topic.name in (*words.RAW_TOPICS, *INTERNAL):
        wanted.append(_operation(topic, "receive", base))
    if topic.name not in words.RAW_TOPICS:
        wanted.append(_operation(topic, "send", base))
    return wanted


def _operation(topic: Topic, action: str, base: Node) -> tuple[str, Node]:
    name = action + "".join(word.capitalize() for word in topic.name.split("-"))
    title = f"{'Read' if action == 'receive' else 'Write'} {topic.name}"
    kafka: Node = {"bindingVersion": BINDING}
    if action == "receive":
        kafka = {"groupId": {"type": "string", "const": WORKER_GROUP}, **kafka}
    node = {
        "action": action,
        "channel": _ref("channels", topic.name, root=""),
        "title": title,
        "summary": topic.description,
        "tags": [base["tags"][name] for name in _tags(topic)],
        "bindings": {"kafka": kafka},
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{message}"} for message in _carried(topic, base)],
    }
    return name, node


def _message(name: str, spec: Node, keys: Node) -> Node:
    contract = spec["contract"]
    # Inline: the published schema of AsyncAPI refuses a key that is a reference.
    key = {"key": keys[spec["key"]]} if spec["key"] in keys else {}
    headers = _typed_name(contract) if contract in EVENT_TYPES else spec["headers"]
    node: Node = {
        "name": name,
        "title": spec["title"],
        "contentType": spec.get("contentType", "application/json"),
        "headers": _ref("schemas", headers),
        "payload": _ref("schemas", contract),
        "bindings": {"kafka": {**key, "bindingVersion": BINDING}},
    }
    if contract in EVENT_TYPES:
        node["correlationId"] = {"description": "Identity of the event.", "location": "$message.header#/ce_id"}
    return node


def _typed_name(contract: str) -> str:
    return f"headers-{contract}"


def _typed_headers(base: Node) -> Node:
    common = _ref("schemas", "CloudEventHeaders")
    return {
        _typed_name(contract): {"allOf": [common, {"properties": {"ce_type": {"enum": list(types)}}}]}
        for contract, types in EVENT_TYPES.items()
    }


def _static(base: Node) -> Node:
    return {**base["payloads"], **base["headers"]}


def _components(schemas: Mapping[str, Node]) -> Node:
    """The contracts' schemas with their definitions beside them: AsyncAPI keeps all under one roof."""
    found: Node = {}
    for contract, schema in schemas.items():
        body = {name: part for name, part in schema.items() if name not in ("$schema", "$id", "$defs")}
        for name, definition in {**schema.get("$defs", {}), contract: body}.items():
            moved = _moved(definition)
            if found.setdefault(name, moved) != moved:
                raise ValueError(f"two definitions named {name!r} differ; rename one of the models")
    return found


def _moved(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: _moved(part) for name, part in node.items()}
    if isinstance(node, list):
        return [_moved(part) for part in node]
    return node.replace("#/$defs/", "#/components/schemas/") if isinstance(node, str) else node


def _add_examples(specs: Node, messages: Node, examples: Iterable[Example]) -> None:
    """The first example of each event type and of each reason: the folder holds the others."""
    by_contract = {spec["contract"]: name for name, spec in specs.items()}
    first: dict[tuple[str, str], Example] = {}
    for example in examples:
        if example.contract not in by_contract:
            raise ValueError(f"schemas/examples/{example.place}: no message has the contract {example.contract!r}")
        first.setdefault((by_contract[example.contract], example.type), example)
    for (message, _), example in first.items():
        messages[message].setdefault("examples", []).append(example.node())


def _ref(kind: str, name: str, root: str = "components/") -> Node:
    return {"$ref": f"#/{root}{kind}/{name}"}
