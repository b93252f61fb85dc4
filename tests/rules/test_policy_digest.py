"""The digest's values in a policy: how they are layered, and what is wrong with them."""

from datetime import UTC, datetime, time

import pytest

from rules.loading import check_policy, default_text, load_policy

DAY = datetime(2026, 3, 3, 12, tzinfo=UTC)


def entry(name: str, messages: str, scope: str = "", begins: str = "2026-02-01") -> str:
    whom = f", for: {{{scope}}}" if scope else ""
    return f"- {{name: {name}, from: {begins}{whom}, values: {{messages: {messages}}}}}\n"


def problems(*entries: str) -> list[str]:
    return check_policy("- extends: packaged\n" + "".join(entries), "mine.yaml")


def test_the_packaged_policy_sends_at_six_and_takes_nothing_out() -> None:
    policy = load_policy().at(DAY)

    names = ("enabled", "at", "apart")
    assert [policy.value(f"messages.digest.{name}") for name in names] == [True, time(18), ()]


def test_each_value_may_be_another_by_layer() -> None:
    book = load_policy(
        "- extends: packaged\n"
        + entry("noon", '{digest: {at: "12:00"}}', "storefront: eu")
        + entry("alone", "{digest: {enabled: false}}", "carrier: usps")
        + entry("fast", "{digest: {apart: [delivered, out_for_delivery, delivered]}}", "service_level: express")
    )

    assert book.at(DAY, "ups", "eu", "ground").value("messages.digest.at") == time(12)
    assert book.at(DAY, "usps", "eu", "ground").value("messages.digest.enabled") is False
    assert book.at(DAY, "ups", "eu", "express").value("messages.digest.apart") == ("delivered", "out_for_delivery")
    assert book.at(DAY, "ups", "us", "ground").value("messages.digest.at") == time(18)


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ("{digest: {enabled: perhaps}}", "messages.digest.enabled: 'perhaps' is no switch; write true or false"),
        ('{digest: {at: "25:00"}}', "messages.digest.at: '25:00' is no time of day"),
        ("{digest: {apart: delivered}}", "messages.digest.apart: 'delivered' is no list"),
        ("{digest: {apart: [arrived]}}", "messages.digest.apart: no message is about 'arrived'; known are shipped,"),
        ("{digest: {slot: 1}}", "no policy value has this name; known here are apart, at, enabled"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(messages: str, told: str) -> None:
    [problem] = problems(entry("quick", "{settling: 20m}"), entry("bad", messages))

    assert problem.startswith("mine.yaml:3: ")
    assert told in problem


@pytest.mark.parametrize("at", ["21:00", "23:30", "00:00", "07:59"])
def test_a_slot_in_the_quiet_hours_is_refused(at: str) -> None:
    assert problems(entry("late", f'{{digest: {{at: "{at}"}}}}')) == [
        f"mine.yaml:2: messages.digest.at {at} (late@2026-02-01:messages.digest.at) lies in the quiet hours 21:00 to "
        "08:00 (default@2026-01-01:messages.quiet.from, default@2026-01-01:messages.quiet.to), so a digest could never"
        " go: let it lie outside them"
    ]


@pytest.mark.parametrize("at", ["20:59", "08:00", "12:00"])
def test_a_slot_outside_them_is_well_and_their_end_is_outside(at: str) -> None:
    assert problems(entry("other", f'{{digest: {{at: "{at}"}}}}')) == []


def test_they_may_come_from_two_layers_and_the_later_entry_is_named() -> None:
    evening = entry("evening", '{digest: {at: "20:00"}}', "storefront: eu")
    early = entry("early", '{quiet: {from: "19:30", to: "09:00"}}', "carrier: usps")

    assert problems(evening) == []
    assert problems(early) == []
    [problem] = problems(evening, early)
    assert problem.startswith("mine.yaml:3: messages.digest.at 20:00 (evening@2026-02-01:messages.digest.at)")


def test_they_never_meet_where_one_ends_before_the_other_begins() -> None:
    evening = '- {name: evening, from: 2026-02-01, until: 2026-03-01, values: {messages: {digest: {at: "20:00"}}}}\n'
    early = '{quiet: {from: "19:30"}}'

    assert problems(evening, entry("early", early, begins="2026-03-01")) == []
    assert len(problems(evening, entry("early", early, begins="2026-02-28"))) == 1


def test_a_digest_that_is_off_may_have_any_slot() -> None:
    assert problems(entry("off", '{digest: {enabled: false, at: "23:00"}}')) == []
    [problem] = problems(
        entry("off", '{digest: {enabled: false, at: "23:00"}}'),
        entry("on", "{digest: {enabled: true}}", begins="2026-03-01"),
    )
    assert problem.startswith("mine.yaml:3: ")


def test_quiet_hours_within_a_day_are_understood() -> None:
    assert len(problems(entry("siesta", '{quiet: {from: "17:00", to: "19:00"}}'))) == 1
    assert problems(entry("siesta", '{quiet: {from: "13:00", to: "18:00"}}')) == []


def test_a_policy_of_its_own_has_to_set_them() -> None:
    lines = [line for line in default_text().splitlines() if not line.strip().startswith("digest:")]

    [problem] = check_policy("\n".join(lines), "mine.yaml")
    assert "messages.digest.apart, messages.digest.at, messages.digest.enabled not set" in problem
