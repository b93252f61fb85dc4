"""Who owns a case: what its kind says, unless a person has given it to somebody else."""

from msgspec.structs import replace

from rules.case_events import emit_case
from rules.emission import Draft
from rules.situation import Situation
from rules.state import Case
from rules.twin import Twin


def watchers_of(shipment: Situation, twin: Twin, owner: str) -> tuple[str, ...]:
    """Who owns the kind at other stages watches; where much money is at stake, finance does too."""
    watching = [*twin.watchers, twin.owner]
    value = shipment.value
    if value is not None and value > shipment.policy.value("review.value_limit"):
        watching.append("finance")
    return tuple(one for one in dict.fromkeys(watching) if one != owner)


def ruled(case: Case, shipment: Situation, twin: Twin, stage: str) -> Case:
    """The case with the owner that its kind names at a stage; one that a person gave away stays where it is."""
    owner = twin.owner_at(stage)
    if case.owner != (case.ruled or twin.owner) or case.owner == owner:
        return case
    return replace(case, owner=owner, ruled=owner, watchers=watchers_of(shipment, twin, owner), assignee=None)


def hand_over(draft: Draft, before: str, case: Case) -> None:
    """Tell both owners, on the topic of each, that the case is now that of another."""
    draft.shipment.cases[case.kind] = case
    emit_case(draft, case, "assigned", topic_owner=before, previous_owner=before)
    emit_case(draft, case, "opened", previous_owner=before)
