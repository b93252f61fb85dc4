"""Scans that nobody made: a machine concludes that the parcel must be on its way (`rules/carriers/inferred.csv`)."""

from functools import cache

from rules.normalize.tables import INFERRED, load_pairs
from rules.state import Seen


def is_inferred(scan: Seen) -> bool:
    """Whether the scan proves neither that the carrier has the parcel nor that it moved."""
    code = (scan.code or "").upper()
    return code in _codes() and (scan.version or "").rpartition("-")[0] in _codes()[code]


@cache
def _codes() -> dict[str, frozenset[str]]:
    """The tables by the code that means it there."""
    found: dict[str, frozenset[str]] = {}
    for key in load_pairs(INFERRED):
        table, _, code = key.partition(":")
        found[code] = found.get(code, frozenset()) | {table}
    return found
