"""Dated policy: what holds when, for whom, and what is wrong with a file."""

from datetime import UTC, datetime, timedelta

import pytest

from rules.loading import PolicyError, check_policy, default_text, load_policy
from rules.values import LEAVES

PEAK = """
- name: peak
  from: 2026-11-15
  until: 2027-01-08
  values:
    stalled:
      silence: {ground: 72h}
- name: slow-post
  from: 2026-12-01
  for: {carrier: usps}
  values:
    attempts: {allowed: {usps: 3}}
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_packaged_policy_is_well_and_sets_everything() -> None:
    assert check_policy() == []
    assert set(load_policy().at(at("2026-03-01")).limits) == set(LEAVES)


def test_a_limit_names_the_entry_that_set_it() -> None:
    book = load_policy(default_text() + PEAK)

    before, peak = book.at(at("2026-11-14T23:59")), book.at(at("2026-11-15"))

    assert before.limit("stalled.silence.ground").path == "default@2026-01-01:stalled.silence.ground"
    assert peak.limit("stalled.silence.ground").path == "peak@2026-11-15:stalled.silence.ground"
    assert (before.value("stalled.silence.ground"), peak.value("stalled.silence.ground")) == (
        timedelta(hours=48),
        timedelta(hours=72),
    )
    assert (before.version, peak.version) == ("default@2026-01-01", "default@2026-01-01+peak@2026-11-15")
    assert peak.value("stalled.silence.express") == timedelta(hours=24)


def test_an_entry_ends_with_the_day_before_its_until() -> None:
    book = load_policy(default_text() + PEAK)

    assert book.at(at("2027-01-07T12:00")).value("stalled.silence.ground") == timedelta(hours=72)
    assert book.at(at("2027-01-08")).value("stalled.silence.ground") == timedelta(hours=48)


def test_an_entry_for_one_carrier_leaves_the_others_alone() -> None:
    book = load_policy(default_text() + PEAK)
    day = at("2026-12-02")

    assert book.at(day, "usps").value("attempts.allowed.usps") == 3
    assert book.at(day, "ups").version == "default@2026-01-01+peak@2026-11-15"


def test_before_the_first_day_the_first_entry_holds() -> None:
    assert load_policy().at(at("2019-05-01")).version == "default@2026-01-01"


def test_a_choice_falls_back_where_nothing_is_set() -> None:
    policy = load_policy().at(at("2026-03-01"))

    assert policy.choice("attempts.allowed", "evri", "other").path.endswith("attempts.allowed.other")
    assert policy.choice("stalled.silence", None, "unknown").value == timedelta(hours=48)


@pytest.mark.parametrize(
    ("change", "line", "told"),
    [
        (("express: 24h", "express: soon"), 11, "no span"),
        (("apology_factor: 2", "apology_factor: 0"), 12, "no factor"),
        (("settling: 30m", "setling: 30m"), 38, "no policy value has this name; known here are"),
        (("warn: 1bd, ", ""), 8, "label_not_scanned.warn not set"),
        (("from: 2026-01-01", "from: soon"), 9, "no date"),
        (("- name: default", "- nam: default"), 8, "unknown field 'nam'"),
        (('from: "21:00"', 'from: "27:00"'), 40, "no time of day"),
        (("zone: UTC, days: 1-7}\n      finance", "zone: Mars, days: 1-7}\n      finance"), 32, "no IANA time zone"),
        (("hysteresis: 1h", "hysteresis: 1h\n      hysteresis: 2h"), 18, "twice"),
        (("[50, 2], [100, 4]", "[100, 4], [50, 2]"), 22, "rise"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(change: tuple[str, str], line: int, told: str) -> None:
    text = default_text()
    assert change[0] in text
    problems = check_policy(text.replace(change[0], change[1], 1), "mine.yaml")

    assert any(told in problem for problem in problems)
    found = next(problem for problem in problems if told in problem)
    assert found.startswith("mine.yaml:")
    assert abs(int(found.split(":")[1]) - line) <= 3


def test_a_wrong_policy_is_not_loaded() -> None:
    with pytest.raises(PolicyError, match="policy:1: write a list"):
        load_policy("values: {}")
    with pytest.raises(PolicyError, match="no YAML"):
        load_policy("- {")


def test_entries_are_appended_and_never_go_back() -> None:
    text = default_text() + "- {name: early, from: 2025-01-01, values: {forget: {terminal: 5d}}}\n"

    assert any("begins before" in problem for problem in check_policy(text))


def test_an_entry_may_be_there_only_once() -> None:
    entry = "- {name: peak, from: 2026-11-15, values: {forget: {terminal: 5d}}}\n"

    assert any("there twice" in problem for problem in check_policy(default_text() + entry + entry))
