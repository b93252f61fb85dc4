"""Promoting and rolling back: what stands in the file stays, and the past is decided as it was."""

from datetime import UTC, datetime, timedelta

import pytest

from rules.loading import PolicyError, default_text, load_policy
from rules.policy_writing import Appended, Change, promote, rollback

LIVE = "# ours\n- extends: packaged\n- {name: post, from: 2026-02-01, for: {carrier: usps}, kinds: {stalled: off}}"
CANDIDATE = """\
- extends: live
- name: sooner        # why
  from: 2026-02-10
  for: {carrier: ups}
  values:
    stalled: {silence: {ground: 24h}}
    owners: {support: {opens: "09:00"}}
- {name: dark, from: 2027-01-01, kinds: {damaged: off}}
"""
NOW = datetime(2026, 3, 3, 12, 1, 30, tzinfo=UTC)
BEGINS = datetime(2026, 3, 3, 12, 4, tzinfo=UTC)


def change(minutes: int = 0, note: str = "it's quieter: #1") -> Change:
    later = timedelta(minutes=minutes)
    return Change("kim", NOW + later, BEGINS + later, note)


def promoted(live: str = LIVE, candidate: str = CANDIDATE) -> Appended:
    return promote((live, "live.yaml"), (candidate, "cand.yaml"), change())


def test_a_promotion_only_appends() -> None:
    made = promoted()

    assert made.text == f"{LIVE}\n{made.added}"
    assert [entry.version for entry in made.entries] == ["sooner@2026-03-03T12:04:00Z", "dark@2027-01-01"]
    assert {(entry.by, entry.at, entry.note) for entry in made.entries} == {("kim", NOW, "it's quieter: #1")}


def test_what_was_promoted_holds_from_its_moment_on() -> None:
    before, after = load_policy(LIVE), load_policy(promoted().text)
    earlier = BEGINS - timedelta(microseconds=1)

    assert after.at(earlier, "ups").version == before.at(earlier, "ups").version
    assert after.at(BEGINS, "ups").value("stalled.silence.ground") == timedelta(hours=24)
    assert after.at(BEGINS, "ups").value("owners.support.opens").hour == 9
    assert after.at(BEGINS, "usps").mode("stalled").value == "off"


def test_a_candidate_may_be_the_whole_live_policy_with_more_at_its_end() -> None:
    more = "- {name: dark, from: 2026-02-10, kinds: {damaged: off}}\n"
    made = promote((default_text(), "live.yaml"), (default_text() + more, "cand.yaml"), change())

    assert made.text.startswith(default_text())
    assert [entry.version for entry in made.entries] == ["dark@2026-03-03T12:04:00Z"]


@pytest.mark.parametrize(
    ("candidate", "told"),
    [
        (LIVE, "nothing to promote"),
        (LIVE.replace("stalled: off", "stalled: live"), "post@2026-02-01 is not what the live policy says there"),
        (CANDIDATE.replace("24h", "soon"), "cand.yaml:6: stalled.silence.ground: 'soon' is no span"),
        ("- extends: live\n- {name: x, from: 2026-02-10, until: 2026-03-01, kinds: {damaged: off}}\n", "never holds"),
    ],
)
def test_what_does_not_fit_is_not_promoted(candidate: str, told: str) -> None:
    with pytest.raises(PolicyError, match=told):
        promoted(candidate=candidate)


def test_a_rollback_takes_the_last_promotion_back_and_only_appends() -> None:
    first = promoted()
    other = "- extends: live\n- {name: more, from: 2026-02-10, kinds: {returned: off}}\n"
    second = promote((first.text, "live.yaml"), (other, "cand.yaml"), change(10))
    back = rollback((second.text, "live.yaml"), change(20, "too noisy"))

    assert back.text == second.text + back.added
    assert back.entries[0].revokes == ("more@2026-03-03T12:14:00Z",)
    book, then = load_policy(back.text), BEGINS + timedelta(minutes=20)
    assert book.at(then - timedelta(minutes=1)).mode("returned").value == "off"
    assert book.at(then).mode("returned").value == "live"
    assert book.at(then, "ups").version == load_policy(first.text).at(then, "ups").version

    again = rollback((back.text, "live.yaml"), change(30))
    assert again.entries[0].revokes == ("sooner@2026-03-03T12:04:00Z", "dark@2027-01-01")
    with pytest.raises(PolicyError, match="no promoted entry is left to take back"):
        rollback((again.text, "live.yaml"), change(40))


def test_an_entry_may_be_taken_back_by_name_even_before_it_begins() -> None:
    made = promoted()
    back = rollback((made.text, "live.yaml"), change(1), ("dark@2027-01-01",))

    assert load_policy(back.text).at(datetime(2027, 2, 1, tzinfo=UTC)).mode("damaged").value == "live"
    assert load_policy(back.text).at(BEGINS, "ups").value("stalled.silence.ground") == timedelta(hours=24)


@pytest.mark.parametrize("version", ["default@2026-01-01", "nobody@2026-01-01"])
def test_what_cannot_be_taken_back_is_refused(version: str) -> None:
    with pytest.raises(PolicyError, match="does not fit"):
        rollback((LIVE, "live.yaml"), change(), (version,))


def test_a_rollback_cannot_be_taken_back() -> None:
    back = rollback((promoted().text, "live.yaml"), change(1))

    with pytest.raises(PolicyError, match="revokes others: promote what is to hold instead"):
        rollback((back.text, "live.yaml"), change(2), ("rollback@2026-03-03T12:05:00Z",))
