"""`wismo review`: twenty telling cases of a recording, a person's verdict on each, kept as cases of the twins."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.output import FOUND, fail, messages, recording
from cli.policies import policy_book
from cli.review_answers import Answers
from cli.review_keeping import Judged, keep
from cli.review_showing import show
from rules.explaining.listening import Heard, listen_each
from rules.judging import UnfitError, Verdict, judged_case
from rules.pipeline.replay import UnknownTopicError
from rules.policy import PolicyBook
from rules.reviewing import Candidate, candidates, picked
from schemas.recording import RawRecord

TWINS = Path("rules/kinds")


def review(  # noqa: PLR0913, PLR0917 - one argument an option
    recording_file: Annotated[
        Path, typer.Option("--recording", metavar="FILE", help="JSON lines; - for standard input.")
    ],
    policy: Annotated[Path | None, typer.Option(help="Policy to review; the packaged one by default.")] = None,
    against: Annotated[Path | None, typer.Option(metavar="OLD", help="Show first where this policy disagrees.")] = None,
    count: Annotated[int, typer.Option(min=1, max=500, help="How many cases.")] = 20,
    answers: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Verdicts by case id (YAML) instead of questions.")
    ] = None,
    into: Annotated[Path, typer.Option(metavar="FOLDER", help="The twins that take the judged cases in.")] = TWINS,
    by: Annotated[str | None, typer.Option(help="Whose verdicts they are; stands in each case.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written; write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines, one a case; asks nothing.")] = False,
) -> None:
    """Look at twenty telling cases and judge them: of every kind, the doubtful and the disputed first.

    Each verdict becomes a case of the kind's twin (rules/kinds/<kind>.yaml), which the tests run from then on.
    Without a terminal and without --answers nothing is asked: the cases are only shown.
    """
    asks = sys.stdin.isatty() and str(recording_file) != "-" and not as_json
    asked = Answers.of(answers, by, interactive=asks)
    if asked.gives and not into.is_dir():
        fail(f"--into {into}: no such folder; name that of the twins, e.g. rules/kinds of a checkout")
    book, records = policy_book(policy), recording(recording_file)
    try:
        cases = picked(candidates(records, book, None if against is None else policy_book(against)), count)
        asked.check({case.case_id for case in cases})
        judged = _judged(_heard(records, cases, book), asked, book, as_json=as_json)
    except UnknownTopicError as error:
        fail(f"{recording_file}: {error}")
    kept, unfit = _cases(judged, book)
    keep(kept, into, dry_run=dry_run)
    _sum_up(len(cases), kept, unfit, asked)
    if unfit:
        raise typer.Exit(FOUND)


def _heard(records: list[RawRecord], cases: list[Candidate], book: PolicyBook) -> list[tuple[Candidate, Heard]]:
    """Each case with what was known when it was opened, in the order of the cases; later records do not matter."""
    moments = {(case.key, case.at) for case in cases}
    known = {(heard.key, heard.at): heard for heard in listen_each(records, moments, book)}
    return [(case, known[case.key, case.at]) for case in cases]


def _judged(
    cases: list[tuple[Candidate, Heard]], asked: Answers, book: PolicyBook, *, as_json: bool
) -> list[tuple[Candidate, Heard, Verdict]]:
    judged = []
    for number, (case, heard) in enumerate(cases, start=1):
        show(case, heard, book, f"{number}/{len(cases)}", asked.given(case), as_json=as_json)
        verdict = asked.verdict(case)
        if verdict is None:
            break
        if verdict.word != "skip":
            judged.append((case, heard, verdict))
    return judged


def _cases(judged: list[tuple[Candidate, Heard, Verdict]], book: PolicyBook) -> tuple[list[Judged], int]:
    """The cases that the verdicts make, and how many verdicts make none."""
    kept: list[Judged] = []
    for case, heard, verdict in judged:
        try:
            kept.append((case.kind, judged_case(heard, case, verdict, book)))
        except UnfitError as error:
            messages.print(f"{case.kind} {case.key} ({case.case_id}) is not kept: {error}", markup=False)
    return kept, len(judged) - len(kept)


def _sum_up(shown: int, kept: list[Judged], unfit: int, asked: Answers) -> None:
    said = [f"{shown} cases, {len(kept) + unfit} judged"]
    pending = sum("pending" in case for _, case in kept)
    if pending:
        said.append(f"{pending} to be met by a change of a rule or the policy (`pending` in the twin)")
    if not asked.gives:
        said.append("answer on a terminal or with --answers FILE")
    messages.print("; ".join(said), markup=False)
