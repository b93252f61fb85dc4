"""Stamps and worded places: every form is one instant or none, every text a place or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.normalize import stamps
from rules.normalize.times import zone_of
from rules.normalize.wording import worded_place
from schemas.facts import Location


@pytest.mark.parametrize(
    ("written", "at", "quality"),
    [
        ("2026-03-02T10:00:00Z", "2026-03-02 10:00:00+00:00", "offset"),
        ("Aug 11, 2026, 4:31:56 PM", "2026-08-11 14:31:56+00:00", "zone_inferred"),
        ("August 11, 2026", "2026-08-11 12:00:00+00:00", "date_only"),
        ("10/01/2025 02:00 PM", "2025-10-01 12:00:00+00:00", "zone_inferred"),
        ("/Date(1772445600000-0500)/", "2026-03-02 10:00:00+00:00", "offset"),
        ("Feb 30, 2026", "None", "missing"),
        ("Foo 11, 2026", "None", "missing"),
        ("/Date(-62135596800000)/", "None", "missing"),
        ("", "None", "missing"),
    ],
)
def test_written_times(written: str, at: str, quality: str) -> None:
    moment = stamps.read(written, zone_of("FR"))
    assert (str(moment.at), moment.quality) == (at, quality)


@given(st.text(max_size=30) | st.integers() | st.floats() | st.none() | st.booleans())
def test_any_value_is_a_time_or_none(value: object) -> None:
    written = value if isinstance(value, str) else str(value)
    for moment in (stamps.epoch(value), stamps.read(written), stamps.wcf(written, written)):
        assert (moment.at is None) == (moment.quality == "missing")


@pytest.mark.parametrize(
    ("written", "home", "place"),
    [
        ("Los Angeles, CA, US", None, Location(city="Los Angeles", region="CA", country="US")),
        ("TEANECK, NJ", "US", Location(city="TEANECK", region="NJ", country="US")),
        ("Los Angeles, CA", None, Location(city="Los Angeles", region="CA")),
        ("London, UK", None, Location(city="London", country="GB")),
        ("Roundwood, WW", None, Location(city="Roundwood", region="WW")),
        ("International Transit", None, Location(city="International Transit")),
        (" , ", None, None),
        (None, "US", None),
    ],
)
def test_places_in_one_text(written: str | None, home: str | None, place: Location | None) -> None:
    assert worded_place(written, home) == place
