"""`wismo unmapped [replay]`: which codes no table knows, the rows to complete for them, and their messages back in."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from cli.decide import moment
from cli.dlq import already_sent, broker_settings, print_plan, selected, send_plan
from cli.letters import MAX_REPLAYS, Letter, Selection, make_plan
from cli.output import FOUND, fail, line, messages, recording
from cli.unmapped_groups import KNOWN, REASON, UNKNOWN, Group, Parked, groups_of, letters_in, parked_in
from rules.normalize import parse_scans
from rules.normalize.proposals import Proposal, propose
from rules.pipeline.unmapped import code_of
from schemas.facts import Rejected, Scan
from schemas.words import REPLAYS

app = typer.Typer(help="Codes that no carrier table knows: list them, propose rows, replay what is mapped now.")

Carrier = Annotated[str | None, typer.Option(help="Only this carrier or source, e.g. gls or easypost.")]
Since = Annotated[str | None, typer.Option(help="Only what was parked at or after this time (RFC 3339).")]


@app.callback(invoke_without_command=True)
def list_unmapped(  # noqa: PLR0913, PLR0917 - one option a way to select
    context: typer.Context,
    recording_file: Annotated[
        Path | None, typer.Option("--recording", metavar="FILE", help="A recording; by default the dead letters.")
    ] = None,
    carrier: Carrier = None,
    since: Since = None,
    show_proposals: Annotated[bool, typer.Option("--propose", help="Print CSV rows to complete instead.")] = False,
    reveal: Annotated[bool, typer.Option("--reveal", help="Numbers and texts whole: they may be personal.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines instead of a table.")] = False,
) -> None:
    """List unmapped codes, the most frequent first; what a replay has sent already is left out. Exit 1 if any."""
    if context.invoked_subcommand is not None:
        if recording_file or carrier or since or show_proposals or reveal or as_json:
            fail(f"options before {context.invoked_subcommand} belong to the list: put them behind it")
        return
    found = groups_of(parked_in(_letters(recording_file, since)), carrier)
    if show_proposals:
        _print_proposals([one for one in found if one.status == UNKNOWN], as_json=as_json, reveal=reveal)
    else:
        _print_groups([one.row(reveal=reveal) for one in found], as_json=as_json)
    if not found:
        messages.print("no unmapped codes")
        return
    waiting = sum(one.status == KNOWN for one in found)
    messages.print(f"{len(found) - waiting} codes unknown, {waiting} mapped now", highlight=False)
    if waiting:
        messages.print("next: wismo unmapped replay --dry-run --by NAME")
    raise typer.Exit(FOUND)


@app.command("replay")
def replay(  # noqa: PLR0913, PLR0917 - one option a way to select
    by: Annotated[str, typer.Option(help="Who does this; it stands in the audit record.")],
    carrier: Carrier = None,
    code: Annotated[str | None, typer.Option(help="Only messages parked for this code, as the list prints it.")] = None,
    since: Since = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
    rate: Annotated[float, typer.Option(min=0.1, help="Records a second.")] = 500.0,
    max_replays: Annotated[int, typer.Option(min=1, help="Refuse what has been replayed so often.")] = MAX_REPLAYS,
) -> None:
    """Send back the messages of which the tables now know a code that they did not know before, each once.

    A message goes back whole: what was applied before has no second effect, what is still unknown is parked anew.
    """
    if not by.strip():
        fail("--by is empty: give the name that the audit record shall show")
    settings = broker_settings()
    letters = selected(settings, Selection(reason=REASON, since=moment(since, "--since")))
    done = already_sent(settings)
    fresh = parked_in(letter for letter in letters if letter.place not in done)
    ready = [one for one in fresh if one.again.ready and _meant(one, carrier, code)]
    # What is still unknown in a message is parked again under a letter of its own, so it may go back in part.
    plan = make_plan([one.letter for one in ready], done, max_replays, include_failing=True)
    going = {letter.place for letter in plan.send}
    for one in ready:
        if one.letter.place in going:
            _print_ready(one)
    print_plan(plan)
    if dry_run or not plan.send:
        messages.print("dry run: nothing was sent" if dry_run else "nothing to replay")
        return
    record = send_plan(settings, plan, rate, by.strip())
    messages.print(f"sent {record['sent']}; replay {record['replay_id']} is on topic {REPLAYS}")


def _letters(recording_file: Path | None, since: str | None) -> list[Letter]:
    selection = Selection(reason=REASON, since=moment(since, "--since"))
    if recording_file is not None:
        return [letter for letter in letters_in(recording(recording_file)) if selection.takes(letter)]
    settings = broker_settings()
    letters = selected(settings, selection)
    done = already_sent(settings)
    return [letter for letter in letters if letter.place not in done]


def _meant(one: Parked, carrier: str | None, code: str | None) -> bool:
    scans = one.again.known
    whose = {one.source, *(scan.carrier for scan in scans)}
    codes = {code_of(scan) for scan in scans} or set(one.again.codes)
    return (carrier is None or carrier in whose) and (code is None or code in codes)


def _print_ready(one: Parked) -> None:
    again = one.again
    known = sorted({code_of(scan) for scan in again.known} or set(again.codes))
    still = sorted({code_of(scan) for scan in again.unknown})
    line({"letter": one.letter.place, "origin": one.origin, "known": again.progress, "codes": known, "unknown": still})


def _print_groups(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json or not rows:
        for row in rows:
            line(row)
        return
    table = Table(box=SIMPLE, pad_edge=False)
    for name in ("count", "parcels", "status", "seen", "example", "sender"):
        table.add_column(name, no_wrap=True)
    table.add_column("code and text", overflow="fold")
    for row in rows:
        sender = "/".join(dict.fromkeys(filter(None, (row["source"], row["carrier"]))))
        said = "\n".join(filter(None, (row["code"], row["text"])))
        seen = "\n".join(dict.fromkeys((row["first_seen"][:10], row["last_seen"][:10])))
        example = f"{row['letter']}\n{row['tracking_number']}"
        table.add_row(str(row["count"]), str(row["shipments"]), row["status"], seen, example, sender, said)
    Console(emoji=False).print(table, markup=False)


def _print_proposals(groups: list[Group], *, as_json: bool, reveal: bool) -> None:
    rows: dict[tuple[str, str], tuple[Proposal, Group]] = {}
    for group in groups:
        made = _proposal(group, reveal=reveal)
        if made is None:
            messages.print(
                f"{group.source}: text {group.shown_text(reveal=reveal)!r}, code {group.code!r}: no row can map it, "
                "since the message holds no code and its table is not read by text",
                markup=False,
            )
        else:
            rows.setdefault((made.table, made.key), (made, group))
    for made, group in rows.values():
        _print_hints(made, group)
        if as_json:
            line(_proposal_fields(made, group))
    if not as_json:
        _print_csv([made for made, _ in rows.values()])
    if rows:
        messages.print("complete each row (wismo check refuses TODO), then put it into the table of rules/carriers or")
        messages.print("into a file of its name in the folder WISMO_CARRIER_TABLES, and restart the workers")


def _proposal(group: Group, *, reveal: bool) -> Proposal | None:
    value = group.example.letter.source.value
    if group.scan is None or value is None:
        return None

    def parse() -> tuple[Scan, ...]:
        parsed = parse_scans(group.source, value)
        return () if isinstance(parsed, Rejected) else parsed

    return propose(parse, group.scan, group.shown_text(reveal=reveal))


def _print_hints(made: Proposal, group: Group) -> None:
    said = f"{made.table}.csv {made.key}: {len(group.letters)} messages of {group.source}, e.g. {group.example.origin}"
    messages.print(said, markup=False)
    for near in made.near:
        meaning = " ".join(filter(None, (near.state or "no state", near.reason)))
        messages.print(f"  alike: {near.key}, {meaning}: {near.description}", markup=False)
    for other in made.others:
        messages.print(f"  broader: {other}", markup=False)


def _proposal_fields(made: Proposal, group: Group) -> dict[str, Any]:
    alike = [{"key": one.key, "state": one.state, "reason": one.reason, "text": one.description} for one in made.near]
    fields = {"table": f"{made.table}.csv", "key": made.key, "header": made.header, "row": made.csv}
    told = {"source": group.source, "carrier": group.carrier, "code": group.code, "count": len(group.letters)}
    return {**fields, **told, "broader": list(made.others), "alike": alike}


def _print_csv(proposals: list[Proposal]) -> None:
    tables = dict.fromkeys(made.table for made in proposals)
    for table in tables:
        rows = [made for made in proposals if made.table == table]
        if len(tables) > 1:
            typer.echo(f"# {table}.csv")
        typer.echo(rows[0].header)
        for made in rows:
            typer.echo(made.csv)
