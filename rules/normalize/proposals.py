"""Rows that would map an unknown code: under the key by which its sender's parser asks, left for a person to complete.

No state is ever guessed. Each key is tried: the message is read again as if the row were there, and a key that
leaves the scan unmapped is not proposed.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from rules.normalize.probe import Asked, watching
from rules.normalize.table_checks import TODO
from rules.normalize.tables import COLUMNS, DATED, Row, Table, load_table
from schemas.facts import Scan

_ASSUMED: Final = Row(state="in_transit")
"""Stands for any row while keys are tried; nothing of it is shown."""
_NEAR: Final = 0.6
_MOST: Final = 3
_MOST_KEYS: Final = 50


@dataclass(frozen=True, slots=True)
class Near:
    """A row of the same table that looks alike: a hint for the person, no answer."""

    key: str
    state: str
    reason: str
    description: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """One row to complete."""

    table: str
    key: str
    description: str
    others: tuple[str, ...] = ()
    """Broader keys that would map it too, `table: key`."""
    near: tuple[Near, ...] = ()
    dated: bool = False
    """The table gives this code other meanings at other times: the row needs its own."""

    @property
    def header(self) -> str:
        """The table's columns."""
        return ",".join(DATED if load_table(self.table).dated else COLUMNS)

    @property
    def csv(self) -> str:
        """The row as its table has it; every cell that a person must decide is empty or says TODO."""
        cells = {"key": self.key, "description": self.description or TODO, "informational": TODO}
        cells |= {"source": TODO, "verified_on": TODO}
        if self.dated:
            cells |= {"valid_from": TODO, "valid_to": ""}
        out = io.StringIO()
        csv.writer(out, lineterminator="").writerow([cells.get(name, "") for name in self.header.split(",")])
        return out.getvalue()


Parse = Callable[[], tuple[Scan, ...]]


def propose(parse: Parse, scan: Scan, description: str) -> Proposal | None:
    """The row for an unmapped scan of a message; None where no row can map it (its sender gives no code)."""
    with watching() as probe:
        before = _unmapped(parse(), scan)
    fitting = [asked for asked in list(probe.asked)[:_MOST_KEYS] if _maps(parse, asked, scan, before)]
    if not fitting:
        return None
    table, key = min(fitting, key=lambda asked: _rank(asked, scan.code))
    others = tuple(f"{name}: {other}" for name, other in fitting if (name, other) != (table, key))
    found = load_table(table)
    near = nearest(found, key, scan.description or "")
    return Proposal(table, key, description, others, near, dated=key in found.dated)


def nearest(table: Table, key: str, text: str) -> tuple[Near, ...]:
    """Rows of the table whose text, or else whose key, looks alike, best first."""
    rows = [(key, row) for key, row in table.rows.items()]
    rows += [(f"{code}~{phrase}", row) for code, pairs in table.phrases.items() for phrase, row in pairs]
    scored = [(_likeness(key, text.lower(), one, row.description.lower()), one, row) for one, row in rows]
    best = sorted((one for one in scored if one[0] >= _NEAR), key=lambda one: (-one[0], one[1]))[:_MOST]
    return tuple(Near(one, row.state or "", row.reason or "", row.description) for _, one, row in best)


def _likeness(key: str, text: str, other: str, description: str) -> float:
    matcher = SequenceMatcher(None, text, description, autojunk=False)
    by_text = matcher.ratio() if text and matcher.quick_ratio() >= _NEAR else 0.0
    same = next((at for at, (one, two) in enumerate(zip(key, other, strict=False)) if one != two), len(key))
    by_key = same / max(len(key), len(other)) if "~" not in key + other else 0.0
    return max(by_text, by_key)


def _maps(parse: Parse, asked: Asked, scan: Scan, before: int) -> bool:
    with watching({asked: _ASSUMED}):
        return _unmapped(parse(), scan) < before


def _unmapped(scans: tuple[Scan, ...], like: Scan) -> int:
    same = (scan for scan in scans if scan.code == like.code and scan.shipment_id == like.shipment_id)
    return sum(not scan.mapped and scan.description == like.description for scan in same)


def _rank(asked: Asked, code: str | None) -> tuple[bool, int]:
    """The printed code itself first, else the longest key: it says most, so it touches no other scan."""
    return asked[1].lower() != (code or "").lower(), -len(asked[1])
