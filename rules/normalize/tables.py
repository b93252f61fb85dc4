"""Loads the CSV tables beside the code once, and refuses a wrong one by file and line.

A key is the sender's code as it really works (`X/RZ+012`, `DE/08`). `KEY~phrase` is a row for one code whose text
tells meanings apart: it wins where the text holds the phrase (`~^phrase`: begins with it), first row first.
An operator's own rows (`add_rows`) come before the packaged ones: theirs replaces a packaged row of the same key.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from html import unescape
from importlib import resources

from msgspec import Struct
from msgspec.structs import replace

from rules.normalize.probe import WATCHING
from rules.normalize.table_checks import wrong_in
from schemas.codec import digest
from schemas.words import CARRIERS, STATES

COLUMNS = ("key", "state", "reason", "flags", "direction", "informational", "description", "source", "verified_on")
DATED = (*COLUMNS, "valid_from", "valid_to")
NAMES = "carrier_names"
ZONES = "zones"
COUNTRIES = "countries"
RETRACTIONS = "retractions"
"""Which states a retraction takes back: `table:key`, and the states parted by blanks; unnamed, whatever came last."""
DELIVERIES = "deliveries"
"""What a code tells beside the delivery: `table:code` as it is printed, or a part of it, and who has the parcel or
`proof`."""
INFERRED = "inferred"
"""Scans that nobody made: `table:code`."""
PAIRS = (NAMES, ZONES, COUNTRIES, RETRACTIONS, DELIVERIES, INFERRED)
BARE = ("fedex", "usps")
"""Carriers whose bare code is a key of their own table (a UPS code without its type is not)."""
_PACKAGE = "rules.carriers"


class TableError(ValueError):
    """A carrier table that must not be used; every line of the message is one problem by file and line."""


class Row(Struct, frozen=True, kw_only=True):
    """What one code means in our words."""

    state: str | None = None
    reason: str | None = None
    flags: tuple[str, ...] = ()
    direction: str | None = None
    description: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    undoes: tuple[str, ...] = ()
    """Of a retraction: the states it can take back; empty means whatever came last."""

    def holds_on(self, day: date | None) -> bool:
        """Whether the row speaks of that day; a day nobody knows takes the row in force at the end."""
        if day is None:
            return self.valid_to is None
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class Table(Struct, frozen=True):
    """The codes of one sender."""

    name: str
    version: str
    rows: dict[str, Row]
    phrases: dict[str, tuple[tuple[str, Row], ...]]
    dated: dict[str, tuple[Row, ...]]

    def find(self, key: str, text: str | None = None, day: date | None = None) -> Row | None:
        """What `key` means, given the scan's text and day; None where the table does not know it."""
        phrases = self.phrases.get(key)
        if phrases is not None and text:
            lowered = _plain(text)
            for phrase, row in phrases:
                if lowered.startswith(phrase[1:]) if phrase[0] == "^" else phrase in lowered:
                    return row
        row_of_key = self.rows.get(key)
        if row_of_key is None and key in self.dated:
            row_of_key = next((row for row in self.dated[key] if row.holds_on(day)), None)
        if row_of_key is None and (probe := WATCHING.get()) is not None:
            return probe.missed(self.name, key, text)
        return row_of_key


def _plain(text: str) -> str:
    """A sender's text as phrases are written: lower case, without entities, with straight apostrophes."""
    return (unescape(text) if "&" in text else text).lower().replace("\u2019", "'")


class Added(Struct, frozen=True):
    """An operator's own rows for one table: the file, for messages, and its text."""

    path: str
    text: str


_added: dict[str, Added] = {}


def add_rows(files: Mapping[str, str]) -> None:
    """From here on in this process, these CSV texts by path too, `.../gls.csv` beside the packaged `gls.csv`."""
    added = {path.replace("\\", "/").rpartition("/")[2].removesuffix(".csv"): path for path in files}
    _added.clear()
    _added.update({name: Added(path, files[path]) for name, path in added.items()})
    load_table.cache_clear()


def use_rows(files: Mapping[str, str]) -> None:
    """The same, before the first message is read; raises `TableError` naming every wrong line."""
    add_rows(files)
    if files and (problems := check_tables()):
        raise TableError("\n".join(problems))


@cache
def load_table(name: str) -> Table:
    """The table `rules/carriers/<name>.csv`; raises `TableError` naming every wrong line."""
    table, problems = read_table(name, _text(name), _added.get(name))
    if problems:
        raise TableError("\n".join(problems))
    return table


def bare_code(carrier: str, code: str | None, said: str | None) -> Row | None:
    """What a carrier's own code means, passed on by somebody else without the fields that would narrow it."""
    return load_table(carrier).find(code.upper(), said) if code and carrier in BARE else None


@cache
def load_pairs(name: str) -> dict[str, str]:
    """A two-column table such as `carrier_names` or `zones`; raises `TableError` naming every wrong line."""
    pairs, problems = read_pairs(name, _text(name))
    if problems:
        raise TableError("\n".join(problems))
    return pairs


def check_tables() -> list[str]:
    """Every problem of every table, as `file:line: what is wrong and what to do`; empty where all is well."""
    names = table_names()
    codes = [name for name in names if name not in PAIRS]
    unread = sorted(_added.keys() - set(codes))
    problems = [f"{_added[name].path}:1: no sender reads this table; use one of: {' '.join(codes)}" for name in unread]
    for name in names:
        if name in codes:
            problems += read_table(name, _text(name), _added.get(name))[1]
        else:
            problems += read_pairs(name, _text(name))[1]
    return problems


