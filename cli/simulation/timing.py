"""Times as whole seconds since 1970 (UTC), their texts, and the working days of carriers."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTE = 60
HOUR = 3600
DAY = 86400
_EPOCH = date(1970, 1, 1)


def seconds(moment: datetime) -> int:
    """An aware time as whole seconds."""
    return int(moment.timestamp())


def moment_of(at: int) -> datetime:
    """Whole seconds as an aware time."""
    return datetime.fromtimestamp(at, UTC)


@lru_cache(maxsize=4096)
def day_text(day: int) -> str:
    """The date of a day counted from 1970."""
    return (_EPOCH + timedelta(days=day)).isoformat()


def utc_text(at: int) -> str:
    """RFC 3339 in UTC."""
    return clock_text(at) + "Z"


@lru_cache(maxsize=16384)
def clock_text(at: int) -> str:
    """Date and clock time without a zone."""
    day, rest = divmod(at, DAY)
    hour, rest = divmod(rest, HOUR)
    return f"{day_text(day)}T{hour:02d}:{rest // 60:02d}:{rest % 60:02d}"


@lru_cache(maxsize=65536)
def _offset_in_hour(zone: str, hour: int) -> int:
    offset = datetime.fromtimestamp(hour * HOUR, ZoneInfo(zone)).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def offset(at: int, zone: str) -> int:
    """Seconds that the zone's clocks are ahead of UTC at that time."""
    return _offset_in_hour(zone, at // HOUR)


@lru_cache(maxsize=64)
def offset_text(ahead: int) -> str:
    """An offset as RFC 3339 writes it."""
    sign = "-" if ahead < 0 else "+"
    return f"{sign}{abs(ahead) // HOUR:02d}:{abs(ahead) % HOUR // 60:02d}"


def local_text(at: int, zone: str) -> str:
    """RFC 3339 with the offset of the place."""
    ahead = offset(at, zone)
    return clock_text(at + ahead) + offset_text(ahead)


def local_day(at: int, zone: str) -> int:
    """The day on the wall calendar of the zone, counted from 1970."""
    return (at + offset(at, zone)) // DAY


def at_local(day: int, second: int, zone: str) -> int:
    """The instant when the zone's clocks show this second of this day."""
    guess = day * DAY + second - offset(day * DAY + second, zone)
    return day * DAY + second - offset(guess, zone)


def day_number(text: str) -> int:
    """A date as a day counted from 1970."""
    return (date.fromisoformat(text) - _EPOCH).days


def weekday(day: int) -> int:
    """Monday is 0."""
    return (day + 3) % 7


def is_working(day: int, holidays: Collection[int] = ()) -> bool:
    """Monday to Friday and no holiday."""
    return weekday(day) < 5 and day not in holidays


def next_working(day: int, holidays: Collection[int] = ()) -> int:
    """This day, or the first working day after it."""
    while not is_working(day, holidays):
        day += 1
    return day


def add_working(day: int, count: int, holidays: Collection[int] = ()) -> int:
    """So many working days later."""
    for _ in range(count):
        day = next_working(day + 1, holidays)
    return day
