"""Dates and clock times in two fields: every form reads as one instant, any text as a time or none."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.normalize import clocks

TEXTS = st.text(alphabet="0123456789:/-. APMZ+", max_size=14) | st.text(max_size=8)


@given(st.datetimes(datetime.fromisoformat("1991-01-01"), datetime.fromisoformat("2099-12-01")))
def test_dates_and_clocks_come_back(when: datetime) -> None:
    when = when.replace(microsecond=0)
    assert (
        clocks.day(f"{when:%d.%m.%Y}", "dmy") == clocks.day(f"{when.month}/{when.day}/{when:%Y}", "mdy") == when.date()
    )
    assert clocks.clock(f"{when:%H:%M:%S}") == clocks.clock(f"{when:%I:%M:%S %p}") == when.time()
    moment = clocks.moment(f"{when:%Y-%m-%d}", f"{when:%H:%M:%S}", zone_name="UTC")
    assert moment.at == when.replace(tzinfo=UTC)


@given(TEXTS, TEXTS, TEXTS, st.sampled_from(["ymd", "dmy", "mdy"]))
def test_any_text_is_a_time_or_none(day: str, clock: str, zone_name: str, order: str) -> None:
    assert clocks.day(day, order) is None or isinstance(clocks.day(day, order), date)
    assert clocks.clock(clock) is None or isinstance(clocks.clock(clock), time)
    moment = clocks.moment(day, clock, order=order, zone_name=zone_name)
    assert (moment.at is None) == (moment.quality == "missing")


@pytest.mark.parametrize(
    ("name", "hour", "quality"),
    [
        ("EST", 17, "offset"),
        ("ET", 16, "offset"),
        ("pt", 19, "offset"),
        ("+02:00", 10, "offset"),
        ("Europe/Zurich", 10, "offset"),
        ("../../etc/passwd", 12, "naive"),
        ("Europe", 12, "naive"),
        (None, 12, "naive"),
    ],
)
def test_a_named_zone(name: str | None, hour: int, quality: str) -> None:
    moment = clocks.moment("2026-07-02", "12:00", zone_name=name)
    assert moment.at is not None
    assert (moment.at.hour, moment.quality) == (hour, quality)


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("Germany", "DE"),
        ("DEU", "DE"),
        ("de", "DE"),
        ("UK", "GB"),
        ("UNITED KINGDOM", "GB"),
        ("UNDEFINED", None),
        ("", None),
    ],
)
def test_a_country_by_any_name(spelling: str, code: str | None) -> None:
    assert clocks.country(spelling) == code
