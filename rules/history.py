"""The scans of a shipment in true order of occurrence, each once, however often and in whatever order they come."""

from bisect import insort
from collections.abc import Sequence
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
_LAST_RANK: Final = 10
"""A retraction follows what it takes back."""
_SURE: Final = frozenset(("offset", "gmt_field", "zone_inferred"))
"""Qualities whose instant counts for more than the place in a sender's list."""
_NO_CLOCK: Final = frozenset(("date_only", "placeholder"))
_EVENING: Final = timedelta(hours=11)
_SHIFT: Final = {
    "label_created": timedelta(hours=-12),
    "picked_up": timedelta(hours=-11),
    "in_transit": timedelta(hours=-8),
    "attempted": _EVENING,
    "delivered": timedelta(hours=12),
    "returned": timedelta(hours=12),
}
"""A scan that has only a day (noon of it): labels open a day, an end closes it.

Movement comes early: a clock of the same day that says more must not yield to it.
"""
_LONGEST: Final = 120


def order_key(scan: Seen) -> tuple[datetime, int, int, str]:
    """By time, then place in the message, then state, then identity: the same whatever came first."""
    rank = _LAST_RANK if scan.reason == "retraction" else _RANK.get(scan.state, 3)
    return scan.at, scan.index, rank, scan.id


def seen_scans(fact: ScansFact) -> list[tuple[Scan, Seen]]:
    """The scans of one message as they are remembered."""
    ids = fact.ids or [scan.remembered_as for scan in fact.scans]
    places = _places_in_time(fact.scans, fact.received_at)
    told = zip(fact.scans, ids, places, strict=True)
    return [(scan, _seen(scan, id_, at, index, fact.received_at)) for index, (scan, id_, at) in enumerate(told)]


def _places_in_time(scans: Sequence[Scan], heard: datetime) -> list[datetime]:
    """Where each scan of a message stands: at its time where that is sure, else as near to it as the list allows.

    Scans come in true order of occurrence, so a doubtful clock yields to the neighbours in the list.
    """
    sure = [scan.occurred_at for scan in scans if scan.time_quality in _SURE and scan.occurred_at]
    if len(sure) == len(scans):
        return sure
    places: list[datetime] = []
    last: datetime | None = None
    for scan, ahead in zip(scans, _sure_ahead(scans), strict=True):
        at = _own_place(scan)
        if at is None or scan.time_quality not in _SURE:
            at = max((moment for moment in (at, last) if moment), default=heard)
            at = min(at, ahead) if ahead else at
        places.append(at)
        last = at
    return places


def _sure_ahead(scans: Sequence[Scan]) -> list[datetime | None]:
    """For each scan the next sure time behind it in the list."""
    ahead: list[datetime | None] = []
    following: datetime | None = None
    for scan in reversed(scans):
        ahead.append(following)
        if scan.time_quality in _SURE:
            following = scan.occurred_at
    return ahead[::-1]


def _own_place(scan: Scan) -> datetime | None:
    if scan.occurred_at is None or scan.time_quality not in _NO_CLOCK:
        return scan.occurred_at
    shift = _EVENING if "pickup_ready" in scan.flags else _SHIFT.get(scan.state or "")
    return scan.occurred_at + shift if shift else scan.occurred_at


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
        scan.undoes,
        heard if scan.estimated_delivery_at else None,
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
    # The fullest list knows a scan's place best; of two as full, the earlier time.
    stays = new.index < old.index or (new.index == old.index and new.at >= old.at)
    index, at = (old.index, old.at) if stays else (new.index, new.at)
    estimate = _newest_estimate(old, new)
    least = _least_estimate(old, new, estimate)
    if stays and estimate is old and least == old.estimate_least and new.heard >= old.heard and same_scan(old, new):
        return old
    mapped_anew = old.mapped and new.mapped and old.version != new.version
    better = new if mapped_anew else max(old, new, key=_weight)
    return replace(
        better,
        at=better.at if better.quality in _SURE else at,
        index=index,
        heard=min(old.heard, new.heard),
        estimate=estimate.estimate,
        estimate_heard=estimate.estimate_heard,
        estimate_least=least,
    )


def _least_estimate(old: Seen, new: Seen, newest: Seen) -> datetime | None:
    """The earliest of all estimates told with a scan, where that is not the newest."""
    told = (old.estimate, old.estimate_least, new.estimate, new.estimate_least)
    least = min((one for one in told if one is not None), default=None)
    return None if least == newest.estimate else least


def _newest_estimate(old: Seen, new: Seen) -> Seen:
    if new.estimate is None or new.estimate_heard is None:
        return old
    if old.estimate is None or old.estimate_heard is None:
        return new
    newer = (new.estimate_heard, new.estimate) > (old.estimate_heard, old.estimate)
    return new if newer else old


def same_scan(old: Seen, new: Seen) -> bool:
    """Whether two tellings say the same of a scan, wherever and whenever each stood, and whatever was expected."""
    told = replace(
        new,
        at=old.at,
        index=old.index,
        heard=old.heard,
        estimate=old.estimate,
        estimate_heard=old.estimate_heard,
        estimate_least=old.estimate_least,
    )
    return told == old


def _weight(scan: Seen) -> tuple[object, ...]:
    """Which of two tellings counts: an arbitrary but fixed order, so that arrival does not matter."""
    words = (scan.state, scan.reason, scan.quality, scan.direction, scan.text, scan.place, scan.service_level)
    return scan.mapped, scan.quality in _SURE, *(word or "" for word in words), scan.flags, str(scan.occurred_at)


def each_once(told: list[tuple[Scan, Seen]]) -> list[tuple[Scan, Seen]]:
    """The scans of a message that may tell some of them twice, in order."""
    if len(told) == 1:
        return told
    told = sorted(told, key=lambda pair: order_key(pair[1]))
    if len({seen.id for _, seen in told}) == len(told):
        return told
    kept: list[Seen] = []
    scans: list[Scan] = []
    for scan, seen in told:
        twin = twin_of(kept, seen)
        if twin is None:
            kept.append(seen)
            scans.append(scan)
            continue
        at = kept.index(twin)
        kept[at] = merged(twin, seen)
        if seen.mapped and not twin.mapped:
            scans[at] = scan
    return sorted(zip(scans, kept, strict=True), key=lambda pair: order_key(pair[1]))


def inserted(scans: list[Seen], scan: Seen) -> bool:
    """Put the scan into its place, in place; whether that was the end of the history."""
    if not scans or order_key(scan) > order_key(scans[-1]):
        scans.append(scan)
        return True
    insort(scans, scan, key=order_key)
    return False
