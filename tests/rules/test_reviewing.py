"""Which cases are picked: every kind gets its turn, doubt and dispute come first, and the order never changes."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from rules.explaining.listening import listen, listen_each
from rules.loading import load_policy
from rules.reviewing import Candidate, candidates, picked
from schemas.recording import read_recording
from tests.rules.builders import MONDAY

RECORDING = Path(__file__).parents[2] / "schemas/examples/recording.jsonl"


def candidate(name: str, kind: str = "stalled", weight: float = 0, **fields: Any) -> Candidate:
    told: dict[str, Any] = {"key": f"ups:{name}", "at": MONDAY, "fires": True, "owner": "operations", **fields}
    return Candidate(case_id=name, kind=kind, severity="routine", score=35, posture="silent", weight=weight, **told)


def names(cases: list[Candidate], count: int) -> list[str]:
    return [one.case_id for one in picked(cases, count)]


def test_each_kind_has_one_before_any_has_two() -> None:
    many = [candidate(f"s{number}", weight=5) for number in range(5)]

    assert names([*many, candidate("d", "damaged"), candidate("r", "refused")], 4) == ["s0", "d", "r", "s1"]


def test_the_doubtful_come_first_within_their_kind() -> None:
    assert names([candidate("a"), candidate("b", weight=7), candidate("c", weight=9)], 3) == ["c", "b", "a"]


def test_disputes_take_half_of_the_places_and_no_more() -> None:
    disputed = [candidate(f"x{number}", weight=100) for number in range(9)]
    others = [
        candidate(f"o{number}", kind, weight=50) for number, kind in enumerate(("damaged", "refused", "returned"))
    ]

    found = names([*others, *disputed], 6)

    assert found[:3] == ["x0", "x1", "x2"]
    assert set(found[3:]) >= {"o0", "o1"}


def test_fewer_than_asked_for_are_all_there_once() -> None:
    cases = [candidate("a", weight=100), candidate("b")]

    assert sorted(names(cases, 20)) == ["a", "b"]


def test_the_order_in_which_they_come_does_not_matter() -> None:
    cases = [candidate(str(number), weight=number % 3, at=MONDAY + timedelta(hours=number % 2)) for number in range(12)]

    assert names(cases, 7) == names(cases[::-1], 7)


def test_several_subjects_are_heard_at_once_as_each_alone() -> None:
    policy, records = load_policy(), list(read_recording(RECORDING.read_bytes().splitlines()))
    moments = {(one.key, one.at) for one in candidates(records, policy)}

    together = list(listen_each(records, moments, policy))

    assert {(heard.key, heard.at) for heard in together} == moments and len(moments) > 10
    for heard in together:
        alone = listen(records, heard.key, heard.at, policy)
        assert (heard.shipment, heard.facts, heard.events) == (alone.shipment, alone.facts, alone.events)


def test_every_case_of_a_recording_is_a_candidate_once_and_says_why_it_is_doubtful() -> None:
    records = list(read_recording(RECORDING.read_bytes().splitlines()))

    found = candidates(records, load_policy())

    assert len({one.case_id for one in found}) == len(found) > 15
    (late,) = [one for one in found if one.kind == "delivered_late"]
    assert late.why == () and late.fires and late.owner == "finance"
    assert any("next to" in text for one in found for text in one.why)
