"""Words, times and spans as people read them."""

from datetime import timedelta
from typing import Any

import pytest

from dashboard.wording import carrier_name, delay, due, exact, moment, path_part, plain, since, span, word
from tests.sinks.samples import NOON


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("attempts_exhausting", "Attempts exhausting"),
        (None, ""),
        ("vip", "VIP"),
        ("Give the customer.", "Give the customer."),
    ],
)
def test_words(raw: str | None, read: str) -> None:
    assert word(raw) == read


def test_carriers_as_they_write_themselves() -> None:
    assert [carrier_name(slug) for slug in ("ups", "royal_mail", "some_slug", None)] == [
        "UPS",
        "Royal Mail",
        "Some Slug",
        "",
    ]


@pytest.mark.parametrize(
    ("seconds", "read"),
    [(0, "under a minute"), (59, "under a minute"), (60, "1 min"), (3600, "1 h"), (15_600, "4 h 20 min"),
     (90_000, "1 d 1 h"),
     (86_400 * 3 + 7200, "3 d"), (86_400 * 256, "256 d")],
)  # fmt: skip
def test_spans(seconds: float, read: str) -> None:
    assert span(seconds) == read


def test_times_are_seen_from_now() -> None:
    assert due(NOON + timedelta(hours=2), NOON) == "in 2 h"
    assert due(NOON - timedelta(hours=2), NOON) == "2 h overdue"
    assert due(None, NOON) == ""
    assert since(NOON, NOON + timedelta(minutes=5)) == "5 min"
    assert since(NOON + timedelta(minutes=5), NOON) == "under a minute"


def test_times_are_printed_in_utc() -> None:
    assert moment("2026-03-02T16:05:00-05:00") == "2 Mar 21:05"
    assert exact(NOON) == "2026-03-02 12:00:00 UTC"
    assert exact("soon") == ""


def test_a_delay_is_told_where_it_matters() -> None:
    assert delay(NOON, NOON + timedelta(minutes=1)) == ""
    assert delay(NOON, NOON + timedelta(hours=3)) == "heard 3 h later"


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (None, "–"),
        (True, "yes"),
        (51.5, "51.5"),
        (48, "48"),
        ([], "–"),
        (["a", 1], "a, 1"),
        ({"a": {"b": 1}}, "a: b: 1"),
    ],
)
def test_any_value_in_one_line(value: Any, read: str) -> None:
    assert plain(value) == read


def test_a_long_value_is_cut() -> None:
    assert len(plain("x" * 10_000)) < 700


def test_an_id_is_one_part_of_a_path() -> None:
    assert path_part("ups:1Z/..?#") == "ups:1Z%2F..%3F%23"
