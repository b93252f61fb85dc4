"""`wismo backtest`: two policies over a recording, and everything in which they differ."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from cli.backtest_html import page
from cli.backtest_run import Progress as Report
from cli.backtest_run import Task, WorkerDiedError, run
from cli.backtest_source import TOPICS, source
from cli.backtest_table import show
from cli.decide import moment
from cli.output import FOUND, fail, line, messages
from cli.policies import candidate_book, live_book, policy_book
from rules.backtest.report import report
from rules.pipeline.replay import UnknownTopicError
from rules.policy import PolicyBook
from rules.values import span
from schemas.codec import rfc3339
from schemas.recording import RawRecord

_REFRESHED_EVERY: Final = 500
IN_FORCE: Final = "the policy in force"


def backtest(  # noqa: PLR0913, PLR0917 - one argument an option
    policy: Annotated[Path, typer.Option(metavar="NEW", help="The policy to try.")],
    recording_file: Annotated[
        Path | None, typer.Option("--recording", metavar="FILE", help="A recording; by default the raw topics.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(metavar="OLD", help="What to hold it against; by default the policy in force.")
    ] = None,
    brokers: Annotated[str | None, typer.Option(help="Read the raw topics of this Kafka (host:port).")] = None,
    since: Annotated[
        str | None, typer.Option(help="Records from this time on (RFC 3339), or so long before the last (7d).")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Let the clock run to this time (RFC 3339).")] = None,
    noise: Annotated[
        str | None, typer.Option(help="Noise is what clears itself within this span; by default before its due_by.")
    ] = None,
    examples: Annotated[int, typer.Option(min=0, help="Examples of each kind of difference.")] = 3,
    jobs: Annotated[int, typer.Option(min=1, help="Processes that decide; the answer is the same for any.")] = (
        os.cpu_count() or 1
    ),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page with plots too.")] = None,
) -> None:
    """Try a policy on what has happened: cases, messages and noise it would have brought, beside those of another."""
    old, new = _books(policy, against)
    task = Task(old, new, moment(until, "--until"), _span(noise), examples)
    records, end = source(recording_file, brokers, since, task.until)
    task = Task(old, new, end, task.noise, examples)
    name = str(recording_file or TOPICS)
    told = _told(task, records, name, jobs, (str(against or IN_FORCE), str(policy)))
    if html is not None:
        try:
            html.write_text(page(told), encoding="utf-8")
        except OSError as error:
            fail(f"--html {html}: {error.strerror}; name a file that can be written")
    if as_json:
        line(told)
        sys.stdout.buffer.flush()
    else:
        show(told)
    if told["different"]:
        raise typer.Exit(FOUND)


def _books(policy: Path, against: Path | None) -> tuple[PolicyBook, PolicyBook]:
    old = live_book() if against is None else policy_book(against)
    new = candidate_book(policy, old)
    assert new is not None
    return old, new


def _span(text: str | None) -> timedelta | None:
    try:
        return None if text is None else span(text)
    except ValueError as error:
        fail(f"--noise: {error}")


def _told(task: Task, records: list[RawRecord], name: str, jobs: int, policies: tuple[str, str]) -> dict[str, Any]:
    began = time.perf_counter()
    try:
        with _progress(len(records)) as progress:
            tally, parked = run(task, records, jobs, progress)
    except UnknownTopicError as error:
        fail(f"{name}: {error}")
    except WorkerDiedError as error:
        fail(str(error))
    messages.print(f"{len(records)} records in {time.perf_counter() - began:.1f} s, {jobs} processes")
    about = {"name": name, "records": len(records), "dead_letters": parked, **_times(records, task.until)}
    about["noise_within"] = "due_by" if task.noise is None else f"{task.noise / timedelta(hours=1):g}h"
    return report(tally, about, (task.old, task.new), policies)


def _times(records: list[RawRecord], until: datetime | None) -> dict[str, str]:
    times = [record.timestamp for record in records]
    return {"from": rfc3339(min(times)), "to": rfc3339(until or max(times))}


@contextmanager
def _progress(total: int) -> Iterator[Report]:
    """A bar on stderr where a person looks at it."""
    if not messages.is_terminal:
        yield lambda done: None
        return
    # Drawn by hand: a thread of its own must not be there when processes are forked.
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=messages, auto_refresh=False, transient=True) as bar:
        task = bar.add_task("records", total=total)

        def report_to(done: int) -> None:
            if done % _REFRESHED_EVERY == 0:
                bar.update(task, completed=min(done, total), refresh=True)

        yield report_to
