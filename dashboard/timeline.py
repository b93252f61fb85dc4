"""A subject's timeline as a page shows it: newest first, a heading a day, state changes told apart from mere scans."""

from dataclasses import dataclass
from itertools import groupby

from dashboard.wording import carrier_name, day, word
from sinks.board.views import Entry, View


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the page."""

    entry: Entry
    tone: str
    """How the page marks it: `state`, `scan`, `case`, `message` or `quiet`."""
    title: str
    notes: list[str]


def days_of(view: View) -> list[tuple[str, list[Line]]]:
    """The lines of a view by day, newest first."""
    newest_first = reversed(view.timeline)
    return [
        (name, [_line(view, entry) for entry in group]) for name, group in groupby(newest_first, lambda e: day(e.at))
    ]


def _line(view: View, entry: Entry) -> Line:
    if entry.what == "case":
        return Line(entry, "case", f"{word(entry.kind)}: {word(entry.word).lower()}", _case_notes(entry))
    if entry.what == "message":
        fate = f"{word(entry.word)}, {word(entry.reason).lower()}" if entry.reason else word(entry.word)
        return Line(entry, "message", f"{word(entry.kind)} to the customer: {fate.lower()}", [])
    changed = bool(entry.state) and entry.state != entry.previous
    return Line(entry, "state" if changed else "scan", _scan_title(entry, changed), _scan_notes(view, entry))


def _scan_title(entry: Entry, changed: bool) -> str:
    if changed:
        first = not entry.previous or entry.previous == "unknown"
        return word(entry.state) if first else f"{word(entry.previous)} → {word(entry.state)}"
    if not entry.mapped:
        return "A code that no table knows; the state stays"
    return word(entry.said) if entry.said else "A scan that says nothing of the state"


def _case_notes(entry: Entry) -> list[str]:
    notes = [word(entry.owner), word(entry.severity)]
    return [note for note in (*notes, entry.text or "") if note]


def _scan_notes(view: View, entry: Entry) -> list[str]:
    notes = [word(entry.reason)] if entry.reason else []
    notes += [text for text in (entry.text, entry.place) if text]
    if entry.code:
        notes.append(f"{carrier_name(view.carrier)} code {entry.code}")
    if entry.time_quality and entry.time_quality not in ("offset", "gmt_field"):
        notes.append(f"time is {word(entry.time_quality).lower()}")
    if entry.linked_by and entry.linked_by != "shipment_id":
        notes.append(f"linked by {word(entry.linked_by).lower()}")
    return notes
