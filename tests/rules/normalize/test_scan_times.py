"""Times: every form reads as one instant in UTC, and order follows from what is known."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.normalize import times
from rules.normalize.history import Parcel, Told, in_order, scan
from rules.normalize.tables import Row

FIRST, LAST = datetime.fromisoformat("1991-01-01"), datetime.fromisoformat("2099-12-01")
MOMENTS = st.datetimes(FIRST, LAST).map(lambda one: one.replace(microsecond=0))
MINUTES = st.integers(-12 * 60, 14 * 60)


@given(MOMENTS, MINUTES)
def test_a_local_time_and_its_offset_are_the_instant(moment: datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    for separator in (":", ".", ""):
        distance = times.offset(f"{sign}{hours:02}{separator}{rest:02}")
        assert distance is not None
        assert times.shifted(moment, distance, "raw").at == aware
    assert times.iso(aware.isoformat()).at == aware


@given(MOMENTS)
def test_compact_times_come_back_with_and_without_colons_and_zeros(moment: datetime) -> None:
    day, clock = moment.strftime("%Y%m%d"), moment.strftime("%H%M%S")
    assert times.compact(day, clock) == moment
    assert times.compact(day, moment.strftime("%H:%M:%S")) == moment
    if moment.hour and moment.hour < 10:
        assert times.compact(day, clock[1:]) == moment
    assert times.compact(day, "") == moment.date()


@given(st.text(max_size=12), st.text(max_size=12))
def test_any_text_is_a_time_or_none(day: str, clock: str) -> None:
    assert times.compact(day, clock) is None or isinstance(times.compact(day, clock), date)
    for moment in (times.iso(day), times.iso(clock, midnight_is_day=True)):
        assert (moment.at is None) == (moment.quality == "missing")
    times.offset(day)


@pytest.mark.parametrize(
    ("written", "at", "quality"),
    [
        ("2026-03-02", "2026-03-02 12:00:00+00:00", "date_only"),
        ("2026-03-02T00:00:00", "2026-03-02 12:00:00+00:00", "date_only"),
        ("2026-03-02T00:00:00-06:00", "2026-03-02 06:00:00+00:00", "offset"),
        ("2026-03-02T01:00:00", "2026-03-02 01:00:00+00:00", "naive"),
        ("2875-03-02T01:00:00Z", "None", "missing"),
        ("0001-01-01T00:00:00+14:00", "None", "missing"),
        ("12:30", "None", "missing"),
        (None, "None", "missing"),
    ],
)
def test_iso_forms(written: str | None, at: str, quality: str) -> None:
    moment = times.iso(written, midnight_is_day=True)
    assert (str(moment.at), moment.quality, moment.raw) == (at, quality, written)


@pytest.mark.parametrize(
    ("country", "region", "hour"),
    [("US", "NY", 17), ("US", "CA", 20), ("US", None, 12), ("DE", None, 11), ("DE", "BY", 11), ("CA", "BC", 20)],
)
def test_a_place_gives_its_zone_where_it_has_one(country: str, region: str | None, hour: int) -> None:
    moment = times.local(datetime.fromisoformat("2026-01-15T12:00"), times.zone_of(country, region), "raw")
    assert moment.at == datetime(2026, 1, 15, hour, tzinfo=UTC)


PARCEL = Parcel("ups", "1", "test")
QUALITIES = st.sampled_from(["offset", "offset", "offset", "date_only", "missing"])


@given(st.lists(st.tuples(st.integers(0, 72), QUALITIES), max_size=8), st.booleans())
def test_exact_times_are_in_order_and_nothing_is_lost(rows: list[tuple[int, str]], newest_first: bool) -> None:
    begin = datetime(2026, 3, 2, tzinfo=UTC)
    listed = []
    for position, (hours, quality) in enumerate(rows):
        at = begin + timedelta(hours=hours)
        moment = times.Moment(None if quality == "missing" else at, quality, str(at))
        listed.append(scan(PARCEL, Told(str(position), None, moment), Row(state="in_transit")))
    ordered = in_order(listed, newest_first=newest_first)
    assert sorted(one.code or "" for one in ordered) == sorted(one.code or "" for one in listed)
    exact = [one.occurred_at for one in ordered if one.time_quality == "offset" and one.occurred_at]
    assert exact == sorted(exact)


@given(st.permutations(range(6)))
def test_the_order_of_the_list_does_not_matter_where_times_are_exact(positions: list[int]) -> None:
    begin = datetime(2026, 3, 2, tzinfo=UTC)
    rows = [
        scan(PARCEL, Told(str(n), None, times.Moment(begin + timedelta(hours=n), "offset", str(n))), None)
        for n in positions
    ]
    assert [one.code for one in in_order(rows, newest_first=True)] == [str(n) for n in range(6)]
