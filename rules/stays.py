"""Where a parcel has been, as far as the places of its scans tell: one stay after another."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Final

from rules.retractions import standing, two_feeds
from rules.state import Seen

_NO_CLOCK: Final = frozenset(("date_only", "placeholder", "missing"))
_LAST_MILE: Final = frozenset(("out_for_delivery", "attempted", "delivered", "returned"))
_ROLLING: Final = frozenset(("in_transit", "delayed"))
_APART: Final = timedelta(hours=2)
"""Nothing goes to another hub and back in less: then the clocks of the two overlap."""


def stays(scans: Iterable[Seen]) -> list[Seen]:
    """The first scan of each stay at a hub since the last delivery round, from which it is right to come back.

    Only those of the feed that spoke last: two with different clocks would make circles of a straight way.
    """
    found: list[Seen] = []
    told = [scan for scan in standing(scans) if scan.state in _LAST_MILE or _is_stay(scan)]
    for scan in told:
        if scan.state in _LAST_MILE:
            found = []
        elif two_feeds(told[-1].version, scan.version) or (found and city(found[-1]) == city(scan)):
            continue
        elif len(found) < 2 or city(found[-2]) != city(scan) or scan.at - found[-1].at >= _APART:
            found.append(scan)
    return found


def may_be_back(scans: Sequence[Seen]) -> bool:
    """Whether the town of the last stay came up before another one: the cheap question, asked for every scan."""
    here, away = None, False
    for scan in reversed(scans):
        if scan.reason == "retraction":
            return True
        if not _is_stay(scan):
            continue
        town = city(scan)
        if here is None:
            here = town
        elif town != here:
            away = True
        elif away:
            return True
    return False


def city(scan: Seen) -> str | None:
    """The town of a scan, whatever else its place says; None where only a country is known."""
    return _city(scan.place, scan.country)


@lru_cache(maxsize=4096)
def _city(place: str | None, country: str | None) -> str | None:
    return None if place == country else (place or "").partition(",")[0].casefold() or None


def _is_stay(scan: Seen) -> bool:
    return scan.state in _ROLLING and scan.quality not in _NO_CLOCK and city(scan) is not None
