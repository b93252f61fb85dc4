"""The scans of a shipment in true order of occurrence, each once, however often and in whatever order they come."""

from bisect import insort
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from rules.state import Seen
from schemas.facts import Scan, ScansFact

MOST_SCANS: Final = 400
"""Scans kept of one shipment; a real history has a tenth of it, a looping sender any number."""

_RANK: Final = {
    "label_created": 0,
    "picked_up": 1,
    "in_transit": 2,
    None: 3,
    "out_for_delivery": 4,
    "delayed": 5,
    "attempted": 6,
    "damaged": 7,
    "delivered": 8,
    "returned": 9,
}
_NO_CLOCK: Final = frozenset(("date_only", "placeholder"))
_DAY_BEGINS: Final = {"label_created": timedelta(hours=-12), "picked_up": timedelta(hours=-11)}
_DAY_ENDS: Final = dict.fromkeys(("delivered", "returned"), timedelta(hours=12))
_SHIFT: Final = {**_DAY_BEGINS, **_DAY_ENDS}
"""A scan that has only a day (noon of it): labels open a day, an end closes it."""
_LONGEST: Final = 120


def order_key(scan: Seen) -> tuple[datetime, int, int, str]:
    """By time, then place in the message, then state, then identity: the same whatever came first."""
    return scan.at, scan.index, _RANK.get(scan.state, 3), scan.id


def seen_scans(fact: ScansFact) -> list[tuple[Scan, Seen]]:
    """The scans of one message as they are remembered."""
    found: list[tuple[Scan, Seen]] = []
    last: datetime | None = None
    ids = fact.ids or [scan.remembered_as for scan in fact.scans]
    for index, (scan, id_) in enumerate(zip(fact.scans, ids, strict=True)):
        at = _place_in_time(scan, last or fact.received_at)
        last = at
        found.append((scan, _seen(scan, id_, at, index, fact.received_at)))
    return found


def _place_in_time(scan: Scan, beside: datetime) -> datetime:
    if scan.occurred_at is None:
        return beside
    if scan.time_quality in _NO_CLOCK and scan.state in _SHIFT:
        return scan.occurred_at + _SHIFT[scan.state]
    return scan.occurred_at


def _seen(scan: Scan, id_: str, at: datetime, index: int, heard: datetime) -> Seen:
    return Seen(
        at,
        index,
        id_,
        scan.occurred_at,
        heard,
        scan.state,
        scan.reason,
        scan.flags,
        scan.direction,
        scan.mapped,
        scan.time_quality,
        scan.code,
        scan.description[:_LONGEST] if scan.description else None,
        scan.location.text()[:_LONGEST] if scan.location else None,
        scan.location.country if scan.location else None,
        scan.estimated_delivery_at,
        scan.service_level,
        scan.mapping_version,
    )


def twin_of(scans: list[Seen], new: Seen) -> Seen | None:
    """The same scan as it was heard before, if it was.

    Two of one identity that one table maps to different states are two scans: some senders' codes are that coarse.
    """
    for old in scans:
        if old.id == new.id and (
            old.state == new.state or not old.mapped or not new.mapped or old.version != new.version
        ):
            return old
    return None


def merged(old: Seen, new: Seen) -> Seen:
    """One scan told twice, whichever was told first: mapped wins, and the fullest list knows its place best."""
    if new.index <= old.index and new.heard >= old.heard and replace(new, index=old.index, heard=old.heard) == old:
        return old
    mapped_anew = old.mapped and new.mapped and old.version != new.version
    better = new if mapped_anew else max(old, new, key=_weight)
    return replace(
        better,
        at=min(old.at, new.at) if better.quality == "missing" else better.at,
        index=max(old.index, new.index),
        heard=min(old.heard, new.heard),
        estimate=max((at for at in (old.estimate, new.estimate) if at), default=None),
    )


def _weight(scan: Seen) -> tuple[object, ...]:
    """Which of two tellings counts: an arbitrary but fixed order, so that arrival does not matter."""
    words = (scan.state, scan.reason, scan.quality, scan.direction, scan.text, scan.place, scan.service_level)
    return scan.mapped, *(word or "" for word in words), scan.flags, str(scan.occurred_at)


def inserted(scans: list[Seen], scan: Seen) -> bool:
    """Put the scan into its place, in place; whether that was the end of the history."""
    if not scans or order_key(scan) > order_key(scans[-1]):
        scans.append(scan)
        return True
    insort(scans, scan, key=order_key)
    return False
