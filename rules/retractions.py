"""Scans that take back others: which ones stand, and whose word is whose."""

from collections.abc import Container, Iterable

from rules.state import Seen


def taken_back(scans: Iterable[Seen], states: Container[str]) -> int:
    """How many scans of these states were taken back."""
    return sum(scan.state in states for scan in _parted(scans)[1])


def standing(scans: Iterable[Seen]) -> list[Seen]:
    """The scans that nobody took back."""
    return _parted(scans)[0]


def _parted(scans: Iterable[Seen]) -> tuple[list[Seen], list[Seen]]:
    """The scans that stand, and those taken back: a retraction takes back the last one that said a state."""
    kept: list[Seen] = []
    gone: list[Seen] = []
    last: Seen | None = None
    for scan in scans:
        if scan.reason == "retraction":
            taken = None if _told_twice(last, scan) else _undone_by(scan, kept)
            if taken is not None:
                gone.append(kept.pop(taken))
            last = scan
        kept.append(scan)
    return kept, gone


def _told_twice(last: Seen | None, scan: Seen) -> bool:
    """Whether two retractions are one, told with and without its place, or by two feeds."""
    return last is not None and last.at == scan.at and (last.code == scan.code or two_feeds(last.version, scan.version))


def _undone_by(scan: Seen, kept: list[Seen]) -> int | None:
    """Which scan a retraction takes back: the last that said a state, of the states its code can mean."""
    for at in range(len(kept) - 1, -1, -1):
        if kept[at].state is not None and (not scan.undoes or kept[at].state in scan.undoes):
            return at
    return None


def two_feeds(one: str | None, other: str | None) -> bool:
    """Whether two scans came by different feeds, given the versions of the tables that mapped them."""
    return one != other and (one or "").rpartition("-")[0] != (other or "").rpartition("-")[0]
