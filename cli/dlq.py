"""`wismo dlq list|show|replay`: what could not be used, why, and back in."""

import getpass
import time
import uuid
from collections import defaultdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from confluent_kafka import KafkaError, Message, Producer
from rich.console import Console
from rich.table import Table

from cli.decide import moment
from cli.letters import MAX_REPLAYS, Letter, Plan, Selection, make_plan, own_headers, plain, read_letters, read_topic
from cli.output import FOUND, fail, line, messages
from schemas.codec import dumps, loads, rfc3339
from schemas.dead_letters import REPLAY
from schemas.topics import load_topics
from schemas.words import DEAD_LETTERS, REPLAYS
from sinks.kafka import KafkaUnavailableError, producer
from sinks.settings import Settings, SettingsError, load_settings
from sinks.topics import partition_count

app = typer.Typer(help="Dead letters: list them by cause, look at one, send them back in.", no_args_is_help=True)

Reason = Annotated[str | None, typer.Option(help="Only this reason, e.g. unmapped_code.")]
Stage = Annotated[str | None, typer.Option(help="Only this stage, e.g. decode.")]
Topic = Annotated[str | None, typer.Option(help="Only what came from this topic.")]
Fingerprint = Annotated[str | None, typer.Option(help="Only this cause.")]
Since = Annotated[str | None, typer.Option(help="Parked at or after this time (RFC 3339).")]
Until = Annotated[str | None, typer.Option(help="Parked before this time (RFC 3339).")]
Json = Annotated[bool, typer.Option("--json", help="JSON lines instead of a table.")]


@app.command("list")
def list_letters(  # noqa: PLR0913, PLR0917 - one option a way to select
    reason: Reason = None,
    stage: Stage = None,
    topic: Topic = None,
    fingerprint: Fingerprint = None,
    since: Since = None,
    until: Until = None,
    each: Annotated[bool, typer.Option("--each", help="One line a letter instead of one a cause.")] = False,
    as_json: Json = False,
) -> None:
    """List dead letters by cause, newest cause first. Exit 1 where there are any."""
    selection = Selection(reason, stage, topic, fingerprint, None, moment(since, "--since"), moment(until, "--until"))
    letters = selected(broker_settings(), selection)
    rows = [letter.fields() for letter in letters] if each else _by_cause(letters)
    _show(rows, as_json)
    if letters:
        messages.print(f"{len(letters)} dead letters; next: wismo dlq show PARTITION/OFFSET, wismo dlq replay")
        raise typer.Exit(FOUND)
    messages.print("no dead letters")


@app.command("show")
def show_letter(
    place: Annotated[str, typer.Argument(metavar="PARTITION/OFFSET", help="As `wismo dlq list --each` prints it.")],
    reveal: Annotated[bool, typer.Option("--reveal", help="Print the value too: it may hold personal data.")] = False,
) -> None:
    """Show one dead letter: where it came from, what is wrong, its headers and, with --reveal, its bytes."""
    found = selected(broker_settings(), Selection(places=(place,)))
    if not found:
        fail(f"no dead letter at {place}; wismo dlq list --each prints their places", FOUND)
    letter = found[0]
    value = letter.source.value or b""
    line(
        {
            "place": letter.place,
            "key": plain(letter.source.key),
            "headers": {name: plain(raw) for name, raw in letter.source.headers},
            "bytes": len(value),
            **({"value": plain(value)} if reveal else {}),
        }
    )


@app.command("replay")
def replay_letters(  # noqa: PLR0913, PLR0917 - one option a way to select
    places: Annotated[list[str] | None, typer.Argument(metavar="[PARTITION/OFFSET]...")] = None,
    reason: Reason = None,
    stage: Stage = None,
    topic: Topic = None,
    fingerprint: Fingerprint = None,
    key: Annotated[str | None, typer.Option(help="Only letters with this key.")] = None,
    since: Since = None,
    until: Until = None,
    execute: Annotated[bool, typer.Option("--execute", help="Send; without it nothing is sent.")] = False,
    confirm: Annotated[str | None, typer.Option(help="The plan's hash, as the dry run prints it.")] = None,
    rate: Annotated[float, typer.Option(help="Records a second.")] = 500.0,
    most: Annotated[int | None, typer.Option("--max", help="At most so many.")] = None,
    max_replays: Annotated[int, typer.Option(help="Refuse what has been replayed so often.")] = MAX_REPLAYS,
    again: Annotated[bool, typer.Option("--again", help="Also what a replay has sent already.")] = False,
    include_failing: Annotated[bool, typer.Option(help="Also what today's code would park again.")] = False,
) -> None:
    """Send dead letters back to the topic they came from, bytes and key as they were. A dry run unless --execute."""
    settings = broker_settings()
    window = (moment(since, "--since"), moment(until, "--until"))
    selection = Selection(reason, stage, topic, fingerprint, key, *window, tuple(places or ()))
    done = frozenset() if again else already_sent(settings)
    plan = make_plan(selected(settings, selection)[:most], done, max_replays, include_failing)
    print_plan(plan)
    if not execute:
        messages.print(f"dry run; to send: add --execute --confirm {plan.hash}")
        return
    if confirm != plan.hash:
        fail(f"the plan is {plan.hash}, not {confirm}: look at it again and confirm that one")
    record = send_plan(settings, plan, rate)
    messages.print(f"sent {record['sent']}; replay {record['replay_id']} is on topic {REPLAYS}")