def table_names() -> list[str]:
    """The tables that come with the code."""
    files = resources.files(_PACKAGE).iterdir()
    return sorted(file.name.removesuffix(".csv") for file in files if file.name.endswith(".csv"))


def table_cells(name: str) -> list[dict[str, str]]:
    """The lines of a code table as they are written, an operator's before the packaged ones."""
    added = _added.get(name)
    texts = [*([(added.path, added.text)] if added else []), (_path(name), _text(name))]
    return [cells for path, text in texts for _, cells in _lines(path, text, (COLUMNS, DATED), [])]


def read_table(name: str, text: str, added: Added | None = None) -> tuple[Table, list[str]]:
    """Read a code table from its text and an operator's rows, with all its problems."""
    found, problems = _read_rows(_path(name), text)
    _say_what_is_undone(name, found)
    if added is None:
        return _table(name, (text,), found), problems
    own, wrong = _read_rows(added.path, added.text)
    both = {**own, **{key: rows for key, rows in found.items() if key not in own}}
    return _table(name, (text, added.text), both), [*problems, *wrong]


def _say_what_is_undone(name: str, found: dict[str, list[Row]]) -> None:
    # Its own problems are told where it is read as a table of its own.
    for key, states in read_pairs(RETRACTIONS, _text(RETRACTIONS))[0].items():
        table, _, code = key.partition(":")
        if table == name and code in found:
            found[code] = [replace(row, undoes=tuple(states.split())) for row in found[code]]


def _read_rows(path: str, text: str) -> tuple[dict[str, list[Row]], list[str]]:
    problems: list[str] = []
    found: dict[str, list[Row]] = {}
    for line, cells in _lines(path, text, (COLUMNS, DATED), problems):
        wrong = list(wrong_in(cells))
        row = None if wrong else _row(cells)
        if row and any(_overlap(row, other) for other in found.get(cells["key"], ())):
            wrong.append(f"key {cells['key']!r} is there twice; keep one, or give both times of validity")
        problems += [f"{path}:{line}: {what}" for what in wrong]
        if row and not wrong:
            found.setdefault(cells["key"], []).append(row)
    return found, problems


def read_pairs(name: str, text: str) -> tuple[dict[str, str], list[str]]:
    """Read a table of two columns and a source from its text, with all its problems."""
    problems: list[str] = []
    pairs: dict[str, str] = {}
    for line, cells in _lines(_path(name), text, (("key", "value", "source"),), problems):
        wrong = [f"column {column} is empty; fill it in" for column, cell in cells.items() if not cell]
        if cells["key"] in pairs:
            wrong.append(f"key {cells['key']!r} is there twice; keep one")
        if name == NAMES and cells["value"] not in CARRIERS:
            wrong.append(f"carrier {cells['value']!r} is not in the closed list; see schemas/words.py")
        if name == RETRACTIONS and (strange := set(cells["value"].split()) - set(STATES[:-1])):
            wrong.append(f"{sorted(strange)} are no states; use: {' '.join(STATES[:-1])}")
        problems += [f"{_path(name)}:{line}: {what}" for what in wrong]
        pairs.setdefault(cells["key"], cells["value"])
    return pairs, problems


def _path(name: str) -> str:
    return f"rules/carriers/{name}.csv"


def _text(name: str) -> str:
    try:
        return resources.files(_PACKAGE).joinpath(f"{name}.csv").read_text("utf-8")
    except (OSError, ValueError) as error:
        raise TableError(f"{_path(name)}:1: cannot be read ({type(error).__name__})") from error


def _lines(
    path: str, text: str, headers: tuple[tuple[str, ...], ...], problems: list[str]
) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        header = tuple(next(reader, ()))
        if header not in headers:
            problems.append(f"{path}:1: the header must be {','.join(headers[0])}")
            return
        for cells in reader:
            if len(cells) == len(header):
                yield reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=True))
            else:
                problems.append(f"{path}:{reader.line_num}: {len(cells)} cells, not {len(header)}")
    except csv.Error as error:
        problems.append(f"{path}:{reader.line_num}: not CSV ({error})")


def _row(cells: dict[str, str]) -> Row:
    valid_from, valid_to = cells.get("valid_from"), cells.get("valid_to")
    return Row(
        state=cells["state"] or None,
        reason=cells["reason"] or None,
        flags=tuple(cells["flags"].split()),
        direction=cells["direction"] or None,
        description=cells["description"],
        valid_from=date.fromisoformat(valid_from) if valid_from else None,
        valid_to=date.fromisoformat(valid_to) if valid_to else None,
    )


def _overlap(one: Row, other: Row) -> bool:
    starts = max(one.valid_from or date.min, other.valid_from or date.min)
    return starts <= min(one.valid_to or date.max, other.valid_to or date.max)


def _table(name: str, texts: tuple[str, ...], found: dict[str, list[Row]]) -> Table:
    rows: dict[str, Row] = {}
    dated: dict[str, tuple[Row, ...]] = {}
    phrases: dict[str, list[tuple[str, Row]]] = {}
    for key, own in found.items():
        code, mark, phrase = key.partition("~")
        if mark:
            phrases.setdefault(code, []).append((_plain(phrase), own[0]))
        elif own[0].valid_from or own[0].valid_to:
            dated[key] = tuple(own)
        else:
            rows[key] = own[0]
    version = f"{name}-{digest(*texts, size=8)}"
    return Table(name, version, rows, {code: tuple(pairs) for code, pairs in phrases.items()}, dated)
