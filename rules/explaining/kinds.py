"""Why each kind fired, or why not: its conditions, its case, what speaks for it, when time alone would bring it."""

from datetime import datetime
from typing import Final

from rules.cases import is_settled, reopens_at
from rules.explaining.cases import case_told, found_told
from rules.explaining.view import View
from rules.explaining.wording import ahead, condition_of, in_words, minute, told_condition
from rules.finding import Check, Finding
from rules.kinds import KINDS, Kind, conditions
from rules.pipeline.clock import on_grid
from rules.state import Case
from schemas import words
from schemas.explanation import Condition, KindTold, Standing

_MOST_STEPS: Final = 12
"""Moments at which a kind is asked again whether it fires then."""
_ANY_STATE: Final = sorted(words.STATES)
_BUILT: Final = {kind.name: kind for kind in KINDS}


def kinds_told(view: View) -> list[KindTold]:
    """Every kind of the catalogue, in its order."""
    return [_told(view, _BUILT[name]) if name in _BUILT else _unbuilt(name) for name in words.KINDS]


def _unbuilt(name: str) -> KindTold:
    return KindTold(
        kind=name,
        title=name.replace("_", " "),
        subject=None,
        standing="unbuilt",
        mode="off",
        mode_policy=None,
        fires=False,
        why="no rule decides it in this version",
        failing=None,
        conditions=[],
        fires_at=None,
        changes_at=None,
        hidden_by=None,
        held_until=None,
        found=None,
        case=None,
    )


def _told(view: View, kind: Kind) -> KindTold:
    checks = _checks(view, kind)
    finding = _finding(view, kind)
    case, hidden_by = view.case(kind.name), view.lens(kind.name).hides.get(kind.name)
    standing = _standing(view, kind, finding, case)
    failing = next((check for check in checks if not check.holds), None)
    due = None if kind.subject != view.shipment.subject else _next(view, kind, finding is not None)
    mode = view.policy.mode(kind.name)
    held_until = _held_until(view, kind, standing, case)
    hidden_by = hidden_by if standing == "hidden" else None
    return KindTold(
        kind=kind.name,
        title=view.policy.twins[kind.name].title,
        subject=kind.subject,
        standing=standing,
        mode=mode.value,
        mode_policy=mode.path if mode.value != "live" else None,
        fires=finding is not None,
        why=_why(view, standing, failing, case, hidden_by, held_until, mode.path),
        failing=failing,
        conditions=checks,
        fires_at=due if finding is None else None,
        changes_at=due if finding is not None else None,
        hidden_by=hidden_by,
        held_until=held_until,
        found=None if finding is None else found_told(view, kind.name, finding, hidden_by, checks),
        case=None if case is None else case_told(view, case),
    )


def _checks(view: View, kind: Kind) -> list[Condition]:
    if kind.subject != view.shipment.subject:
        other = Check("subject", view.shipment.subject, [kind.subject], None, holds=False)
        return [condition_of(other)]
    checks = conditions(kind, view.situation, view.now, view.policy)
    # Where every state fits, the state is no condition.
    return [condition_of(check) for check in checks if check.limit != _ANY_STATE]


def _finding(view: View, kind: Kind) -> Finding | None:
    """Its cause as of now; of a kind that is off too, though nothing follows from it."""
    if kind.name in view.policy.off:
        fits = kind.subject == view.shipment.subject and view.situation.life.state in kind.states
        return kind.detect(view.situation, view.now, view.policy) if fits else None
    return view.lens(kind.name).found.get(kind.name)


def _standing(view: View, kind: Kind, finding: Finding | None, case: Case | None) -> Standing:
    if kind.name in view.policy.off:
        return "off"
    if kind.subject != view.shipment.subject:
        return "elsewhere"
    if case is not None and case.is_open:
        if finding is None:
            return "kept" if case.kept_by else "ending"
        if kind.name in view.lens(kind.name).hides:
            return "hidden"
        return "snoozed" if case.snoozed_until is not None and view.now < case.snoozed_until else "open"
    if finding is None:
        return "quiet"
    if is_settled(view.lens(kind.name).draft, kind.name, finding):
        return "settled"
    return "hidden" if kind.name in view.lens(kind.name).hides else "waiting"


def _held_until(view: View, kind: Kind, standing: Standing, case: Case | None) -> datetime | None:
    if standing == "snoozed" and case is not None:
        return case.snoozed_until
    if standing not in ("waiting", "ending"):
        return None
    back = reopens_at(view.lens(kind.name).draft, case) if standing == "waiting" else None
    return on_grid(max(back, view.now) if back is not None else view.now)


def _why(  # noqa: PLR0913, PLR0917 - one argument a thing that may be the reason
    view: View,
    standing: Standing,
    failing: Condition | None,
    case: Case | None,
    hidden_by: str | None,
    held_until: datetime | None,
    mode: str,
) -> str:
    if standing in ("quiet", "elsewhere"):
        return told_condition(failing) if failing else "its conditions are not listed one by one"
    who = case.resolved_by if case else None
    until = ahead(held_until, view.now) if held_until else ""
    return {
        "open": f"all conditions hold; the case is open since {minute(case.opened_at)}" if case else "",
        "snoozed": f"all conditions hold; a person put the case aside until {until}",
        "hidden": f"all conditions hold; {in_words((hidden_by or '').replace('_', ' '))} speaks for it",
        "settled": f"all conditions hold; {who} ended the case and nothing was added since",
        "waiting": _waits(case, held_until, view, until),
        "ending": f"its cause is gone: the case ends at the next mark of the clock, {until}",
        "kept": f"its cause is gone; {case.kept_by if case else ''} reopened the case, so only a person ends it",
        "off": f"the policy has switched it off ({mode})",
    }[standing]


def _waits(case: Case | None, held_until: datetime | None, view: View, until: str) -> str:
    back = held_until is not None and case is not None and case.resolved_at is not None
    if back and held_until is not None and held_until > on_grid(view.now):
        return f"all conditions hold; its case ended only just, so it waits until {until}"
    return f"all conditions hold; its case opens at the next mark of the clock, {until}"


def _next(view: View, kind: Kind, fires: bool) -> datetime | None:
    """When time alone brings the kind, or its next step where it fires; None where it never does."""
    if kind.due is None or view.situation.life.state not in kind.states:
        return None
    moment = view.now
    for _ in range(_MOST_STEPS):
        situation, policy = view.at(moment)
        due = kind.due(situation, moment, policy)
        if due is None or due <= moment:
            return None
        moment = due
        situation, policy = view.at(moment)
        if fires or kind.detect(situation, moment, policy) is not None:
            return moment
    return None