def send_plan(settings: Settings, plan: Plan, rate: float, by: str | None = None) -> dict[str, Any]:
    """Write the plan's letters in order, then the record of who did it (by default the user at this machine)."""
    client, failed = producer(settings), []
    replay_id, at = uuid.uuid4().hex, rfc3339(datetime.now(UTC))

    def delivered(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            failed.append(str(error))

    for letter in plan.send:
        client.produce(
            letter.topic,
            value=letter.source.value,
            key=letter.source.key,
            partition=int(letter.errors.get("partition", "0")),
            headers=[*own_headers(letter), *_replay_headers(letter, replay_id, at)],
            on_delivery=delivered,
        )
        client.poll(0)
        time.sleep(1 / rate)
    client.flush(60)
    if failed:
        fail(
            f"{len(failed)} of {len(plan.send)} were not taken: {failed[0]}; replay again: what is there is known",
            FOUND,
        )
    return write_audit(client, plan, replay_id, at, by or getpass.getuser())


def _replay_headers(letter: Letter, replay_id: str, at: str) -> list[tuple[str, bytes]]:
    said = {
        "id": replay_id,
        "count": str(letter.replays + 1),
        "at": at,
        "from": f"{DEAD_LETTERS}/{letter.place}",
    }
    return [(REPLAY + name, value.encode()) for name, value in said.items()]


def write_audit(client: Producer, plan: Plan, replay_id: str, at: str, by: str) -> dict[str, Any]:
    """Write the record of a replay, and return it."""
    record = {
        "replay_id": replay_id,
        "at": at,
        "by": by,
        "plan": plan.hash,
        "sent": len(plan.send),
        "refused": len(plan.refused),
        "places": [letter.place for letter in plan.send],
    }
    client.produce(REPLAYS, key=replay_id.encode(), value=dumps(record))
    client.flush(30)
    return record


def already_sent(settings: Settings) -> frozenset[str]:
    """The places of the dead letters that a replay has sent."""
    partitions = partition_count(settings, load_topics())
    records = (source.value for source in read_topic(settings, REPLAYS, partitions))
    return frozenset(place for raw in records if raw for place in loads(raw).get("places", ()))


def selected(settings: Settings, selection: Selection) -> list[Letter]:
    """The letters on the topic now that are meant; ends the command where no broker answers."""
    try:
        letters = read_letters(settings, partition_count(settings, load_topics()))
        return [letter for letter in letters if selection.takes(letter)]
    except KafkaUnavailableError as error:
        fail(str(error))


def _by_cause(letters: list[Letter]) -> list[dict[str, Any]]:
    causes: dict[str, list[Letter]] = defaultdict(list)
    for letter in letters:
        causes[letter.errors.get("fingerprint", "")].append(letter)
    rows = []
    for fingerprint, same in causes.items():
        first, last = min(one.parked_at for one in same), max(same, key=lambda one: one.parked_at)
        rows.append(
            {
                "fingerprint": fingerprint,
                "count": len(same),
                "topic": last.topic,
                "stage": last.errors.get("stage", ""),
                "reason": last.errors.get("reason", ""),
                "message": last.errors.get("exception.message", ""),
                "first": rfc3339(first),
                "last": rfc3339(last.parked_at),
                "example": last.place,
            }
        )
    return sorted(rows, key=lambda row: str(row["last"]), reverse=True)


def print_plan(plan: Plan) -> None:
    """Say what a plan would send, and what stays and why."""
    for (topic, reason), count in sorted(_tally(plan).items()):
        messages.print(f"  {count:6d}  back to {topic}  ({reason})")
    for letter, why in plan.refused:
        messages.print(f"  {letter.place:>9}  stays: {why}", markup=False)
    messages.print(f"{len(plan.send)} to send, {len(plan.refused)} stay; plan {plan.hash}")


def _tally(plan: Plan) -> dict[tuple[str, str], int]:
    tally: dict[tuple[str, str], int] = defaultdict(int)
    for letter in plan.send:
        tally[letter.topic, letter.errors.get("reason", "")] += 1
    return tally


def _show(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json or not rows:
        for row in rows:
            line(row)
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table, markup=False)


def broker_settings() -> Settings:
    """The settings, of which the broker's address must be one; ends the command where they cannot be used."""
    try:
        settings = load_settings()
        settings.bootstrap  # noqa: B018 - asks for the address now, with a clear error
        return settings
    except SettingsError as error:
        fail(str(error))
