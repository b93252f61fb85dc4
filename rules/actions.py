"""What operators do about cases and messages; the same action twice counts once."""

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from rules.case_events import emit_case
from rules.emission import Draft
from rules.hours import due_by
from rules.messages import approve, reject
from rules.state import Case
from schemas.facts import Action, ActionFact

MOST_ACTIONS: Final = 200
_SOMEBODY: Final = "operator"


def act(draft: Draft, fact: ActionFact) -> bool:
    """Apply an action; whether it changed anything. One that fits nothing is refused, and may be sent again."""
    if fact.fact_id in draft.shipment.actions:
        return False
    action = fact.action
    apply = _on_messages if action.action in ("approve", "reject") else _on_case
    done = apply(draft, action)
    if done:
        draft.shipment.actions = [*draft.shipment.actions, fact.fact_id][-MOST_ACTIONS:]
    return done


def act_alike(draft: Draft, action: Action, kind: str) -> None:
    """Do to the draft's case of a kind what was done to the live one; nothing where that does not fit."""
    case = draft.shipment.cases.get(kind)
    if case is None:
        return
    if action.action not in ("approve", "reject"):
        _on_case(draft, replace(action, case_id=case.case_id))
    elif case.is_open:
        _reviewed(draft, case, action)


def _on_messages(draft: Draft, action: Action) -> bool:
    """Approve or reject one held message, or all that a case holds."""
    waiting = [
        message
        for message in draft.shipment.pending
        if message.reason == "review_needed"
        and message.approved_by is None
        and (message.message_id == action.message_id if action.message_id else message.case_id == action.case_id)
    ]
    if not waiting:
        draft.refuse(
            f"no message waits for review under {action.message_id or action.case_id}: look at the board again"
        )
        return False
    for message in waiting:
        (approve if action.action == "approve" else reject)(draft, message, action.by or _SOMEBODY)
    for case in list(draft.shipment.cases.values()):
        if case.is_open and any(message.case_id == case.case_id for message in waiting):
            _reviewed(draft, case, action)
    return True


def _reviewed(draft: Draft, case: Case, action: Action) -> None:
    """The case shows what was decided about its message; a decision about money stays what it was."""
    said = f"message {'approved' if action.action == 'approve' else 'rejected'}"
    new = replace(
        case,
        decision=action.decision or case.decision or "none",
        decided_by=action.by or _SOMEBODY,
        note=action.note or said,
        reviewed=case.review_reasons,
    )
    draft.shipment.cases[case.kind] = new
    emit_case(draft, new, "decided")


def _on_case(draft: Draft, action: Action) -> bool:
    case = next((one for one in draft.shipment.cases.values() if one.case_id == action.case_id), None)
    if case is None:
        draft.refuse(f"{draft.shipment.shipment_id} has no case {action.case_id}: look at the board again")
        return False
    if not case.is_open and action.action in ("acknowledge", "resolve"):
        return False
    if not case.is_open and action.action in ("assign", "snooze"):
        draft.refuse(f"case {case.case_id} has ended: reopen it first")
        return False
    return _ACTIONS[action.action](draft, case, action)


def _changed(draft: Draft, old: Case, new: Case, change: str) -> bool:
    if new == old:
        return False
    draft.shipment.cases[new.kind] = new
    emit_case(draft, new, change)
    return True


def _acknowledge(draft: Draft, case: Case, action: Action) -> bool:
    return _changed(draft, case, replace(case, acknowledged_by=action.by or _SOMEBODY), "acknowledged")


def _assign(draft: Draft, case: Case, action: Action) -> bool:
    """To a person, to another owner, or both; a new owner gets the case opened on their own topic."""
    if action.owner is None and action.assignee is None:
        draft.refuse("the action names neither owner nor assignee")
        return False
    new = replace(case, assignee=action.assignee if action.assignee is not None else case.assignee)
    if action.owner is None or action.owner == case.owner:
        return _changed(draft, case, new, "assigned")
    watchers = tuple(one for one in dict.fromkeys((*case.watchers, case.owner)) if one != action.owner)
    due = due_by(action.owner, case.severity, draft.now, draft.policy)
    new = replace(new, owner=action.owner, watchers=watchers, due_by=due, assignee=action.assignee)
    draft.shipment.cases[new.kind] = new
    emit_case(draft, new, "assigned", topic_owner=case.owner, previous_owner=case.owner)
    emit_case(draft, new, "opened", previous_owner=case.owner)
    return True


def _snooze(draft: Draft, case: Case, action: Action) -> bool:
    if action.until is None or action.until <= draft.now:
        draft.refuse("a snooze needs an `until` that lies ahead")
        return False
    return _changed(draft, case, replace(case, snoozed_until=action.until), "snoozed")


def _resolve(draft: Draft, case: Case, action: Action) -> bool:
    by, why = action.by or _SOMEBODY, action.note or action.decision
    return _changed(
        draft, case, replace(case, resolved_at=draft.now, resolved_by=by, resolution=why, kept_by=None), "resolved"
    )


def _reopen(draft: Draft, case: Case, action: Action) -> bool:
    if case.is_open:
        return False
    due = due_by(case.owner, case.severity, draft.now, draft.policy)
    by = action.by or _SOMEBODY
    new = replace(case, resolved_at=None, resolved_by=None, resolution=None, due_by=due, kept_by=by, reviewed=())
    return _changed(draft, case, new, "reopened")


def _decide(draft: Draft, case: Case, action: Action) -> bool:
    if action.decision is None:
        draft.refuse("the action names no decision")
        return False
    new = replace(
        case,
        decision=action.decision,
        decided_by=action.by or _SOMEBODY,
        note=action.note or case.note,
        reviewed=case.review_reasons,
    )
    return _changed(draft, case, new, "decided")


def _note(draft: Draft, case: Case, action: Action) -> bool:
    if not action.note:
        draft.refuse("the action carries no note")
        return False
    return _changed(draft, case, replace(case, note=action.note), "updated")


_ACTIONS: Final[dict[str, Callable[[Draft, Case, Action], bool]]] = {
    "acknowledge": _acknowledge,
    "assign": _assign,
    "snooze": _snooze,
    "resolve": _resolve,
    "reopen": _reopen,
    "decide": _decide,
    "note": _note,
}
