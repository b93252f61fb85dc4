"""Time zones of destinations: the order's own, else its country's, else UTC, and which of them it was."""

import csv
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from rules.normalize.tables import ZONES, load_pairs
from schemas.facts import Destination

_UTC = ZoneInfo("UTC")


@lru_cache(maxsize=8192)
def zone_of(destination: Destination | None, country: str | None = None) -> tuple[ZoneInfo, str]:
    """The zone and its basis: `destination.timezone`, `region`, `country` or `utc`.

    Args:
        destination: where the order goes, if it is known.
        country: ISO 3166 country to fall back on, such as that of the last scan.
    """
    if destination is None:
        return _by_country(country, None)
    if destination.timezone:
        zone = _zone(destination.timezone)
        if zone is not None:
            return zone, "destination.timezone"
    return _by_country(destination.country or country, destination.region)


def end_of_day(day: str, zone: ZoneInfo) -> datetime | None:
    """24:00 of a date there, in UTC; None where the text is no date."""
    return _end_of_day(day, zone)


@lru_cache(maxsize=4096)
def _end_of_day(day: str, zone: ZoneInfo) -> datetime | None:
    try:
        following = date.fromisoformat(day) + timedelta(days=1)
        return datetime(following.year, following.month, following.day, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _by_country(country: str | None, region: str | None) -> tuple[ZoneInfo, str]:
    names = _table()
    if country and region and (name := names.get(f"{country}-{region}")):
        return _zone(name) or _UTC, "region"
    if country and (name := names.get(country)):
        return _zone(name) or _UTC, "country"
    return _UTC, "utc"


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return None


@cache
def _table() -> dict[str, str]:
    text = resources.files("rules.policies").joinpath("country_zones.csv").read_text(encoding="utf-8")
    main = {row["place"]: row["timezone"] for row in csv.DictReader(text.splitlines())}
    return {**load_pairs(ZONES), **main}
