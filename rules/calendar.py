"""Business time of a carrier: its weekdays less its holidays, 24 hours a business day, in its own time zone."""

import csv
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

import holidays

_DAY = timedelta(days=1)
_NOTHING = timedelta(0)
_SHORTEST = timedelta(microseconds=1)
_FARTHEST = timedelta(days=4000)
"""A count of business time goes no farther; no threshold is longer, so a wrong time cannot make it run away."""


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """When a carrier works. There is one of each, so two are equal where they are the same: caches hash it cheaply."""

    carrier: str
    country: str
    zone: ZoneInfo
    weekdays: frozenset[int]
    """ISO weekdays, Monday is 1."""
    works_on: tuple[str, ...] = ()
    """Public holidays on which it works."""
    rests_on: tuple[str, ...] = ()
    """Holidays it keeps that are no public ones everywhere in its country; `Good Friday+3` is three days later."""

    def is_business_day(self, day: date) -> bool:
        """Whether the carrier works that day."""
        return day.isoweekday() in self.weekdays and day not in _days_off(self, day.year)

    def after(self, start: datetime, span: timedelta) -> datetime:
        """The moment at which `span` of business time has passed since `start`."""
        return _after(self, start, span)

    def end_of_next_day(self, start: datetime) -> datetime:
        """24:00 of the first business day after the day of `start`."""
        day = start.astimezone(self.zone).date() + _DAY
        while not self.is_business_day(day):
            day += _DAY
        return _midnight(self, day + _DAY)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Business time from `start` to `end`; nothing where `end` is not later."""
        if end <= start:
            return _NOTHING
        if end - start > _FARTHEST:
            end = start + _FARTHEST
        year, last = start.astimezone(self.zone).year, end.astimezone(self.zone).year
        passed = _year(self, last).worked_by(end) - _year(self, year).worked_by(start)
        return passed + sum((_year(self, one).worked[-1] for one in range(year, last)), _NOTHING)


@dataclass(frozen=True, slots=True)
class _Year:
    """The midnights of one year in a carrier's zone, and the business time of that year that had passed at each."""

    midnights: list[datetime]
    worked: list[timedelta]

    def worked_by(self, at: datetime) -> timedelta:
        """Business time since the year began."""
        day = bisect_right(self.midnights, at) - 1
        before = self.worked[day]
        return before + (at - self.midnights[day]) if self.worked[day + 1] > before else before

    def when(self, worked: timedelta) -> datetime:
        """The first moment at which so much of the year's business time has passed."""
        day = bisect_left(self.worked, worked) - 1
        return self.midnights[day] + (worked - self.worked[day])


@lru_cache(maxsize=8192)
def _after(calendar: Calendar, start: datetime, span: timedelta) -> datetime:
    number = start.astimezone(calendar.zone).year
    year = _year(calendar, number)
    # What the next year has to begin with is more than nothing, so that rest days at a year's end are passed over.
    target = max(year.worked_by(start) + span, _SHORTEST)
    while target > year.worked[-1]:
        target -= year.worked[-1]
        number += 1
        year = _year(calendar, number)
    return year.when(target)


@lru_cache(maxsize=512)
def _year(calendar: Calendar, year: int) -> _Year:
    # From the first minute of the year on: a bisection in place of a walk over days, as limits are asked for each scan.
    day, midnights, worked = date(year, 1, 1), [], [_NOTHING]
    while day.year == year:
        following = day + _DAY
        midnights.append(_midnight(calendar, day))
        length = _midnight(calendar, following) - midnights[-1] if calendar.is_business_day(day) else _NOTHING
        worked.append(worked[-1] + length)
        day = following
    return _Year([*midnights, _midnight(calendar, day)], worked)


def _midnight(calendar: Calendar, day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=calendar.zone).astimezone(UTC)


@lru_cache(maxsize=1024)
def _days_off(calendar: Calendar, year: int) -> frozenset[date]:
    """The public holidays of its country, as the carrier keeps them."""
    if not calendar.country:
        return frozenset()
    public = holidays.country_holidays(calendar.country, years=year, language="en_US")
    off = {day for day in public if not any(name.startswith(calendar.works_on) for name in public.get_list(day))}
    if calendar.rests_on:
        kept = public.supported_categories
        wider = holidays.country_holidays(calendar.country, years=year, language="en_US", categories=kept)
        off.update(day for rest in calendar.rests_on for day in _named(wider, rest))
    return frozenset(off)


def _named(known: holidays.HolidayBase, rest: str) -> list[date]:
    name, _, days = rest.partition("+")
    return [day + int(days or 0) * _DAY for day in known if any(one.startswith(name) for one in known.get_list(day))]


@cache
def calendar_of(carrier: str) -> Calendar:
    """The carrier's calendar; one that nobody described works Monday to Friday, UTC, without holidays."""
    found = _rows()
    return found.get(carrier, found["*"])


@cache
def _rows() -> dict[str, Calendar]:
    text = resources.files("rules.policies").joinpath("carrier_days.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["carrier"]: _calendar(row) for row in rows}


def _calendar(row: dict[str, str]) -> Calendar:
    works_on, rests_on = (tuple(name for name in row[part].split(";") if name) for part in ("works_on", "rests_on"))
    zone = ZoneInfo(row["timezone"])
    return Calendar(row["carrier"], row["country"], zone, weekdays(row["weekdays"]), works_on, rests_on)


def weekdays(text: str) -> frozenset[int]:
    """ISO weekdays of a text such as `1-5`; raises `ValueError` on anything else."""
    first, dash, last = text.partition("-")
    days = frozenset(range(int(first), int(last if dash else first) + 1))
    if not days or not days <= frozenset(range(1, 8)):
        raise ValueError(f"{text!r} names no weekdays: write 1-5 for Monday to Friday")
    return days
