"""`wismo learn`: what a recording teaches about limits, as proposals that a person may take up."""

import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.output import fail, line, messages, recording
from cli.policies import policy_book
from rules.learning import PERCENTILES, Alarms, Proposal, Row, Spell, plain, proposals, rows, spells_of
from rules.pipeline.replay import UnknownTopicError
from schemas.recording import RawRecord

app = typer.Typer(help="Limits learned from a recording: proposed, never applied.", no_args_is_help=True)

_HOUR: Final = timedelta(hours=1)
_DAYS: Final = ("all", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HEAD: Final = f"""{"carrier":17} {"service":13} {"lane":13} {"day":4} {"spells":>6}"""


@app.callback()
def learn() -> None:
    """Limits learned from a recording."""


@app.command("patience")
def patience(  # noqa: PLR0913, PLR0917 - one argument an option
    recording_file: Annotated[
        Path, typer.Option("--recording", metavar="FILE", help="JSON lines; - for standard input.")
    ],
    policy: Annotated[
        Path | None, typer.Option(help="What the proposal is held against; the packaged by default.")
    ] = None,
    begins: Annotated[
        str | None, typer.Option("--from", help="First day of the proposal; by default the day after the last record.")
    ] = None,
    least: Annotated[int, typer.Option(min=20, help="Silences that a group needs before it may propose.")] = 100,
    least_shown: Annotated[int, typer.Option(min=2, help="Silences that a group needs to be shown.")] = 20,
    tighter: Annotated[
        bool, typer.Option("--tighter", help="Propose shorter limits too, not only longer ones.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The measured groups as JSON lines; no proposal.")] = False,
) -> None:
    """Propose how long parcels of each carrier and service may be silent, by what was usual in a recording.

    Prints a policy file that `wismo check --policy` takes; its comments say what each limit would have brought.
    """
    book, records = policy_book(policy), recording(recording_file)
    first = _day(begins, records)
    try:
        spells = spells_of(records, book)
    except UnknownTopicError as error:
        fail(f"{recording_file}: {error}")
    measured = rows(spells, least_shown)
    if as_json:
        for row in measured:
            line(plain(row))
        sys.stdout.buffer.flush()
        return
    found = proposals(spells, least, tighter=tighter)
    for text in (*_comments(measured, spells, least, least_shown), *_policy(found, first)):
        sys.stdout.write(f"{text}\n")
    many = f"{len(found)} limit{'s' if len(found) != 1 else ''} proposed"
    advice = (
        "try them with wismo backtest --policy FILE before anybody relies on them" if found else "what holds is enough"
    )
    messages.print(f"{many} from {len(spells)} silences; {advice}")


def _day(text: str | None, records: list[RawRecord]) -> date:
    if not records:
        fail("the recording is empty: nothing can be learned from it")
    if text is None:
        return max(record.timestamp for record in records).date() + timedelta(days=1)
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"--from: {text!r} is no date; write e.g. 2026-04-01")


def _comments(measured: list[Row], spells: list[Spell], least: int, least_shown: int) -> Iterator[str]:
    yield "# Silences of parcels in the carrier's hands, in hours of its business days, less what its feed was silent."
    yield "# A percentile is that of the silences that a later scan ended. In brackets: false alarms, that is"
    yield "# silences which reach the limit and then end by themselves, of all silences of the group."
    yield f"# A limit is proposed from {least} silences on: P95 then rests on {least // 20} longer ones. Groups of"
    yield f"# fewer than {least_shown} are not shown. A policy knows no lane and no weekday: the slowest lane of each"
    yield "# service counts, and weekdays are there to be looked at. None of this holds until somebody says so."
    if not spells:
        yield "# The recording has no silence that could be measured."
        return
    percentiles = " ".join(f"{f'P{share}':>15}" for share in PERCENTILES)
    yield f"# {_HEAD} {percentiles} {'in force':>15}"
    for row in measured:
        carrier, service, lane, weekday = row.group
        told = [*(row.learned[share] for share in PERCENTILES), row.in_force]
        cells = " ".join(f"{_cell(one):>15}" for one in told)
        yield f"# {carrier:17} {service:13} {lane:13} {_DAYS[weekday]:4} {row.samples:>6} {cells}"


def _cell(one: Alarms) -> str:
    return f"{one.threshold / _HOUR:.1f}h ({one.rate:.1%})"


def _policy(found: list[Proposal], first: date) -> Iterator[str]:
    if not found:
        yield "# Nothing to propose: no group of enough silences is slower than what holds."
        return
    yield "- extends: live"
    for one in found:
        carrier, service, lane, _ = one.row.group
        hours, before = one.limit // _HOUR, one.row.in_force
        scope = f"carrier: {carrier}" + ("" if service == "unknown" else f", service_level: {service}")
        yield ""
        yield f"# {one.row.samples} silences ({lane}): {_brings(one.would)} in place of {_brings(before)}"
        yield f"- name: patience-{carrier}-{service}"
        yield f"  from: {first}"
        yield f"  for: {{{scope}}}"
        yield f"  note: P95 of {one.row.samples} silences of a recording"
        yield f"  values: {{stalled: {{silence: {{{service}: {hours}h}}}}}}"


def _brings(one: Alarms) -> str:
    hours = one.threshold / _HOUR
    return f"{hours:g}h, {one.raised} alarms, {one.false} of them false ({one.rate:.1%} of {one.spells} silences)"
