"""`wismo contract verify|examples`: whether events keep the contract, and golden events to test a reader with."""

import gzip
import itertools
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from confluent_kafka import KafkaException

from cli.contract_events import events_of_lines, events_of_topic, events_to_come
from cli.contract_raw import raw_findings
from cli.output import FOUND, fail, line, messages
from schemas.kit import Event, Finding, Level, Reach, UnknownTypeError, Verifier, golden_events
from schemas.topics import load_topics
from schemas.words import LINK_EVENTS, RAW_TOPICS, SHIPMENT_EVENTS
from sinks.kafka import KafkaUnavailableError
from sinks.settings import Settings, SettingsError, load_settings

app = typer.Typer(help="The contract of events: verify what is there, print examples.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="One JSON object a finding.")]


class From(StrEnum):
    """Where reading a topic begins."""

    BEGINNING = "beginning"
    END = "end"


@app.command("verify")
def verify(  # noqa: PLR0913, PLR0917 - one argument an option
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="JSON lines; - for standard input.")
    ] = None,
    topics: Annotated[list[str] | None, typer.Option("--topic", help="Read this topic; may be given again.")] = None,
    brokers: Annotated[str | None, typer.Option(help="host:port[,host:port]; else KAFKA_BOOTSTRAP_SERVERS.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many events.")] = None,
    begin: Annotated[
        From, typer.Option("--from", help="`end`: what comes from now on, until --limit or Ctrl-C.")
    ] = From.BEGINNING,
    part: Annotated[
        bool, typer.Option("--part", help="The files are a selection: do not ask for what is not in them.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check events against the contract. Exit 1 where one breaks it, 2 where nothing could be checked.

    FILE holds lines of `wismo decide`, of a recording, or of `kcat -J`.
    """
    if bool(files) == bool(topics):
        fail("name either files (- for standard input) or --topic")
    events: Iterator[Event | Finding]
    if files:
        events = _of_files(files, Reach.PICKED if part else Reach.WHOLE)
    else:
        named = _known(topics or [])
        events = _of_topics(_settings(brokers), named, begin)
    shown_whole = limit is None and not part and begin is From.BEGINNING
    report = _Report(Verifier((topics or None) if shown_whole else []), as_json)
    try:
        report.run(itertools.islice(events, limit))
    except (OSError, KafkaException, KafkaUnavailableError) as error:
        fail(str(error))
    report.conclude(must_have_events=bool(files))


@app.command("examples")
def examples(
    type_: Annotated[str | None, typer.Option("--type", help="Only this type, e.g. exception.")] = None,
) -> None:
    """Print golden events, one JSON line each: real decisions, to test a reader with."""
    try:
        for event in golden_events(type_):
            line(event.line())
    except UnknownTypeError as error:
        fail(f"--type: {error}")


class _Report:
    """Prints findings as they come, and counts."""

    def __init__(self, verifier: Verifier, as_json: bool) -> None:
        self._verifier = verifier
        self._as_json = as_json
        self._counts: Counter[str] = Counter()
        self._broken = 0
        self._read = 0

    def run(self, events: Iterable[Event | Finding]) -> None:
        """Check all; Ctrl-C ends a reading that has no end."""
        try:
            for event in events:
                self._read += 1
                self._tell([event] if isinstance(event, Finding) else self._findings(event))
        except KeyboardInterrupt:
            messages.print("stopped")
        self._tell(self._verifier.finish())

    def conclude(self, *, must_have_events: bool) -> None:
        """Say what was seen, and end with the code for it."""
        sys.stdout.buffer.flush()
        if must_have_events and not self._read:
            fail("there is no event in what was given; nothing was verified")
        what = ", ".join(f"{count} {check}" for check, count in sorted(self._counts.items())) or "no findings"
        messages.print(f"{self._read} events, {self._verifier.repeats} repeats: {what}")
        if self._broken:
            raise typer.Exit(FOUND)

    def _findings(self, event: Event) -> list[Finding]:
        return list(raw_findings(event, self._read)) if event.topic in RAW_TOPICS else self._verifier.see(event)

    def _tell(self, findings: Iterable[Finding]) -> None:
        for one in findings:
            self._counts[one.check] += 1
            self._broken += one.level is Level.ERROR
            if self._as_json:
                line({name: getattr(one, name) for name in ("level", "check", "where", "what", "do", "event_id")})
            else:
                sys.stdout.buffer.write(f"{one}\n".encode("utf-8", "replace"))


def _of_files(paths: list[Path], reach: Reach) -> Iterator[Event | Finding]:
    for path in paths:
        if str(path) == "-":
            yield from events_of_lines(sys.stdin.buffer, "-", reach)
            continue
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
            yield from events_of_lines(lines, str(path), reach)


def _of_topics(settings: Settings, topics: list[str], begin: From) -> Iterator[Event]:
    if begin is From.END:
        return events_to_come(settings, topics)
    return (event for topic in topics for event in events_of_topic(settings, topic))


def _known(topics: list[str]) -> list[str]:
    """The topics asked for; ends the command where one has no contract."""
    declared = load_topics()
    internal = (LINK_EVENTS, SHIPMENT_EVENTS, *(name for name in declared.names if name.endswith("-changelog")))
    for topic in topics:
        if topic not in declared.names or topic in internal:
            known = ", ".join(name for name in declared.names if name not in internal)
            fail(f"--topic {topic}: {'is internal' if topic in internal else 'no such topic'}; expected one of {known}")
    return topics


def _settings(brokers: str | None) -> Settings:
    try:
        settings = load_settings(**({"kafka_bootstrap_servers": brokers} if brokers else {}))
        settings.bootstrap  # noqa: B018 - asks for the address now, with a clear error
        return settings
    except SettingsError as error:
        fail(str(error))
