"""`wismo shadow`: what a candidate policy does otherwise than the live one."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.decide import moment
from cli.letters import read_topic
from cli.output import FOUND, fail, line, messages, recording
from cli.policies import candidate_book, live_book, policy_book
from rules.pipeline.replay import Replay, UnknownTopicError
from rules.shadow_diff import IN_SHADOW, SAME, WORDS, Difference, ShadowDiff, tally
from schemas.codec import loads
from schemas.topics import load_topics
from schemas.words import OWNERS, SHADOW_EXCEPTIONS, exceptions_topic
from sinks.kafka import KafkaUnavailableError
from sinks.settings import SettingsError, load_settings
from sinks.topics import partition_count

app = typer.Typer(help="What a candidate policy does otherwise than the live one.", no_args_is_help=True)

_TOPICS = (*(exceptions_topic(owner) for owner in OWNERS), SHADOW_EXCEPTIONS)


@app.callback()
def _group() -> None:
    """What a candidate policy does otherwise than the live one."""


@app.command("diff")
def diff(  # noqa: PLR0913, PLR0917 - one option a question
    recording_file: Annotated[
        Path | None, typer.Option("--recording", metavar="FILE", help="A recording; by default what the topics hold.")
    ] = None,
    shadow: Annotated[
        Path | None, typer.Option(help="With --recording: the candidate; by default WISMO_SHADOW_POLICY_FILE.")
    ] = None,
    policy: Annotated[Path | None, typer.Option(help="With --recording: the live policy.")] = None,
    until: Annotated[str | None, typer.Option(help="With --recording: let the clock run to this time.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Leave out what began before (RFC 3339); from topics: since the candidate came.")
    ] = None,
    examples: Annotated[int, typer.Option(min=0, help="Examples of each difference.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines: counts, then examples.")] = False,
) -> None:
    """Cases that only one of both opens, or one earlier; exit 1 where they differ."""
    found, begin, end = ShadowDiff(), moment(since, "--since"), moment(until, "--until")
    for topic, value in _recorded(recording_file, policy, shadow, end) if recording_file else _live():
        found.take(topic, value)
    if recording_file is None:
        begin = begin or found.began
    differences = found.differences(begin)
    _print(differences, examples, as_json=as_json)
    messages.print(_summary(differences, begin))
    if any(one.word not in (SAME, IN_SHADOW) for one in differences):
        raise typer.Exit(FOUND)


def _recorded(
    file: Path, policy: Path | None, shadow: Path | None, until: datetime | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        shadow = shadow or load_settings().shadow_policy_file
    except SettingsError as error:
        fail(str(error))
    live = policy_book(policy) if policy is not None else live_book()
    if shadow is None and not any(entry.modes for entry in live.entries):
        fail("name the candidate with --shadow or WISMO_SHADOW_POLICY_FILE")
    try:
        for out in Replay(live, candidate_book(shadow, live)).run(recording(file), until):
            if out.topic in _TOPICS:
                yield out.topic, loads(out.value or b"null")
    except UnknownTopicError as error:
        fail(f"{file}: {error}")


def _live() -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        settings = load_settings()
        partitions = partition_count(settings, load_topics())
        for topic in _TOPICS:
            for source in read_topic(settings, topic, partitions):
                if source.value:
                    yield topic, loads(source.value)
    except (SettingsError, KafkaUnavailableError) as error:
        fail(f"{error} (or name a recording with --recording)")


def _print(differences: list[Difference], examples: int, *, as_json: bool) -> None:
    rows, shown = tally(differences), list(_examples(differences, examples))
    if as_json:
        for value in (*rows, *(one.plain() for one in shown)):
            line(value)
        return
    table = Table(box=None, padding=(0, 1, 0, 0))
    for name in ("Kind", "Owner", *WORDS):
        table.add_column(name.replace("_", " "), no_wrap=name in ("Kind", "Owner"))
    for row in rows:
        table.add_row(row["kind"], row["owner"], *(str(row[word] or "-") for word in WORDS))
    console = Console(soft_wrap=True, highlight=False)
    console.print(table)
    for one in shown:
        said = one.plain()
        later = "" if said["hours_later"] is None else f"  {said['hours_later']:+} h"
        console.print(f"{one.word}  {one.kind}  {one.subject_id}  {one.at.isoformat()}{later}", markup=False)


def _examples(differences: list[Difference], most: int) -> Iterator[Difference]:
    """Some of each kind and difference, the newest first."""
    shown: Counter[tuple[str, str]] = Counter()
    for one in reversed(differences):
        if one.word != SAME and shown[one.kind, one.word] < most:
            shown[one.kind, one.word] += 1
            yield one


def _summary(differences: list[Difference], since: datetime | None) -> str:
    counts = Counter(one.word for one in differences)
    told = ", ".join(f"{counts[word]} {word.replace('_', ' ')}" for word in WORDS)
    return f"{told}{f', since {since.isoformat()}' if since else ''}"
