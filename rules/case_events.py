"""Events on the exceptions topics."""

from datetime import datetime
from typing import Any

from rules.emission import Draft
from rules.state import Case
from schemas.words import exceptions_topic


def emit_case(  # noqa: PLR0913 - a hand-over names both sides
    draft: Draft,
    case: Case,
    change: str,
    *,
    occurred_at: datetime | None = None,
    topic_owner: str | None = None,
    previous_owner: str | None = None,
) -> str:
    """Publish one change of a case on its owner's topic, or on that of `topic_owner`."""
    topic = exceptions_topic(topic_owner or case.owner)
    fields = _fields(draft, case, change, previous_owner)
    return draft.emit(topic, f"wismo.exception.{change}", occurred_at or draft.now, f"{case.case_id}/{change}", fields)


def _fields(draft: Draft, case: Case, change: str, previous_owner: str | None) -> dict[str, Any]:
    twin = draft.policy.twins[case.kind]
    return {
        "case_id": case.case_id,
        "dedup_key": draft.dedup_key(case.kind),
        "change": change,
        "kind": case.kind,
        "title": twin.title,
        "stage": case.stage,
        "episode": case.episode,
        "owner": case.owner,
        "previous_owner": previous_owner,
        "watchers": list(case.watchers),
        "assignee": case.assignee,
        "severity": case.severity,
        "score": case.score,
        "terms": case.terms,
        "next_action": case.next_action,
        "runbook": twin.runbook,
        "due_by": case.due_by,
        "posture": case.posture,
        "needs_review": case.needs_review,
        "review_reasons": list(case.review_reasons),
        "hidden_by": case.hidden_by,
        "evidence": list(case.evidence),
        "open_tickets": list(draft.situation.open_tickets),
        "opened_at": case.opened_at,
        "acknowledged_by": case.acknowledged_by,
        "snoozed_until": case.snoozed_until,
        "resolved_at": case.resolved_at,
        "resolved_by": case.resolved_by,
        "resolution": case.resolution,
        "decision": case.decision,
        "decided_by": case.decided_by,
        "note": case.note,
        "cause_event_id": case.cause_event_id,
        "policy_version": case.policy_version or draft.policy.version,
    }
