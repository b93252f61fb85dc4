"""`wismo decide`: the pure core over a recording, no broker."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.output import fail, messages, out_line, recording
from cli.policies import candidate_book, policy_book
from rules.pipeline.replay import Replay, UnknownTopicError
from schemas.codec import parse_rfc3339


def moment(text: str | None, option: str) -> datetime | None:
    """A time given on the command line; ends the command where it is none."""
    try:
        return parse_rfc3339(text) if text else None
    except ValueError as error:
        fail(f"{option}: {error}")


def decide(
    recording_file: Annotated[Path, typer.Argument(metavar="RECORDING", help="JSON lines; - for standard input.")],
    policy: Annotated[Path | None, typer.Option(help="Policy to decide by; the packaged one by default.")] = None,
    shadow: Annotated[
        Path | None, typer.Option(help="Candidate policy to run beside; it adds only shadow-exceptions.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Let the clock run to this time (RFC 3339).")] = None,
) -> None:
    """Decide a recording: one JSON line a record that the service would write, in order."""
    end = moment(until, "--until")
    live = policy_book(policy)
    replay = Replay(live, candidate_book(shadow, live))
    records = recording(recording_file)
    count = 0
    try:
        for out in replay.run(records, end):
            out_line(out)
            count += 1
    except UnknownTopicError as error:
        fail(f"{recording_file}: {error}")
    sys.stdout.buffer.flush()
    messages.print(f"{len(records)} records in, {count} out")
