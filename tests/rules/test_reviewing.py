"""Which cases are picked: every kind gets its turn, doubt and dispute come first, and the order never changes."""

from datetime import timedelta
from typing import Any

from rules.reviewing import Candidate, picked
from tests.rules.builders import MONDAY


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
