"""The cases that stand in each kind's twin, and the gate that there are both kinds of them."""

from pathlib import Path
from typing import Any

import pytest

import rules.kinds
from rules.kinds import HIDING, KINDS, conditions, find
from rules.loading import load_policy, load_twins, read_twin, twin_fields
from rules.twin_cases import run_case, situation_of
from schemas.words import KINDS as WORDS

CASES = [(kind.name, case) for kind in KINDS for case in twin_fields(kind.name)["cases"]]
FOLDER = Path(rules.kinds.__file__).parent


def problems_of(cases: list[dict[str, Any]]) -> list[str]:
    """What the cases of one kind lack; those that wait for a change of the rule prove nothing."""
    cases = [case for case in cases if "pending" not in case]
    missing = [] if any(case["fires"] for case in cases) else ["no case fires"]
    return missing + ([] if any(not case["fires"] for case in cases) else ["no case stays quiet"])


def params(cases: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    """Cases to run; one that is pending has to fail, and breaks the test once it does not any more."""
    return [
        pytest.param(
            kind,
            case,
            id=f"{kind}-{case['name']}",
            marks=[pytest.mark.xfail(reason=f"{kind}: {case['pending']}", strict=True)] if "pending" in case else [],
        )
        for kind, case in cases
    ]


@pytest.mark.parametrize(("kind", "case"), params(CASES))
def test_case_of_a_twin(kind: str, case: dict[str, Any]) -> None:
    assert run_case(kind, case) == []


@pytest.mark.parametrize(("kind", "case"), CASES, ids=[f"{kind}-{case['name']}" for kind, case in CASES])
def test_a_kind_fires_where_all_of_its_checks_hold(kind: str, case: dict[str, Any]) -> None:
    asked = next(one for one in KINDS if one.name == kind)
    situation, now = situation_of(case), case["now"]

    told = conditions(asked, situation, now, situation.policy)

    assert told
    assert all(check.holds for check in told) == (kind in find(situation, now, situation.policy))


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_a_twin_has_a_case_that_fires_and_one_that_stays_quiet(kind: str) -> None:
    assert problems_of(twin_fields(kind)["cases"]) == []


def test_the_gate_sees_a_twin_without_a_quiet_case() -> None:
    assert problems_of([{"fires": True}]) == ["no case stays quiet"]
    assert problems_of([{"fires": False}]) == ["no case fires"]
    assert problems_of([{"fires": True}, {"fires": False, "pending": "it fires"}]) == ["no case stays quiet"]


def test_every_kind_has_its_twin_and_every_twin_its_kind() -> None:
    assert sorted(load_twins()) == sorted(kind.name for kind in KINDS)


def test_kinds_stand_in_the_order_of_the_catalogue() -> None:
    names = [kind.name for kind in KINDS]
    assert names == [name for name in WORDS if name in names]


def test_what_hides_and_is_hidden_is_a_kind() -> None:
    assert {name for tier in HIDING for name in tier} <= set(WORDS)


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_a_twin_has_words_for_every_posture_it_may_take(kind: str) -> None:
    twin = read_twin(kind)
    spoken = {twin.posture, *twin.postures.values()} - {"silent"}
    if "apology" in spoken:
        spoken.add("human_review")

    assert spoken <= twin.texts.keys()
    assert twin.runbook and twin.next_action and twin.title


def test_modules_of_kinds_are_short() -> None:
    for module in FOLDER.glob("*.py"):
        if module.stem in {kind.name for kind in KINDS}:
            assert len(module.read_text(encoding="utf-8").splitlines()) <= 60, module.name


def test_each_policy_path_a_twin_names_is_one_of_the_packaged_policy() -> None:
    policy = load_policy().at(CASES[0][1]["now"])
    paths = {limit.path for limit in policy.limits.values()}
    assert {case["because"] for _, case in CASES if "because" in case} <= paths
