"""Dates and clock times as carriers print them in two fields, with or without the name of a zone."""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from rules.normalize import times
from rules.normalize.tables import COUNTRIES, ZONES, load_pairs

_DAY: Final = re.compile(r"([0-9]{1,4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,4})")
_PLACES: Final = {"ymd": (1, 2, 3), "mdy": (3, 1, 2), "dmy": (3, 2, 1)}
_CLOCK: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?(?: ?([AaPp])\.?[Mm]\.?)?")
_FIXED: Final = {
    name: timedelta(minutes=minutes)
    for names, minutes in (
        ("NDT", -150),
        ("NST", -210),
        ("ADT", -180),
        ("AST EDT", -240),
        ("EST CDT CDTNO", -300),
        ("CST CSTNO MDT", -360),
        ("MST MSTNO PDT", -420),
        ("PST", -480),
        ("UTC GMT Z", 0),
    )
    for name in names.split()
}
"""Abbreviations of North America that pin the distance from UTC; NO is "no daylight saving" (Canada Post)."""
_GENERIC: Final = {
    "ET": "America/New_York",
    "CT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
    "AT": "America/Halifax",
    "NT": "America/St_Johns",
    "AKST": "America/Anchorage",
    "AKDT": "America/Anchorage",
    "HST": "Pacific/Honolulu",
}
"""Names that leave open whether daylight saving holds: the date tells."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_EPOCH: Final = 4_102_444_800_000
"""The year 2100."""


def day(written: str | None, order: str = "ymd") -> date | None:
    """A date in digits, its parts in the given order; None where it is none."""
    found = _DAY.fullmatch(written) if written else None
    if found is None:
        return None
    at_year, at_month, at_day = _PLACES[order]
    try:
        return date(int(found[at_year]), int(found[at_month]), int(found[at_day]))
    except ValueError:
        return None


def clock(written: str | None) -> time | None:
    """`21:10:34`, `7:42 PM`; None where it is no time of day."""
    found = _CLOCK.fullmatch(written.strip()) if written else None
    if found is None:
        return None
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    half = (found[4] or "").lower()
    if half and not 1 <= hour <= 12:
        return None
    try:
        return time(hour % 12 + (12 if half == "p" else 0) if half else hour, minute, second)
    except ValueError:
        return None


def moment(
    day_text: str | None,
    clock_text: str | None,
    zone: times.Zone = None,
    *,
    order: str = "ymd",
    zone_name: str | None = None,
) -> times.Moment:
    """A date and a clock time: under the zone the sender names, else in the place's, else as if UTC."""
    raw = " ".join([part for part in (day_text, clock_text, zone_name) if part]) or None
    whole = day(day_text, order)
    if whole is None:
        return times.missing(raw)
    of_day = clock(clock_text)
    if of_day is None:
        return times.day_only(whole, raw)
    return zoned(datetime.combine(whole, of_day), zone_name, zone, raw)


def zoned(naive: datetime, zone_name: str | None, zone: times.Zone, raw: str | None) -> times.Moment:
    """A local time under a zone's name (`EST`, `ET`, `+02:00`, `Europe/Zurich`), else in its place's zone."""
    bare = (zone_name or "").strip()
    distance = times.offset(bare) or _FIXED.get(bare.upper())
    if distance is not None:
        return times.shifted(naive, distance, raw)
    named = _GENERIC.get(bare.upper(), bare)
    if named not in _zone_names():
        return times.local(naive, zone, raw)
    local = times.local(naive, ZoneInfo(named), raw)
    return replace(local, quality="offset") if local.at else local


@cache
def _zone_names() -> frozenset[str]:
    # Only zones of our own table are ever opened, whatever a sender names.
    return frozenset((*_GENERIC.values(), *load_pairs(ZONES).values()))


def epoch(milliseconds: object) -> times.Moment:
    """An instant in milliseconds since 1970."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int) or not 0 < milliseconds < _LAST_EPOCH:
        return times.missing()
    return times.Moment(_EPOCH + timedelta(milliseconds=milliseconds), "offset", str(milliseconds))


@lru_cache(maxsize=1024)
def country(spelling: str | None) -> str | None:
    """The two-letter code of a country's name or code ("Germany", "DEU", "de"); None where nobody knows it."""
    if not spelling:
        return None
    bare = "".join(char for char in spelling[:64].lower() if char.isascii() and char.isalnum())
    known = load_pairs(COUNTRIES).get(bare)
    if known is None and len(bare) == 2 and bare.isalpha():
        return bare.upper()
    return known
