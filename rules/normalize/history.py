"""From what one message told to scans: built from table rows, in true order of occurrence, each once."""

from bisect import bisect_right
from datetime import datetime, timedelta
from operator import attrgetter, gt, lt
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from rules.normalize.tables import Row
from rules.normalize.times import Moment
from schemas.facts import Location, Scan

VAGUE = frozenset(("date_only", "placeholder", "missing"))
"""Qualities whose instant stands for a day or for nothing, so that the place in the list says more."""
_WAY = ("label_created", "picked_up", "in_transit", "out_for_delivery", "delivered")
_BEFORE, _AFTER = timedelta(hours=26), timedelta(hours=24)
"""A local day's farthest reach from its noon UTC (zones run from UTC-12 to UTC+14)."""
_NEXT_DAY = timedelta(hours=23)
_AT: Final = attrgetter("occurred_at")


class Parcel(Struct, frozen=True, gc=False):
    """What every scan of one parcel in a message shares."""

    carrier: str
    number: str
    version: str
    unique_id: str | None = None
    direction: str = "outbound"
    service_level: str | None = None


class Told(Struct, frozen=True):
    """What the sender said of one scan."""

    code: str | None
    text: str | None
    moment: Moment
    place: Location | None = None
    scan_id: str | None = None

    @property
    def empty(self) -> bool:
        """No code, no text and no time: it says nothing, so leaving it out loses nothing."""
        return self.code is None and self.text is None and self.moment.raw is None


def scan(parcel: Parcel, told: Told, row: Row | None) -> Scan:
    """One scan in our words; `row` is None where no table knows the code."""
    if row is None:
        return _unmapped(parcel, told)
    direction, state, flags = row.direction or parcel.direction, row.state, row.flags
    if direction == "return":
        state, flags = of_a_return(state, flags)
    moment = told.moment
    # Fifteen fields at most: with one more, Python puts them all into a dict first, at four times the cost.
    one = Scan(
        carrier=parcel.carrier,
        tracking_number=parcel.number,
        unique_id=parcel.unique_id,
        state=state,
        reason=row.reason,
        flags=flags,
        direction=direction,
        occurred_at=moment.at,
        time_quality=moment.quality,
        raw_time=moment.raw,
        code=told.code,
        description=told.text or row.description,
        location=told.place,
        service_level=parcel.service_level,
        mapping_version=parcel.version,
    )
    return replace(one, scan_id=told.scan_id, undoes=row.undoes) if told.scan_id or row.undoes else one


def _unmapped(parcel: Parcel, told: Told) -> Scan:
    """One scan that says nothing, as no table knows its code."""
    _, flags = of_a_return(None, ()) if parcel.direction == "return" else (None, ())
    return Scan(
        carrier=parcel.carrier,
        tracking_number=parcel.number,
        unique_id=parcel.unique_id,
        flags=flags,
        direction=parcel.direction,
        occurred_at=told.moment.at,
        time_quality=told.moment.quality,
        raw_time=told.moment.raw,
        code=told.code,
        description=told.text,
        location=told.place,
        mapped=False,
        service_level=parcel.service_level,
        scan_id=told.scan_id,
        mapping_version=parcel.version,
    )


