"""Business time of carriers."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from holidays import country_holidays

from rules.calendar import _rows, calendar_of, weekdays
from rules.places import end_of_day, zone_of
from schemas.facts import Destination


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def days(count: float) -> timedelta:
    return timedelta(days=count)


def test_a_weekend_does_not_count() -> None:
    ups = calendar_of("ups")

    assert ups.after(at("2026-05-22T20:00"), days(1)) == at("2026-05-26T20:00")  # a Friday; Monday is a holiday
    assert ups.after(at("2026-01-23T20:00"), days(1)) == at("2026-01-26T20:00")
    assert ups.between(at("2026-01-23T20:00"), at("2026-01-26T20:00")) == days(1)


def test_what_starts_on_a_weekend_starts_with_the_next_business_day_there() -> None:
    assert calendar_of("ups").after(at("2026-01-24T12:00"), days(1)) == at("2026-01-27T05:00")
    assert calendar_of("dpd").after(at("2026-01-24T12:00"), days(1)) == at("2026-01-26T23:00")


def test_a_carrier_that_works_on_saturday_counts_it() -> None:
    assert calendar_of("usps").after(at("2026-01-23T20:00"), days(1)) == at("2026-01-24T20:00")


def test_a_holiday_of_the_carriers_country_does_not_count() -> None:
    assert calendar_of("ups").after(at("2026-12-24T15:00"), days(1)) == at("2026-12-28T15:00")
    assert calendar_of("dpd").after(at("2026-07-03T10:00"), days(1)) == at("2026-07-06T10:00")
    assert calendar_of("ups").after(at("2026-07-02T15:00"), days(1)) == at("2026-07-06T15:00")  # observed on the 3rd


def test_an_hour_is_an_hour_when_clocks_change() -> None:
    assert calendar_of("ups").after(at("2026-03-06T15:00"), days(2)) == at("2026-03-10T14:00")
    assert calendar_of("ups").between(at("2026-03-06T15:00"), at("2026-03-10T14:00")) == days(2)


def test_nobody_knows_this_carrier() -> None:
    odd = calendar_of("some_slug")

    assert odd.after(at("2026-12-25T12:00"), days(1)) == at("2026-12-28T12:00")


def test_time_that_runs_backwards_counts_nothing() -> None:
    assert calendar_of("ups").between(at("2026-01-23T20:00"), at("2026-01-22T20:00")) == timedelta(0)


@pytest.mark.parametrize("text", ["", "0-5", "1-9", "5-1", "x"])
def test_weekdays_are_read_strictly(text: str) -> None:
    with pytest.raises(ValueError):
        weekdays(text)


def test_the_zone_of_a_destination_says_what_it_is_known_from() -> None:
    def zone(**fields: str) -> tuple[str, str]:
        found, basis = zone_of(Destination(**fields))
        return found.key, basis

    assert zone(country="US", timezone="America/Denver") == ("America/Denver", "destination.timezone")
    assert zone(country="US", region="CA") == ("America/Los_Angeles", "region")
    assert zone(country="DE", region="BY") == ("Europe/Berlin", "country")
    assert zone(country="US") == ("America/New_York", "country")
    assert zone(country="XX", timezone="Not/There") == ("UTC", "utc")
    assert zone_of(None)[1] == "utc"


def test_a_day_ends_at_24_00_there() -> None:
    assert end_of_day("2026-03-04", ZoneInfo("America/New_York")) == at("2026-03-05T05:00")
    assert end_of_day("2026-03-08", ZoneInfo("America/New_York")) == at("2026-03-09T04:00")
    assert end_of_day("soon", ZoneInfo("UTC")) is None


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize("holiday", ["2026-02-16", "2026-10-12", "2026-11-11", "2026-06-19", "2026-01-19"])
def test_ups_and_fedex_work_on_days_that_the_post_keeps(holiday: str) -> None:
    works = {name: calendar_of(name).is_business_day(day(holiday)) for name in ("ups", "fedex", "usps")}

    assert works == {"ups": True, "fedex": True, "usps": False}


@pytest.mark.parametrize("holiday", ["2026-05-25", "2026-07-03", "2026-09-07", "2026-11-26", "2026-12-25"])
def test_ups_and_fedex_rest_on_the_great_holidays(holiday: str) -> None:
    assert not any(calendar_of(name).is_business_day(day(holiday)) for name in ("ups", "fedex", "usps"))


@pytest.mark.parametrize(
    "holiday", ["2026-04-03", "2026-04-06", "2026-05-18", "2026-07-01", "2026-10-12", "2026-12-28"]
)
def test_canada_post_keeps_the_days_of_its_own_schedule(holiday: str) -> None:
    assert not calendar_of("canada_post").is_business_day(day(holiday))


def test_every_correction_names_a_holiday_that_is_known() -> None:
    for row in _rows().values():
        if row.works_on or row.rests_on:
            known = country_holidays(row.country, years=2026, language="en_US", categories=("public", "government"))
            names = {name for date_ in known for name in known.get_list(date_)}
            for name in (*row.works_on, *row.rests_on):
                assert any(one.startswith(name.partition("+")[0]) for one in names), (row.carrier, name)
