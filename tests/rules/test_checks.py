"""The conditions that a kind lists are exactly those by which it fires: held at every decision of recordings."""

from collections import Counter
from datetime import datetime
from typing import Any

import pytest

import rules.cases
from cli.simulation.presets import small_recording
from rules.kinds import KINDS, conditions, find
from rules.kinds.signs import signs
from rules.loading import load_policy, twin_fields
from rules.pipeline.replay import Replay
from rules.policy import Policy
from rules.situation import Situation
from rules.twin_cases import situation_of

SEEDS = range(120)


def differences(shipment: Situation, now: datetime, policy: Policy, found: dict[str, Any]) -> list[str]:
    """Kinds of which the conditions say something else than what was found."""
    wrong = []
    for kind in (one for one in KINDS if one.subject == shipment.subject):
        told = conditions(kind, shipment, now, policy)
        if not told or all(check.holds for check in told) != (kind.name in found):
            wrong.append(f"{shipment.shipment.shipment_id} {now} {kind.name}: {[check.plain() for check in told]}")
    return wrong


def not_asked(shipment: Situation, now: datetime, policy: Policy) -> list[str]:
    """Kinds that lack a sign they need, and that would be found or fall due if they were asked all the same."""
    there, state = signs(shipment), shipment.life.state
    lacking = [kind for kind in KINDS if kind.subject == shipment.subject and kind.needs & ~there]
    return [
        f"{shipment.shipment.shipment_id} {now} {kind.name} was not asked"
        for kind in lacking
        if state in kind.states
        and (kind.detect(shipment, now, policy) or (kind.due is not None and kind.due(shipment, now, policy)))
    ]


@pytest.fixture(scope="module")
def played() -> tuple[Counter[str], list[str]]:
    """How often each kind was found over many small recordings, and where its conditions said something else."""
    wrong: list[str] = []
    seen: Counter[str] = Counter()

    def watched(shipment: Situation, now: datetime, policy: Policy, *without: Any) -> dict[str, Any]:
        found = find(shipment, now, policy, *without)
        seen.update(["decisions", *found])
        wrong.extend(differences(shipment, now, policy, found))
        wrong.extend(not_asked(shipment, now, policy))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules.cases, "find", watched)
        for seed in SEEDS:
            for _ in Replay(load_policy()).run(small_recording(seed)):
                pass
    return seen, wrong


def test_every_kind_lists_its_conditions() -> None:
    assert [kind.name for kind in KINDS if kind.checks is None] == []


def test_each_kind_fires_exactly_where_its_conditions_hold(played: tuple[Counter[str], list[str]]) -> None:
    assert played[1][:5] == []


def test_the_recordings_show_many_kinds(played: tuple[Counter[str], list[str]]) -> None:
    seen, _ = played
    assert seen["decisions"] > 1000
    assert len(seen) > 15


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_the_same_holds_for_all_kinds_in_the_cases_of_each_twin(kind: str) -> None:
    for case in twin_fields(kind)["cases"]:
        situation, now = situation_of(case), case["now"]
        found = find(situation, now, situation.policy)
        assert differences(situation, now, situation.policy, found) == []
        assert not_asked(situation, now, situation.policy) == []