def of_a_return(state: str | None, flags: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """State and flags of a return that is a shipment of its own: its "delivered" is the sender's."""
    arrived = ("back_at_sender",) if state == "delivered" else ()
    flags = tuple(dict.fromkeys((*flags, *arrived, "return_shipment")))
    return ("returned" if arrived else state), flags


def in_order(
    scans: list[Scan], *, newest_first: bool, estimate: datetime | None = None, by_text: bool = False
) -> tuple[Scan, ...]:
    """Scans of one parcel in true order of occurrence, exact duplicates once, the estimate on the latest.

    Exact times rule. A scan with only a day, or no time, stays beside its neighbour in the sender's list as far
    as its day allows. `newest_first` is how the sender usually lists; the times of the list itself decide.
    `by_text`: the sender's codes are so coarse that only the text tells two scans of one minute apart.
    """
    if len(scans) > 1:
        listed = scans[::-1] if _newest_first(scans, newest_first) else scans
        scans = _once(_by_time(listed), by_text=by_text)
    if estimate is not None and scans:
        scans = [*scans[:-1], replace(scans[-1], estimated_delivery_at=estimate)]
    return tuple(scans)


def as_listed(scans: list[Scan], *, newest_first: bool) -> tuple[Scan, ...]:
    """Scans of one parcel in the order of the sender's list, oldest first: for senders whose clocks are of no use."""
    return tuple(_once(scans[::-1] if _newest_first(scans, newest_first, least=_BEFORE) else scans, by_text=False))


def in_order_by_parcel(scans: list[Scan]) -> tuple[Scan, ...]:
    """Scans of several parcels, listed oldest first: each parcel's in order, parcels as they first appear."""
    parcels: dict[str, list[Scan]] = {}
    for one in scans:
        parcels.setdefault(one.shipment_id, []).append(one)
    return tuple(one for own in parcels.values() for one in in_order(own, newest_first=False))


def _newest_first(scans: list[Scan], usual: bool, least: timedelta = timedelta(0)) -> bool:
    """How the list runs, by its times; only steps longer than `least` count, as clocks of several zones differ."""
    exact = [scan.occurred_at for scan in scans if scan.occurred_at and scan.time_quality not in VAGUE]
    if len(exact) < 2:
        # A day stands for any hour of it.
        exact, least = [scan.occurred_at for scan in scans if scan.occurred_at], max(least, _NEXT_DAY)
    after = exact[1:]
    if least:
        steps = [later - earlier for earlier, later in zip(exact, after, strict=False)]
        rises, falls = sum(step > least for step in steps), sum(-step > least for step in steps)
    else:
        rises, falls = sum(map(lt, exact, after)), sum(map(gt, exact, after))
    if rises == falls == 0:
        # Times that are all one (SEKO) leave the way a parcel goes.
        ranks = [_WAY.index(scan.state) for scan in scans if scan.state in _WAY]
        return ranks[0] > ranks[-1] if ranks and ranks[0] != ranks[-1] else usual
    return usual if rises == falls else falls > rises


def _by_time(listed: list[Scan]) -> list[Scan]:
    """The same scans by their times, listed oldest first."""
    if all(one.occurred_at is not None and one.time_quality not in VAGUE for one in listed):
        return sorted(listed, key=_AT)
    times = _times(listed)
    return [listed[position] for position in sorted(range(len(listed)), key=times.__getitem__)]


def _times(listed: list[Scan]) -> list[tuple[float, bool]]:
    """A sort key for each scan, oldest first; one without a clock time stands after its equals."""
    keys: list[tuple[float, bool]] = []
    last: datetime | None = None
    labels = sorted(one.occurred_at for one in listed if one.state == "label_created" and one.occurred_at)
    for scan in listed:
        if scan.occurred_at is None:
            keys.append((last.timestamp() if last else float("-inf"), True))
        elif scan.time_quality in VAGUE:
            keys.append((_within_day(scan.state, scan.occurred_at, last, labels), True))
        else:
            last = scan.occurred_at
            keys.append((last.timestamp(), False))
    return keys


def _within_day(state: str | None, noon: datetime, last: datetime | None, labels: list[datetime]) -> float:
    """Where in its day a scan without a clock time belongs; `last` is its neighbour before it in the list."""
    begin, end = noon - _BEFORE, noon + _AFTER
    if state == "label_created":
        # A label without a clock time stands below the acceptance of the same day in some lists (USPS).
        return begin.timestamp()
    if state == "picked_up" and labels:
        # FedEx Ground writes its pickup as midnight of the day, before the label of that morning.
        label = labels[max(bisect_right(labels, end) - 1, 0)]
        last = max(last, label) if last and label <= end else last or label
    return last.timestamp() if last and begin <= last <= end else noon.timestamp()


def _once(scans: list[Scan], *, by_text: bool) -> list[Scan]:
    if len({one.raw_time for one in scans}) == len(scans):
        return scans  # no two of one time
    seen: set[tuple[object, ...]] = set()
    kept: list[Scan] = []
    for scan in scans:
        said = scan.description if by_text or not scan.code else None
        key = (scan.code, said, scan.raw_time, scan.location, scan.state)
        if key not in seen:
            seen.add(key)
            kept.append(scan)
    return kept


def place(city: str | None, region: str | None, postal_code: str | None, country: str | None) -> Location | None:
    """A place, or None where nothing is known of it."""
    if city or region or postal_code or country:
        return Location(city=city, region=region, postal_code=postal_code, country=country)
    return None
