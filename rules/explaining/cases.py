"""A case as it was published, and a cause as it weighs at the moment of the question."""

from collections.abc import Iterable
from typing import Any

from rules.cases import weigh
from rules.explaining.view import View
from rules.explaining.wording import plain_value
from rules.finding import Finding
from rules.kinds import told_by
from rules.state import Case
from schemas.events import Term
from schemas.explanation import CaseTold, Condition, Evidence, FoundTold


def case_told(view: View, case: Case) -> CaseTold:
    """The latest episode of a kind, with the events that told it."""
    names = (
        "case_id episode owner assignee severity score posture needs_review next_action due_by opened_at snoozed_until"
        " resolved_at resolved_by resolution decision decided_by policy_version"
    )
    return CaseTold(
        **{name: getattr(case, name) for name in names.split()},
        watchers=list(case.watchers),
        terms=_terms(case.terms),
        review_reasons=list(case.review_reasons),
        evidence=_evidence(case.evidence),
        runbook=view.policy.twins[case.kind].runbook,
        events=view.told_of_case(case.case_id),
    )


def found_told(
    view: View, kind: str, finding: Finding, hidden_by: str | None, conditions: Iterable[Condition]
) -> FoundTold:
    """A cause that is there now: what it weighs, whose it is, how it would speak."""
    lens = view.lens(kind)
    weighed = weigh(lens.draft, kind, finding, hidden_by, told_by(kind, lens.found))
    case, twin = view.case(kind), weighed.twin
    is_open = case is not None and case.is_open
    paths = [one.policy for one in finding.evidence] + [one.policy for one in conditions]
    paths += [term["policy"] for term in weighed.score.terms.values() if term["points"]]
    return FoundTold(
        stage=finding.stage,
        since=finding.since,
        evidence=_evidence(weighed.evidence),
        owner=case.owner if is_open and case else twin.owner_at(finding.stage),
        watchers=list(case.watchers if is_open and case else twin.watchers),
        severity=weighed.score.severity,
        score=weighed.score.points,
        terms=_terms(weighed.score.terms),
        posture=weighed.posture,
        review_reasons=list(weighed.review),
        next_action=twin.action_at(finding.stage),
        policies=list(dict.fromkeys(path for path in paths if path)),
    )


def _terms(terms: dict[str, Any]) -> dict[str, Term]:
    return {name: Term(**{**term, "value": plain_value(term["value"])}) for name, term in terms.items()}


def _evidence(items: Iterable[dict[str, Any]]) -> list[Evidence]:
    return [Evidence(**{name: plain_value(value) for name, value in item.items()}) for item in items]
