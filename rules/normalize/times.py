"""Times as senders write them: the instant, how sure we are of it, and the text as it came."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rules.normalize.tables import ZONES, load_pairs
from schemas.raw import FIRST_YEAR, LAST_YEAR

_NOON = time(12)
ZERO = timedelta(0)
Zone = tzinfo | None


class Moment(NamedTuple):
    """When something happened."""

    at: datetime | None
    quality: str
    raw: str | None = None


def possible(day: date) -> bool:
    """Whether a date can be true: year 1 is a sentinel, year 2875 (seen) a slip."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


def missing(raw: str | None = None) -> Moment:
    """No usable time; the text is kept."""
    return Moment(None, "missing", raw)


def day_only(day: date, raw: str | None, quality: str = "date_only") -> Moment:
    """A date without a time of day stands for that day: noon UTC."""
    if not possible(day):
        return missing(raw)
    return Moment(datetime.combine(day, _NOON, UTC), quality, raw)


def local(naive: datetime, zone: tzinfo | None, raw: str | None) -> Moment:
    """A local time: in the place's zone where that is known, else as if UTC."""
    if not possible(naive):
        return missing(raw)
    if zone is None:
        return Moment(naive.replace(tzinfo=UTC), "naive", raw)
    return Moment(naive.replace(tzinfo=zone).astimezone(UTC), "zone_inferred", raw)


def from_local(found: datetime | date, zone: tzinfo | None, raw: str | None) -> Moment:
    """What `compact` found: a local time, or a day alone."""
    return local(found, zone, raw) if isinstance(found, datetime) else day_only(found, raw)


def shifted(naive: datetime, offset: timedelta, raw: str | None, quality: str = "offset") -> Moment:
    """A local time whose distance from UTC the sender gave."""
    if not possible(naive):
        return missing(raw)
    return Moment((naive - offset).replace(tzinfo=UTC), quality, raw)


def iso(written: str | None, zone: tzinfo | None = None, *, midnight_is_day: bool = False) -> Moment:
    """An ISO text, with or without offset or time of day."""
    if not written:
        return missing()
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return missing(written)
    if not possible(moment):
        return missing(written)
    if moment.tzinfo is not None:
        return Moment(moment.astimezone(UTC), "offset", written)
    if len(written) <= 10 or (midnight_is_day and moment.time() == time.min):
        return day_only(moment.date(), written)
    return local(moment, zone, written)


def compact(day: str | None, clock: str | None) -> datetime | date | None:
    """`20240423` and `091519`, `74700` or `09:15:19`: a naive time, a date where the clock is none, else None."""
    if not day or len(day) != 8 or not (day.isascii() and day.isdigit()):
        return None
    digits = (clock or "").replace(":", "")
    try:
        whole = date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError:
        return None
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 6:
        return whole
    # Leading zeros get lost: the vendor's own example writes 07:47:00 as 74700. Four digits carry no seconds.
    digits = digits.zfill(4) + "00" if len(digits) <= 4 else digits.zfill(6)
    try:
        return datetime.fromisoformat(f"{day}T{digits}")
    except ValueError:
        return whole  # a clock nobody can read does not take the day away


@cache
def _offset(sign: str, hours: int, minutes: int) -> timedelta:
    size = timedelta(hours=hours, minutes=minutes)
    return -size if sign == "-" else size


def offset(written: str | None) -> timedelta | None:
    """`-04:00`, `-04.00`, `+0200`, `Z`; None where it is none."""
    if not written:
        return None
    if written in ("Z", "z"):
        return timedelta(0)
    digits = written[1:].replace(":", "").replace(".", "")
    if written[0] not in "+-" or not (digits.isascii() and digits.isdigit()) or len(digits) not in (2, 4):
        return None
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    return _offset(written[0], hours, minutes) if hours <= 14 and minutes < 60 else None


@cache
def _zone(key: str) -> tzinfo | None:
    name = load_pairs(ZONES).get(key)
    return ZoneInfo(name) if name else None


def zone_of(country: str | None, region: str | None = None) -> tzinfo | None:
    """The zone of a place: of its state or province where a country has several, else of its country."""
    if country and len(country) == 2:
        if region and len(region) <= 3:
            zone = _known(f"{country}-{region}")
            if zone is not None:
                return zone
        return _known(country)
    return None


def _known(key: str) -> tzinfo | None:
    # Only keys of the table are looked up through the cache, so senders cannot make it grow.
    return _zone(key) if key in load_pairs(ZONES) else None
