"""What may be wrong with one row of a code table, in words that say what to do."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from schemas.words import DIRECTIONS, FLAGS, REASONS, STATES

TODO: Final = "TODO"
"""What a proposed row says where a person must fill in: no table with it is usable."""


def wrong_in(cells: dict[str, str]) -> Iterator[str]:
    """What is wrong with the cells of one row."""
    for column in ("key", "description", "source"):
        if cells[column] in ("", TODO):
            yield f"column {column} {'says TODO' if cells[column] else 'is empty'}; fill it in"
    yield from _unknown_words(cells)
    if cells["informational"] != ("no" if cells["state"] else "yes"):
        yield "informational must be yes where the state is empty, else no"
    yield from _bad_dates(cells)


def _unknown_words(cells: dict[str, str]) -> Iterator[str]:
    # `unknown` means that no scan was usable yet, so no code can mean it: its state is empty.
    for column, words in (("state", STATES[:-1]), ("reason", REASONS), ("flags", FLAGS), ("direction", DIRECTIONS)):
        for word in cells[column].split() if column == "flags" else [cells[column]]:
            if word and word not in words:
                yield f"{column} {word!r} is not one of: {' '.join(words)}"


def _bad_dates(cells: dict[str, str]) -> Iterator[str]:
    for column in ("verified_on", "valid_from", "valid_to"):
        cell = cells.get(column, "")
        if cell or column == "verified_on":
            try:
                date.fromisoformat(cell)
            except ValueError:
                yield f"{column} {cell!r} is not a date; write it as 2026-11-22"
