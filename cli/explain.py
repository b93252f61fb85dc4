"""`wismo explain`: what was known of a shipment at a moment, what was decided, and on what evidence."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.tree import Tree

from cli.decide import moment
from cli.letters import read_topic
from cli.output import FOUND, fail, line, recording
from cli.policies import policy_book
from rules.pipeline.records import Out
from rules.pipeline.replay import Replay, in_order
from schemas.codec import loads
from schemas.facts import base_id
from schemas.recording import RawRecord
from schemas.topics import load_topics
from schemas.words import CUSTOMER_MESSAGES, MARK_HEADER, RAW_TOPICS, SHIPMENT_UPDATES, SHIPMENTS
from sinks.kafka import KafkaUnavailableError
from sinks.settings import Settings, SettingsError, load_settings
from sinks.topics import partition_count


def explain(
    shipment: Annotated[str, typer.Argument(help="A shipment id, e.g. ups:1Z999AA10123456784.")],
    recording_file: Annotated[
        Path | None, typer.Option("--recording", metavar="FILE", help="A recording; by default the raw topics.")
    ] = None,
    at: Annotated[str | None, typer.Option(help="What was known then (arrival time, RFC 3339).")] = None,
    policy: Annotated[Path | None, typer.Option(help="Policy to explain by; the packaged one by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines: every event about the shipment.")] = False,
) -> None:
    """Explain a shipment: its scans, its state, each case with its evidence and score, each message with its fate."""
    until = moment(at, "--at")
    records = recording(recording_file) if recording_file else _live()
    records = [record for record in in_order(records) if until is None or record.timestamp <= until]
    replay = Replay(policy_book(policy))
    outs = [out for out in replay.run(records, until) if _about(out, shipment)]
    if not outs:
        fail(f"nothing is known of {shipment}{f' at {at}' if at else ''}: check the id and the time", FOUND)
    events = [(out.topic, loads(out.value or b"null")) for out in outs]
    if as_json:
        for topic, value in events:
            line({"topic": topic, "value": value})
        return
    Console().print(_tree(shipment, events))


def _about(out: Out, shipment: str) -> bool:
    key = (out.key or b"").decode("utf-8", "replace")
    return key == shipment or base_id(key) == shipment


def _tree(shipment: str, events: list[tuple[str, dict[str, Any]]]) -> Tree:
    tree = Tree(f"[bold]{shipment}[/]")
    for topic, value in events:
        if topic == SHIPMENT_UPDATES:
            tree.add(_scan(value))
        elif topic.startswith("exceptions-"):
            _case(tree, topic, value)
        elif topic == CUSTOMER_MESSAGES:
            tree.add(_message(value))
    states = [value for topic, value in events if topic == SHIPMENTS and value]
    if states:
        last = states[-1]
        tree.add(f"[bold]now[/] {last.get('current_state')}  reason {last.get('exception_reason') or '-'}")
    return tree


def _scan(value: dict[str, Any]) -> str:
    moved = value["previous_state"] != value["current_state"]
    state = f"{value['previous_state']} -> [bold]{value['current_state']}[/]" if moved else value["current_state"]
    text = value.get("description") or value.get("code") or ""
    return f"{value['occurred_at']}  heard {value['received_at']}  {state}  {_plain(text)}"


def _case(tree: Tree, topic: str, value: dict[str, Any]) -> None:
    title = f"{value['received_at']}  [yellow]{value['change']}[/] {value['kind']} for {value['owner']}"
    branch = tree.add(f"{title}  {value['severity']} ({value['score']})  {_plain(value.get('next_action') or '')}")
    for fact in value.get("evidence") or ():
        branch.add(f"{fact['fact']}: {fact['observed']} (limit {fact.get('limit')}, {fact.get('policy')})")
    for name, term in (value.get("terms") or {}).items():
        if term["points"]:
            branch.add(f"score {name}: {term['points']:+} for {term['value']} ({term['policy']})")


def _message(value: dict[str, Any]) -> str:
    why = f" ({value['reason']})" if value.get("reason") else ""
    return f"{value['received_at']}  [cyan]message[/] {value['class']}/{value['kind']}: {value['fate']}{why}"


def _plain(text: str) -> str:
    return text.replace("[", "\\[")


def _live() -> list[RawRecord]:
    try:
        settings = load_settings()
        return list(_raw_records(settings))
    except (SettingsError, KafkaUnavailableError) as error:
        fail(f"{error} (or name a recording with --recording)")


def _raw_records(settings: Settings) -> Iterator[RawRecord]:
    for topic in RAW_TOPICS:
        for source in read_topic(settings, topic, partition_count(settings, load_topics())):
            headers = {name: (value or b"").decode("utf-8", "replace") for name, value in source.headers}
            if MARK_HEADER not in headers:
                when = datetime.fromtimestamp(source.timestamp / 1000, UTC)
                yield RawRecord(topic, when, source.value, source.key, headers)
