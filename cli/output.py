"""Data on stdout, messages on stderr, exit codes with a meaning."""

import contextlib
import gzip
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import typer
from rich.console import Console

from rules.pipeline.records import Out
from schemas.codec import dumps
from schemas.recording import InvalidRecordingError, RawRecord, plain_value, read_recording

FOUND, BAD_USE = 1, 2

messages = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


def fail(message: str, code: int = BAD_USE) -> NoReturn:
    """End the command with a message: what, where, what to do."""
    messages.print(f"[bold red]error:[/] {_escaped(message)}")
    raise typer.Exit(code)


def line(value: object) -> None:
    """One JSON line of data."""
    sys.stdout.buffer.write(dumps(value) + b"\n")


def out_line(out: Out) -> None:
    """One record of ours as a JSON line: topic, key, headers, value."""
    line(
        {
            "topic": out.topic,
            "key": None if out.key is None else out.key.decode("utf-8", "replace"),
            "headers": {name: (value or b"").decode("utf-8", "replace") for name, value in out.headers},
            "value": plain_value(out.value),
        }
    )


def recording(path: Path) -> list[RawRecord]:
    """The records of a recording file (`-` is standard input, `.gz` is unpacked); ends the command where it is bad."""
    try:
        with _opened(path) as lines:
            return list(read_recording(lines))
    except (OSError, EOFError, zlib.error, InvalidRecordingError) as error:
        fail(f"{path}: {error}")


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Iterator[bytes]]:
    if str(path) == "-":
        yield iter(sys.stdin.buffer)
        return
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        yield iter(lines)


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")
