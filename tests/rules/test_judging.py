"""What becomes of a verdict: a case that runs, says what was known, and is marked where it asks for a change."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
import yaml

from rules.explaining.listening import Heard, listen_each
from rules.judging import UnfitError, Verdict, judged_case
from rules.loading import load_policy
from rules.reviewing import Candidate, candidates
from rules.twin_cases import run_case
from rules.twin_orders import TwinCase
from rules.twin_reading import twin_text
from rules.twin_writing import with_cases
from schemas.codec import dumps, parse_rfc3339
from schemas.recording import RawRecord

POLICY = load_policy()


def raw(topic: str, heard: str, /, **value: Any) -> RawRecord:
    return RawRecord(topic, parse_rfc3339(heard), dumps(value), None, {"source": "wismo"})


def scan(at: str, status: str, heard: str | None = None, **fields: Any) -> RawRecord:
    told = {"carrier": "ups", "tracking_number": "1Z0000000000000001", "status": status, "occurred_at": at, **fields}
    return raw("carrier-scans", heard or at, **told)


def order(at: str, **fields: Any) -> RawRecord:
    parcel = {"carrier": "ups", "tracking_number": "1Z0000000000000001", "service_level": "ground"}
    told = {"event": "fulfilled", "order_id": "A-9", "customer_id": "C-1", "at": at, "shipments": [parcel]}
    return raw("order-events", at, **{**told, **fields})


STALLED = [
    order("2026-03-02T09:00:00Z", promise_date="2026-03-20", destination={"country": "US", "postal_code": "40202"}),
    scan("2026-03-02T10:00:00Z", "picked_up", location={"city": "Memphis", "region": "TN", "postal_code": "38118"}),
    scan("2026-03-02T15:00:00Z", "in_transit", description="Left with JANE DOE"),
    scan("2026-03-09T15:00:00Z", "in_transit"),
]


def case_and_heard(records: Sequence[RawRecord], kind: str) -> tuple[Candidate, Heard]:
    case = next(one for one in candidates(records, POLICY) if one.kind == kind)
    (heard,) = listen_each(records, [(case.key, case.at)], POLICY)
    return case, heard


def judged(word: str, should: str | None = None, kind: str = "stalled", **fields: Any) -> TwinCase:
    case, heard = case_and_heard(STALLED, kind)
    return judged_case(heard, case, Verdict(word, should, **fields), POLICY)


def test_right_holds_stage_owner_and_posture_from_now_on() -> None:
    case = judged("right", note="two days are enough", by="sam")

    assert {name: case[name] for name in ("fires", "stage", "owner", "posture")} == {
        "fires": True, "stage": "limit", "owner": "operations", "posture": "silent",
    }  # fmt: skip
    assert "pending" not in case
    assert case["judged"]["by"] == "sam" and case["name"].startswith("two days are enough (")
    assert run_case("stalled", case) == []


def test_a_case_tells_nobodys_name_number_or_address() -> None:
    text = dumps(judged("right")).decode()

    assert "JANE" not in text and "1Z0000000000000001" not in text and "A-9" not in text
    assert "38118" not in text and "40202" not in text
    assert "Memphis" in text


def test_wrong_asks_for_the_opposite_and_is_pending_until_the_rule_changes() -> None:
    case = judged("wrong")

    assert case["fires"] is False
    assert case["pending"] == "judged wrong, but it fires"
    assert run_case("stalled", case) == ["it fires"]


def test_another_policy_fulfils_a_pending_case() -> None:
    patient = load_policy(
        "- extends: packaged\n- name: patient\n  from: 2026-01-02\n  values: {stalled: {silence: {ground: 9d}}}\n"
    )

    assert run_case("stalled", judged("wrong"), patient) == []


@pytest.mark.parametrize(("word", "should"), [("owner", "support"), ("posture", "apology")])
def test_a_correction_holds_only_what_was_corrected(word: str, should: str) -> None:
    case = judged(word, should)

    assert case["fires"] is True and case[word] == should and "stage" not in case
    assert (
        case["pending"] == f"judged {word}, but {word} is {'operations' if word == 'owner' else 'silent'}, not {should}"
    )


def test_a_correction_to_what_it_says_already_is_no_case() -> None:
    with pytest.raises(UnfitError, match="say right"):
        judged("owner", "operations")


@pytest.mark.parametrize(("word", "should"), [("maybe", None), ("owner", "nobody"), ("posture", None)])
def test_a_word_that_is_no_verdict_is_refused(word: str, should: str | None) -> None:
    with pytest.raises(ValueError, match=r"no verdict|name one of"):
        Verdict(word, should)


def test_what_only_the_other_policy_opens_is_judged_as_a_silence() -> None:
    strict = load_policy(
        "- extends: packaged\n- name: s\n  from: 2026-01-02\n  values: {stalled: {silence: {ground: 12h}}}\n"
    )
    found = candidates(STALLED[:3] + [scan("2026-03-03T09:00:00Z", "in_transit")], POLICY, strict)
    (case,) = [one for one in found if one.kind == "stalled"]
    (heard,) = listen_each(STALLED, [(case.key, case.at)], POLICY)

    assert not case.fires and "only the other policy" in case.why[0]
    assert judged_case(heard, case, Verdict("right"), POLICY)["fires"] is False
    missed = judged_case(heard, case, Verdict("wrong"), POLICY)
    assert (missed["fires"], missed["pending"]) == (True, "judged wrong, but it stays quiet")
    with pytest.raises(UnfitError, match="stays quiet"):
        judged_case(heard, case, Verdict("owner", "support"), POLICY)


class TestTwins:
    def test_the_text_before_stays_and_the_case_is_read_back_as_it_was(self) -> None:
        case, text = judged("right", note='quoted: "yes", {no}'), twin_text("stalled")

        after = with_cases("stalled", text, [case])

        assert after.startswith(text)
        (read,) = yaml.safe_load(after)["cases"][len(yaml.safe_load(text)["cases"]) :]
        assert read == case
        assert run_case("stalled", read) == []

    def test_the_same_verdict_again_adds_nothing_and_another_one_is_refused(self) -> None:
        after = with_cases("stalled", twin_text("stalled"), [judged("right")])

        assert with_cases("stalled", after, [judged("right")]) == after
        with pytest.raises(ValueError, match="judged right before"):
            with_cases("stalled", after, [judged("wrong")])

    def test_a_twin_that_goes_on_behind_its_cases_is_left_alone(self) -> None:
        with pytest.raises(ValueError, match="does not end with"):
            with_cases("stalled", "cases: []\ntitle: x\n", [judged("right")])


def test_times_of_a_case_are_times() -> None:
    assert all(isinstance(one["at"], datetime) for one in judged("right")["scans"])
