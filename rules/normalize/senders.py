"""What is written down of each sender (`rules/carriers/senders.yaml`), and what its tables say in numbers."""

from collections import Counter
from functools import cache
from importlib import resources
from typing import Final

import msgspec
import yaml
from msgspec import Struct

from rules.normalize.tables import Row, load_table, table_cells
from schemas.words import REASONS, STATES

FILE: Final = "rules/carriers/senders.yaml"


class Shape(Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of document that a sender's parser accepts."""

    what: str
    has: tuple[str, ...]
    """Names in it by which the parser knows it."""


class Sender(Struct, frozen=True, forbid_unknown_fields=True):
    """One sender of one kind of message."""

    shapes: tuple[Shape, ...]
    times: str
    key: str = ""
    """How a scan's code is looked up."""
    tables: tuple[str, ...] = ()
    """Whose codes these are: its own first, then those of others that it passes on."""
    unseen: str = ""
    """Where its shapes are from, as no sample of an answer was at hand: the vendor's documented fields."""
    gaps: tuple[str, ...] = ()
    left_out: dict[str, str] = {}
    """Codes kept out of the first table, and why."""


class Senders(Struct, frozen=True, forbid_unknown_fields=True):
    """All of them, by the name in the Kafka header `source`."""

    scans: dict[str, Sender]
    orders: dict[str, Sender]
    tickets: dict[str, Sender]


class Coverage(Struct, frozen=True, kw_only=True):
    """What the own table of one sender of scans knows."""

    source: str
    tables: tuple[str, ...]
    rows: int = 0
    states: dict[str, int] = {}
    """Rows by state; their sum is the rows that move a parcel."""
    informational: int = 0
    retractions: int = 0
    silent: int = 0
    """Rows that say nothing of the state and say why (no record yet, number expired)."""
    left_out: int = 0
    dated: int = 0
    unreached_states: tuple[str, ...] = ()
    unreached_reasons: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    oldest: str | None = None
    newest: str | None = None
    gaps: tuple[str, ...] = ()


@cache
def load_senders() -> Senders:
    """The file; raises `ValueError` (msgspec's or yaml's) where it is not as it must be."""
    text = resources.files("rules.carriers").joinpath("senders.yaml").read_text("utf-8")
    return msgspec.convert(yaml.safe_load(text), Senders)


def coverage(source: str, sender: Sender) -> Coverage:
    """What the sender's own table covers; nothing where it has none, since its words are ours."""
    if not sender.tables:
        return Coverage(source=source, tables=(), gaps=sender.gaps)
    rows, cells = _rows(sender.tables[0]), table_cells(sender.tables[0])
    states = Counter(row.state for row in rows if row.state)
    reasons = {row.reason for row in rows}
    silent = Counter(row.reason for row in rows if not row.state)
    dates = sorted(line["verified_on"] for line in cells)
    return Coverage(
        source=source,
        tables=sender.tables,
        rows=len(rows),
        states={state: states[state] for state in STATES if states[state]},
        informational=silent[None],
        retractions=silent["retraction"],
        silent=sum(count for reason, count in silent.items() if reason not in (None, "retraction")),
        left_out=len(sender.left_out),
        dated=sum(row.valid_from is not None or row.valid_to is not None for row in rows),
        unreached_states=tuple(state for state in STATES[:-1] if not states[state]),
        unreached_reasons=tuple(reason for reason in REASONS if reason not in reasons),
        sources=tuple(dict.fromkeys(line["source"] for line in cells)),
        oldest=dates[0] if dates else None,
        newest=dates[-1] if dates else None,
        gaps=sender.gaps,
    )


def check_senders() -> list[str]:
    """Codes that are said to be left out and stand in the table, as the tables' problems are told."""
    lines = resources.files("rules.carriers").joinpath("senders.yaml").read_text("utf-8").splitlines()
    return [
        f"{FILE}:{_line(lines, source, key)}: {source} leaves out {key!r}, and {sender.tables[0]}.csv has it; keep one"
        for source, sender in load_senders().scans.items()
        for key in sender.left_out
        if load_table(sender.tables[0]).find(key) is not None
    ]


def _rows(name: str) -> list[Row]:
    table = load_table(name)
    phrases = (row for pairs in table.phrases.values() for _, row in pairs)
    return [*table.rows.values(), *phrases, *(row for rows in table.dated.values() for row in rows)]


def _line(lines: list[str], source: str, key: str) -> int:
    start = lines.index(f"  {source}:")
    return next((at for at, line in enumerate(lines[start:], start + 1) if line.strip().startswith(f'"{key}":')), start)
