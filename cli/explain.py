"""`wismo explain`: what was known of a shipment at a moment, what followed from it, and why nothing else did."""

import sys
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.decide import moment
from cli.explain_tree import tree_of
from cli.letters import read_topic
from cli.output import FOUND, fail, line, recording
from cli.policies import policy_book
from rules.explaining.answer import UnknownSubjectError, answer
from rules.explaining.listening import listen
from rules.pipeline.replay import UnknownTopicError
from schemas.codec import parse_rfc3339
from schemas.explanation import Explanation
from schemas.recording import RawRecord
from schemas.topics import load_topics
from schemas.words import KINDS, MARK_HEADER, RAW_TOPICS
from sinks.kafka import KafkaUnavailableError
from sinks.settings import Settings, SettingsError, load_settings
from sinks.topics import partition_count

_WIDE = 10_000


def explain(  # noqa: PLR0913, PLR0917 - one argument an option
    shipment: Annotated[
        str,
        typer.Argument(help="A shipment id, e.g. ups:1Z999AA10123456784; or order:A-1, carrier:ups, incident:ID."),
    ],
    recording_file: Annotated[
        Path | None, typer.Option("--recording", metavar="FILE", help="A recording; by default the raw topics.")
    ] = None,
    at: Annotated[str | None, typer.Option(help="What was known then (arrival time, RFC 3339).")] = None,
    policy: Annotated[Path | None, typer.Option(help="Policy to explain by; the packaged one by default.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only this kind of exception, with every condition.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document (explanation.schema.json).")] = False,
) -> None:
    """Explain a shipment as it was known at a moment: what fired and why, what did not and why not, what comes next."""
    until = moment(at, "--at")
    _check_kind(kind)
    book = policy_book(policy)
    records, clock = (recording(recording_file), None) if recording_file else _live()
    until = until or clock
    try:
        told = answer(listen(records, shipment, until, book), book)
    except UnknownTopicError as error:
        fail(f"{recording_file}: {error}")
    except UnknownSubjectError as error:
        meant = f"; did you mean {', '.join(error.near)}?" if error.near else "; check the id and the time"
        fail(f"{error}{meant}", FOUND)
    _print(told, kind, as_json=as_json)


def _check_kind(kind: str | None) -> None:
    if kind is not None and kind not in KINDS:
        close = get_close_matches(kind, KINDS, 3) or KINDS
        fail(f"--kind: {kind!r} is no kind of exception; write one of {', '.join(close)}")


def _print(told: Explanation, kind: str | None, *, as_json: bool) -> None:
    if as_json:
        plain = told.model_dump(by_alias=True)
        if kind is not None:
            plain["kinds"] = [one for one in plain["kinds"] if one["kind"] == kind]
        line(plain)
        return
    # A file or a pipe has no width to wrap at.
    width = None if sys.stdout.isatty() else _WIDE
    Console(highlight=False, emoji=False, width=width).print(tree_of(told, kind))


def _live() -> tuple[list[RawRecord], datetime | None]:
    """The raw topics as they are now, and how far their marks of the clock have come."""
    try:
        settings = load_settings()
        return _heard(settings)
    except (SettingsError, KafkaUnavailableError) as error:
        fail(f"{error} (or name a recording with --recording)")


def _heard(settings: Settings) -> tuple[list[RawRecord], datetime | None]:
    records: list[RawRecord] = []
    marks: dict[tuple[str, int], datetime] = {}
    for topic in RAW_TOPICS:
        for source in read_topic(settings, topic, partition_count(settings, load_topics())):
            headers = {name: (value or b"").decode("utf-8", "replace") for name, value in source.headers}
            if MARK_HEADER in headers:
                marks[topic, source.partition] = parse_rfc3339(headers[MARK_HEADER])
            else:
                when = datetime.fromtimestamp(source.timestamp / 1000, UTC)
                records.append(RawRecord(topic, when, source.value, source.key, headers))
    # Every partition has been read up to its own last mark, so all of them up to the least of these.
    times = [min(marks.values())] if marks else []
    last = max((record.timestamp for record in records), default=None)
    return records, max((*times, last)) if last is not None else None
