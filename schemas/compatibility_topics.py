"""What of `topics.yaml` is a promise, as a release keeps it, and what may not change of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from schemas.asyncapi import carried, policy_of
from schemas.compatibility_rules import Change, Side, Verdict
from schemas.topics import Topic, Topics
from schemas.words import RAW_TOPICS

FACTS = ("contract", "version", "key", "cleanup")


def promised(topics: Topics) -> dict[str, Any]:
    """The topics that others write or read, and what they may count on."""
    shown = [topic for topic in topics.topics if not topic.name.endswith("-changelog") and policy_of(topic) != "NONE"]
    return {"partitions": topics.partitions, "topics": {topic.name: _facts(topic) for topic in shown}}


def compare_topics(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """What changed of the topics since a release."""
    changes: list[Change] = []
    if old["partitions"] != new["partitions"]:
        what = f"the count of partitions was {old['partitions']} and is {new['partitions']}"
        changes.append(Change("topics", "/partitions", "partitions_changed", what, None, Side.PUBLISHED))
    for name in {**old["topics"], **new["topics"]}:
        side = Side.ACCEPTED if name in RAW_TOPICS else Side.PUBLISHED
        for verdict in _topic(f"/topics/{name}", old["topics"].get(name), new["topics"].get(name)):
            changes.append(Change("topics", *verdict, side))
    return changes


def _topic(pointer: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Iterator[Verdict]:
    if old is None or new is None:
        name = pointer.rpartition("/")[2]
        yield Verdict(
            pointer, *(("topic_added", f"`{name}` is new") if old is None else ("topic_removed", f"`{name}` is gone"))
        )
        return
    for fact in FACTS:
        if old[fact] != new[fact]:
            yield Verdict(
                f"{pointer}/{fact}", f"topic_{fact}_changed", f"the {fact} was {old[fact]!r} and is {new[fact]!r}"
            )
    yield from _names(pointer, old, new)
    before, after = _forever(old["retention_ms"]), _forever(new["retention_ms"])
    if before != after:
        code = "topic_retention_shortened" if after < before else "topic_retention_lengthened"
        yield Verdict(
            f"{pointer}/retention_ms",
            code,
            f"records were kept {old['retention_ms']} ms and are kept {new['retention_ms']} ms",
        )
    limits = old["max_message_bytes"], new["max_message_bytes"]
    if limits[0] != limits[1]:
        code = "topic_limit_lowered" if limits[1] < limits[0] else "topic_limit_raised"
        yield Verdict(
            f"{pointer}/max_message_bytes", code, f"a record could have {limits[0]} bytes and may have {limits[1]}"
        )


def _names(pointer: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Verdict]:
    for fact, kind in (("types", "event_type"), ("headers", "header")):
        for name in (name for name in old[fact] if name not in new[fact]):
            yield Verdict(f"{pointer}/{fact}", f"{kind}_removed", f"`{name}` is gone")
        for name in (name for name in new[fact] if name not in old[fact]):
            yield Verdict(f"{pointer}/{fact}", f"{kind}_added", f"`{name}` is new")


def _facts(topic: Topic) -> dict[str, Any]:
    types, headers = carried(topic)
    return {
        "contract": topic.contract,
        "version": topic.version,
        "key": topic.key,
        "cleanup": topic.cleanup.value,
        "retention_ms": topic.retention_ms,
        "max_message_bytes": topic.max_message_bytes,
        "types": list(types),
        "headers": list(headers),
    }


def _forever(milliseconds: int) -> float:
    return float("inf") if milliseconds < 0 else milliseconds
