"""Why and why not of every kind: over the cases that stand in the twins."""

from typing import Any

import pytest

from rules.explaining.kinds import kinds_told
from rules.explaining.listening import Heard
from rules.explaining.view import view_of
from rules.kinds import KINDS
from rules.loading import load_policy, twin_fields
from rules.twin_cases import situation_of
from schemas.explanation import KindTold

CASES = [(kind.name, case) for kind in KINDS for case in twin_fields(kind.name)["cases"]]
NAMES = [f"{kind}-{case['name']}" for kind, case in CASES]


def told_of(kind: str, case: dict[str, Any]) -> KindTold:
    situation = situation_of(case)
    heard = Heard(situation.shipment.shipment_id, case["now"], situation.shipment, feeds=situation.feeds)
    return next(one for one in kinds_told(view_of(heard, situation.shipment, load_policy())) if one.kind == kind)


@pytest.mark.parametrize(("kind", "case"), CASES, ids=NAMES)
def test_a_kind_that_fires_shows_its_evidence_and_one_that_does_not_what_fails(kind: str, case: dict[str, Any]) -> None:
    told = told_of(kind, case)

    assert told.fires == (case["fires"] if "pending" not in case else told.fires)
    if told.fires:
        assert told.failing is None
        assert told.found is not None and told.found.evidence
        assert all(condition.holds for condition in told.conditions)
        assert any(path.startswith("kinds/") for path in told.found.policies)
    else:
        assert told.failing is not None and not told.failing.holds
        assert told.failing.fact.replace("_", " ") in told.why
        assert told.found is None


@pytest.mark.parametrize(("kind", "case"), CASES, ids=NAMES)
def test_the_moment_at_which_it_would_fire_lies_ahead(kind: str, case: dict[str, Any]) -> None:
    told = told_of(kind, case)

    assert told.fires_at is None or told.changes_at is None
    assert told.fires_at is None or told.fires_at > case["now"]
    assert told.changes_at is None or told.changes_at > case["now"]
