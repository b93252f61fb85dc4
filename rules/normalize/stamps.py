"""Times as machines and pages write them: epochs, .NET dates and ticks, WCF pairs, months in words."""

import math
import re
from datetime import UTC, datetime, time, timedelta
from typing import Final

from msgspec.structs import replace

from rules.normalize import clocks, times

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_ONE: Final = datetime(1, 1, 1, tzinfo=UTC)
_DOTNET: Final = re.compile(r"\\?/Date\((-?[0-9]{1,16})([+-][0-9]{4})?\)\\?/")
_WORDED: Final = re.compile(r"([A-Za-z]{3,9})\.? ([0-9]{1,2}),? ([0-9]{4})(?:,? (?:at )?(.+))?")
_MONTHS: Final = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_LEAST_TICKS: Final = 10**17
"""Ticks of 100 ns since year 1 passed this in 317; no epoch in milliseconds ever will."""


def epoch(seconds: object, raw: str | None = None) -> times.Moment:
    """Seconds since 1970, a number or its digits; the raw text is the sender's own where it has one."""
    try:
        number = float(seconds) if isinstance(seconds, int | float | str) else math.nan
        at = _EPOCH + timedelta(seconds=number)
    except (ValueError, OverflowError):
        return times.missing(raw)
    return times.Moment(at, "gmt_field", raw or str(seconds)[:40]) if times.possible(at) else times.missing(raw)


def dotnet(written: str | None, zone: times.Zone = None) -> times.Moment | None:
    """`/Date(1469163600000-0500)/`, or ticks, which have no zone; None where the text is neither."""
    found = _DOTNET.fullmatch(written or "")
    if found:
        moment = epoch(int(found[1]) / 1000, written)
        return replace(moment, quality="offset") if found[2] and moment.at else moment
    if written and len(written) == 18 and written.isascii() and written.isdigit() and int(written) > _LEAST_TICKS:
        at = _YEAR_ONE + timedelta(microseconds=int(written) // 10)
        return times.local(at.replace(tzinfo=None), zone, written)
    return None


def wcf(day: str | None, clock: str | None) -> times.Moment:
    """The day of one .NET date with the clock time of another, whose own day is the day of the query."""
    raw = " ".join(part for part in (day, clock) if part) or None
    whole, of_day = _local(day), _local(clock)
    if whole is None or not times.possible(whole[0]):
        return times.missing(raw)
    # A year-1 clock is a sentinel for none.
    if of_day is None or not times.possible(of_day[0]):
        return times.day_only(whole[0].date(), raw)
    return times.shifted(datetime.combine(whole[0].date(), of_day[0].time()), whole[1], raw)


def _local(written: str | None) -> tuple[datetime, timedelta] | None:
    """The wall clock of a .NET date and its distance from UTC."""
    found = _DOTNET.fullmatch(written or "")
    distance = times.offset(found[2] or "Z") if found else None
    if found is None or distance is None:
        return None
    try:
        return (_EPOCH + timedelta(milliseconds=int(found[1])) + distance).replace(tzinfo=None), distance
    except OverflowError:
        return None


def read(written: str | None, zone: times.Zone = None, *, order: str = "mdy") -> times.Moment:
    """Any form a sender of pages writes: ISO, .NET, `Aug 11, 2026, 4:31:56 PM`, `10/01/2025 02:00 PM`."""
    if not written or written[:4].isdigit():
        return dotnet(written, zone) or times.iso(written, zone)
    exact = dotnet(written)
    if exact is not None:
        return exact
    # Browsers put a narrow no-break space before PM.
    plain = " ".join(written.replace("\u202f", " ").replace("\u00a0", " ").split())
    found = _WORDED.fullmatch(plain)
    if found:
        return _worded(found, zone, written)
    day, _, clock = plain.partition(" ")
    return replace(clocks.moment(day, clock or None, zone, order=order), raw=written)


def _worded(found: re.Match[str], zone: times.Zone, raw: str) -> times.Moment:
    month = found[1][:3].lower()
    if month not in _MONTHS:
        return times.missing(raw)
    try:
        whole = datetime(int(found[3]), _MONTHS.index(month) + 1, int(found[2]))  # noqa: DTZ001
    except ValueError:
        return times.missing(raw)
    of_day: time | None = clocks.clock(found[4])
    if of_day is None:
        return times.day_only(whole.date(), raw)
    return times.local(datetime.combine(whole.date(), of_day), zone, raw)
