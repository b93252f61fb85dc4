"""`wismo simulate`: write a recording of invented traffic, and the truth about its troubles."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated

import typer

from cli.output import fail
from cli.simulation import world
from cli.simulation.day import day_lines
from cli.simulation.labels import line
from cli.simulation.presets import DEFAULT_START
from cli.simulation.recordings import lines
from cli.simulation.things import Trouble
from cli.simulation.timing import seconds
from schemas.codec import dumps, parse_rfc3339

_PROGRESS_EVERY = 50_000


class Preset(StrEnum):
    """Ready-made recordings."""

    NONE = "none"
    DAY = "day"


def simulate(  # noqa: PLR0913, PLR0917 - one argument an option
    output: Annotated[Path, typer.Option(help="Where to write the recording (JSON lines); - is standard output.")],
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    shipments: Annotated[int, typer.Option(min=1, help="How many parcels.")] = 300,
    days: Annotated[int, typer.Option(min=1, help="Days in which orders are placed; parcels then run on.")] = 14,
    labels: Annotated[Path | None, typer.Option(help="Where to write the troubles, one JSON line each.")] = None,
    start: Annotated[str, typer.Option(help="Time of the first order, RFC 3339.")] = DEFAULT_START,
    preset: Annotated[
        Preset, typer.Option(help="`day`: one day with much going on; takes nothing else but the seed.")
    ] = Preset.NONE,
) -> None:
    """Write a recording of realistic traffic: scans, orders and tickets with their usual faults."""
    troubles: list[Trouble] = []
    if preset is Preset.DAY:
        rows = day_lines(seed, troubles.append)
    else:
        rows = lines(world.build(seed, _time(start), days), shipments, troubles.append)
    written = _write(output, rows)
    if labels is not None:
        _write(labels, (dumps(line(trouble)) + b"\n" for trouble in troubles))
    typer.echo(f"{written} records, {len(troubles)} troubles", err=True)


def _time(text: str) -> int:
    try:
        return seconds(parse_rfc3339(text))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--start") from error


def _write(path: Path, rows: Iterator[bytes]) -> int:
    written = 0
    with _opened(path) as file:
        for written, row in enumerate(rows, start=1):
            file.write(row)
            if written % _PROGRESS_EVERY == 0:
                typer.echo(f"{written} lines", err=True)
    return written


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if str(path) == "-":
        yield sys.stdout.buffer
        return
    try:
        file = path.open("wb")
    except OSError as error:
        fail(f"{path}: {error.strerror}; name a file that can be written")
    with file:
        yield file


if __name__ == "__main__":
    typer.run(simulate)
