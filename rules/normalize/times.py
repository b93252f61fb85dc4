"""Times as senders write them: the instant, how sure we are of it, and the text as it came."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from rules.normalize.tables import ZONES, load_pairs
from schemas.raw import FIRST_YEAR, LAST_YEAR

_NOON = time(12)
_EPOCH, _NAIVE_EPOCH = datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1)  # noqa: DTZ001
ZERO = timedelta(0)
Zone = tzinfo | None


class Moment(Struct, frozen=True, gc=False):
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


def utc(naive: datetime) -> datetime:
    """A naive time as it reads in UTC; ten times as fast as to replace its zone."""
    return _EPOCH + (naive - _NAIVE_EPOCH)


def day_only(day: date, raw: str | None, quality: str = "date_only") -> Moment:
    """A date without a time of day stands for that day: noon UTC."""
    if not possible(day):
        return missing(raw)
    return Moment(datetime.combine(day, _NOON, UTC), quality, raw)


def local(naive: datetime, zone: tzinfo | None, raw: str | None) -> Moment:
    """A local time: in the place's zone where that is known, else as if UTC."""
    if not FIRST_YEAR <= naive.year <= LAST_YEAR:
        return missing(raw)
    if zone is None:
        return Moment(utc(naive), "naive", raw)
    return Moment(utc(naive - (zone.utcoffset(naive) or ZERO)), "zone_inferred", raw)


def from_local(found: datetime | date, zone: tzinfo | None, raw: str | None) -> Moment:
    """What `compact` found: a local time, or a day alone."""
    return local(found, zone, raw) if isinstance(found, datetime) else day_only(found, raw)


def shifted(naive: datetime, offset: timedelta, raw: str | None, quality: str = "offset") -> Moment:
    """A local time whose distance from UTC the sender gave."""
    if not FIRST_YEAR <= naive.year <= LAST_YEAR:
        return missing(raw)
    return Moment(utc(naive - offset), quality, raw)


def iso(written: str | None, zone: tzinfo | None = None, *, midnight_is_day: bool = False) -> Moment:
    """An ISO text, with or without offset or time of day."""
    if not written:
        return missing()
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return missing(written)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return missing(written)
    of_it = moment.tzinfo
    if of_it is not None:
        return Moment(moment if of_it is UTC else moment.astimezone(UTC), "offset", written)
    if len(written) <= 10 or (midnight_is_day and moment.time() == time.min):
        return day_only(moment.date(), written)
    return local(moment, zone, written)


def compact(day: str | None, clock: str | None) -> datetime | date | None:
    """`20240423` and `091519`, `74700` or `09:15:19`: a naive time, a date where the clock is none, else None."""
    if not day or len(day) != 8 or not (day.isascii() and day.isdigit()):
        return None
    digits = (clock or "").replace(":", "")
    if len(digits) == 6 and digits.isascii() and digits.isdigit():
        try:
            return datetime.fromisoformat(f"{day}T{digits}")
        except ValueError:
            pass  # one of the two is none: which, shows below
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


@lru_cache(maxsize=1024)
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
    size = timedelta(hours=hours, minutes=minutes)
    return (-size if written[0] == "-" else size) if hours <= 14 and minutes < 60 else None


@lru_cache(maxsize=4096)
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
    name = load_pairs(ZONES).get(key)
    return ZoneInfo(name) if name else None
