"""The queue's filter bar: read from the URL, applied to rows, written back to links."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from schemas.words import KINDS, OWNERS, SEVERITIES, STATES
from sinks.board.projection import searchable
from sinks.board.views import QueueRow

AGES: Final[Mapping[str, tuple[str, float]]] = {
    "1h": ("older than 1 hour", 3_600), "4h": ("older than 4 hours", 14_400), "1d": ("older than 1 day", 86_400),
    "3d": ("older than 3 days", 259_200), "7d": ("older than 7 days", 604_800),
}  # fmt: skip
DUE: Final[Mapping[str, str]] = {"overdue": "overdue", "today": "due within 24 hours"}
SORTS: Final[Mapping[str, str]] = {"severity": "most severe first", "age": "oldest first", "due": "due soonest first"}
_LONGEST: Final = 80


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the queue is shown; an empty field shows everything."""

    owner: str = ""
    severity: str = ""
    kind: str = ""
    carrier: str = ""
    state: str = ""
    age: str = ""
    due: str = ""
    text: str = ""
    sort: str = "severity"

    @property
    def query(self) -> str:
        """The URL's query, with what is set only."""
        chosen = {field.name: getattr(self, field.name) for field in fields(self)}
        if chosen["sort"] == "severity":
            del chosen["sort"]
        return urlencode({name: value for name, value in chosen.items() if value})

    @property
    def active(self) -> list[str]:
        """The fields that hide something."""
        return [field.name for field in fields(self) if field.name != "sort" and getattr(self, field.name)]

    def link(self, **changes: str) -> str:
        """The page's address with some fields changed."""
        query = replace(self, **changes).query
        return f"/?{query}" if query else "/"


def read_filter(query: Mapping[str, str]) -> Filter:
    """Read a filter from a URL's query; a value that does not exist is left out."""

    def one_of(name: str, allowed: Iterable[str]) -> str:
        return query.get(name, "") if query.get(name, "") in allowed else ""

    return Filter(
        owner=one_of("owner", OWNERS),
        severity=one_of("severity", SEVERITIES),
        kind=one_of("kind", KINDS),
        carrier=query.get("carrier", "")[:_LONGEST],
        state=one_of("state", STATES),
        age=one_of("age", AGES),
        due=one_of("due", DUE),
        text=query.get("text", "").strip()[:_LONGEST],
        sort=one_of("sort", SORTS) or "severity",
    )


def matches(row: QueueRow, chosen: Filter, now: datetime) -> bool:
    """Whether the filter shows a row."""
    exact = (
        (chosen.severity, row.case.severity),
        (chosen.kind, row.case.kind),
        (chosen.carrier, row.carrier),
        (chosen.state, row.state),
    )
    if any(wanted and wanted != found for wanted, found in exact):
        return False
    if chosen.age and (now - row.case.since).total_seconds() < AGES[chosen.age][1]:
        return False
    return _due_matches(row, chosen.due, now) and _text_matches(row, chosen.text)


def in_order(rows: list[QueueRow], sort: str) -> list[QueueRow]:
    """The rows as the filter sorts them."""
    if sort == "age":
        return sorted(rows, key=lambda row: (row.case.since, row.case.case_id))
    if sort == "due":
        return sorted(
            rows, key=lambda row: (row.case.due_by is None, row.case.due_by or row.case.since, -row.case.score)
        )
    return sorted(rows, key=lambda row: (-row.case.score, row.case.since, row.case.case_id))


def carriers_of(counts: Mapping[tuple[str, ...], int]) -> list[str]:
    """The carriers that the board has shipments or cases of."""
    return sorted({name[1] for name in counts if name[0] == "carrier"})


def tally(counts: Mapping[tuple[str, ...], int]) -> dict[str, Counter[str]]:
    """Open cases by owner, then severity."""
    found = {owner: Counter[str]() for owner in OWNERS}
    for name, count in counts.items():
        if name[0] == "owner" and name[1] in found:
            found[name[1]][name[2]] += count
    return found


@dataclass(frozen=True, slots=True)
class Shadow:
    """Open cases of which nobody is told, and how a candidate policy's agree with the live ones."""

    both: int
    """Open under the live policy and under the candidate."""
    candidate: int
    """Open only under the candidate."""
    live: int
    """Open only under the live policy."""
    kinds: int
    """Of kinds that the live policy keeps in shadow."""

    @property
    def beside(self) -> int:
        """All that the candidate has open."""
        return self.both + self.candidate


def shadow_of(counts: Mapping[tuple[str, ...], int]) -> Shadow | None:
    """What is in shadow; None where nothing is."""
    said = {name[1:]: count for name, count in counts.items() if name[0] == "shadow"}
    if not said:
        return None
    both = said.get(("policy", "both"), 0)
    live = sum(count for name, count in counts.items() if name[0] == "owner")
    return Shadow(both, said.get(("policy", "alone"), 0), live - both, said.get(("kind", "alone"), 0))


def _due_matches(row: QueueRow, wanted: str, now: datetime) -> bool:
    if not wanted:
        return True
    if row.case.due_by is None:
        return False
    left = (row.case.due_by - now).total_seconds()
    return left < 0 if wanted == "overdue" else 0 <= left <= 86_400


def _text_matches(row: QueueRow, wanted: str) -> bool:
    if not wanted:
        return True
    told = (row.id, row.order_id, row.tracking_number, row.case.next_action, row.case.kind, row.case.assignee)
    return any(searchable(wanted) in searchable(text) for text in told if text)
