"""`wismo learn`: what a recording teaches about limits, as proposals that a person may take up."""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.output import fail, line, messages, recording
from cli.policies import policy_book
from rules.learning.journeys import journeys_of
from rules.learning.measure import PERCENTILES, Alarms, Row, Span, plain, rows
from rules.learning.propose import Proposal, journey_limits, silence_limits
from rules.learning.silences import silences_of
from rules.pipeline.replay import UnknownTopicError
from rules.policy import PolicyBook
from schemas.recording import RawRecord

app = typer.Typer(help="Limits learned from a recording: proposed, never applied.", no_args_is_help=True)

_HOUR: Final = timedelta(hours=1)
_DAYS: Final = ("all", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HEAD: Final = f"""{"carrier":17} {"service":13} {"lane":13} {"day":4} {"spans":>6}"""

_Recording = Annotated[Path, typer.Option("--recording", metavar="FILE", help="JSON lines; - for standard input.")]
_Policy = Annotated[Path | None, typer.Option(help="What the proposal is held against; the packaged by default.")]
_From = Annotated[
    str | None, typer.Option("--from", help="First day of the proposal; by default the day after the last record.")
]
_Least = Annotated[int, typer.Option(min=20, help="Spans that a group needs before it may propose.")]
_LeastShown = Annotated[int, typer.Option(min=2, help="Spans that a group needs to be shown.")]
_Tighter = Annotated[bool, typer.Option("--tighter", help="Propose shorter limits too, not only longer ones.")]
_Json = Annotated[bool, typer.Option("--json", help="The measured groups as JSON lines; no proposal.")]


_PRINTS: Final = (
    "Prints a policy file that `wismo check --policy` takes; its comments say what each limit would have brought."
)


@dataclass(frozen=True, slots=True)
class _Lesson:
    """One thing that can be learned, and its words."""

    name: str
    what: str
    help: str
    measure: Callable[[Iterable[RawRecord], PolicyBook], list[Span]]
    propose: Callable[..., list[Proposal]]
    values: Callable[[Proposal, int], str]
    about: tuple[str, ...]


_PATIENCE: Final = _Lesson(
    "patience",
    "silences",
    "Propose how long parcels of each carrier and service may be silent, by what was usual in a recording.",
    silences_of,
    silence_limits,
    lambda one, hours: f"{{stalled: {{silence: {{{one.service}: {hours}h}}}}}}",
    (
        "Silences of parcels in the carrier's hands, in hours of its business days, less what its feed was silent.",
        "A percentile is that of the silences that a later scan ended. In brackets: false alarms, that is",
        "silences which reach the limit and then end by themselves, of all silences of the group.",
        "A policy's patience with silence knows no lane: the slowest lane of each service counts.",
    ),
)
_JOURNEYS: Final = _Lesson(
    "journeys",
    "journeys",
    "Propose how long parcels of each carrier, service and lane may be under way, by what was usual in a recording.",
    journeys_of,
    journey_limits,
    lambda one, hours: f"{{long_transit: {{{one.lane}: {hours}h}}}}",
    (
        "Journeys from the carrier's first possession to the door or a counter, in hours of its business days, less",
        "what its feed was silent. A percentile is that of the journeys that arrived. In brackets: false alarms,",
        "that is journeys which reach the limit and then arrive, of all journeys of the group.",
        "Lanes are domestic and international; each has its own limit.",
    ),
)


@app.callback()
def learn() -> None:
    """Limits learned from a recording."""


def _command(lesson: _Lesson) -> None:
    def run(  # noqa: PLR0913, PLR0917 - one argument an option
        recording_file: _Recording,
        policy: _Policy = None,
        begins: _From = None,
        least: _Least = 100,
        least_shown: _LeastShown = 20,
        tighter: _Tighter = False,
        as_json: _Json = False,
    ) -> None:
        book, records = policy_book(policy), recording(recording_file)
        first = _day(begins, records)
        try:
            spans = lesson.measure(records, book)
        except UnknownTopicError as error:
            fail(f"{recording_file}: {error}")
        measured = rows(spans, least_shown)
        if as_json:
            for row in measured:
                line(plain(row))
            sys.stdout.buffer.flush()
            return
        found = lesson.propose(spans, least, tighter=tighter)
        for text in (*_comments(lesson, measured, spans, least, least_shown), *_policy(lesson, found, first)):
            sys.stdout.write(f"{text}\n")
        many = f"{len(found)} limit{'s' if len(found) != 1 else ''} proposed"
        advice = (
            "try them with wismo backtest --policy FILE before anybody relies on them"
            if found
            else "what holds is enough"
        )
        messages.print(f"{many} from {len(spans)} {lesson.what}; {advice}")

    app.command(lesson.name, help=f"{lesson.help}\n\n{_PRINTS}")(run)


for _lesson in (_PATIENCE, _JOURNEYS):
    _command(_lesson)


def _day(text: str | None, records: list[RawRecord]) -> date:
    if not records:
        fail("the recording is empty: nothing can be learned from it")
    if text is None:
        return max(record.timestamp for record in records).date() + timedelta(days=1)
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"--from: {text!r} is no date; write e.g. 2026-04-01")


def _comments(lesson: _Lesson, measured: list[Row], spans: list[Span], least: int, least_shown: int) -> Iterator[str]:
    yield from (f"# {text}" for text in lesson.about)
    yield f"# A limit is proposed from {least} {lesson.what} on: P95 then rests on {least // 20} longer ones. Groups of"
    yield f"# fewer than {least_shown} are not shown; weekdays are there to be looked at. None of this holds until"
    yield "# somebody says so."
    if not spans:
        yield f"# The recording has no {lesson.what} that could be measured."
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


def _policy(lesson: _Lesson, found: list[Proposal], first: date) -> Iterator[str]:
    if not found:
        yield f"# Nothing to propose: no group of enough {lesson.what} is slower than what holds."
        return
    yield "- extends: live"
    for one in found:
        lane = f"-{one.lane}" if lesson is _JOURNEYS else ""
        scope = f"carrier: {one.carrier}" + ("" if one.service == "unknown" else f", service_level: {one.service}")
        yield ""
        yield f"# {one.row.samples} {lesson.what} ({one.lane}): {_brings(lesson, one.would)}"
        yield f"# in place of {_brings(lesson, one.row.in_force)}"
        yield f"- name: {lesson.name}-{one.carrier}-{one.service}{lane}"
        yield f"  from: {first}"
        yield f"  for: {{{scope}}}"
        yield f"  note: P95 of {one.row.samples} {lesson.what} of a recording"
        yield f"  values: {lesson.values(one, one.limit // _HOUR)}"


def _brings(lesson: _Lesson, one: Alarms) -> str:
    hours = one.threshold / _HOUR
    return f"{hours:g}h, {one.raised} alarms, {one.false} of them false ({one.rate:.1%} of {one.spans} {lesson.what})"
