"""Business time of a carrier: its weekdays less its holidays, 24 hours a business day, in its own time zone."""

import csv
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

import holidays

_DAY = timedelta(days=1)
_NOTHING = timedelta(0)
_FARTHEST = 4000
"""Days a count goes at most; no threshold is longer, so a wrong time cannot make it run away."""


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

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Business time from `start` to `end`; nothing where `end` is not later."""
        passed, at = _NOTHING, start
        for _ in range(_FARTHEST):
            if at >= end:
                break
            day, midnight = self._day_of(at)
            if self.is_business_day(day):
                passed += min(midnight, end) - at
            at = midnight
        return passed

    def _day_of(self, at: datetime) -> tuple[date, datetime]:
        """The local day of a moment, and the moment it ends."""
        day = at.astimezone(self.zone).date()
        following = day + _DAY
        return day, datetime(following.year, following.month, following.day, tzinfo=self.zone).astimezone(UTC)


@lru_cache(maxsize=8192)
def _after(calendar: Calendar, start: datetime, span: timedelta) -> datetime:
    left, at = span, start
    for _ in range(_FARTHEST):
        day, midnight = calendar._day_of(at)
        if calendar.is_business_day(day):
            if at + left <= midnight:
                return at + left
            left -= midnight - at
        at = midnight
    return at


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
