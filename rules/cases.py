"""The life of cases: opened, escalated, updated, hidden, resolved and reopened as causes come and go."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from rules.case_events import emit_case
from rules.emission import OLD_NEWS, Draft
from rules.finding import Finding
from rules.hours import due_by
from rules.kinds import HIDING, INHIBITED, KINDS, Kind, find, hidden, told_by
from rules.owners import hand_over, ruled, watchers_of
from rules.scoring import Score, next_step, score
from rules.situation import Situation
from rules.state import Case, Suppressed
from rules.twin import Twin

BY_POLICY: Final = "policy"
"""`resolved_by` of a case that ended because its kind is no longer live."""
_BY_ITSELF: Final = ("self", BY_POLICY)
_OF_DATES = ("promise_at_risk", "promise_moved")
"""A date that moves on leads from one of these to the next, and to a promise that is missed."""
_BANDS = ("watch", "routine", "urgent", "critical")


class Weighed(Struct, frozen=True):
    """A finding with everything that is worked out from it."""

    finding: Finding
    twin: Twin
    score: Score
    posture: str
    review: tuple[str, ...]
    hidden_by: str | None
    evidence: tuple[dict[str, Any], ...]


def evaluate(draft: Draft, only: Collection[str] | None = None) -> None:
    """Hold every kind against the shipment as it is now, and publish what changed of its cases.

    With `only` those kinds alone may have cases, and the others only hide them; without, all kinds that are live.
    """
    if only is None:
        retire(draft, draft.policy.not_live)
    without = draft.policy.off if only is not None else draft.policy.not_live
    found = find(draft.situation, draft.now, draft.policy, without)
    if not found and not draft.shipment.cases and not draft.shipment.suppressed:
        return
    hides = spoken_for(draft, found)
    for kind in KINDS:
        if kind.name in without or (only is not None and kind.name not in only):
            continue
        finding, case = found.get(kind.name), draft.shipment.cases.get(kind.name)
        if finding is None:
            _gone(draft, kind.name, case, found)
        elif case is not None and case.is_open:
            _still(draft, case, weigh(draft, kind.name, finding, hides.get(kind.name), told_by(kind.name, found)))
        else:
            _appears(draft, kind, found, hides.get(kind.name))


def spoken_for(draft: Draft, found: dict[str, Finding]) -> dict[str, str]:
    """Which of the found kinds are hidden, each with the kind that speaks for it, or `incident`."""
    # What a person has settled speaks for nothing any more.
    hides = hidden({kind: one for kind, one in found.items() if not is_settled(draft, kind, one)}, found)
    if draft.incident is not None and draft.shipment.subject == "shipment":
        hides.update({kind: "incident" for kind in found if kind in INHIBITED and kind not in hides})
    return hides


def retire(draft: Draft, kinds: Collection[str]) -> None:
    """End the open cases of kinds that the policy no longer lets have any."""
    for kind in kinds and [kind for kind, case in draft.shipment.cases.items() if kind in kinds and case.is_open]:
        case, mode = draft.shipment.cases[kind], draft.policy.mode(kind)
        why = f"{kind} is {mode.value} ({mode.path})"
        ended = replace(case, resolved_at=draft.now, resolved_by=BY_POLICY, resolution=why, hidden_by=None)
        draft.shipment.cases[kind] = ended
        emit_case(draft, ended, "resolved")
    for kind in kinds and [kind for kind in draft.shipment.suppressed if kind in kinds]:
        del draft.shipment.suppressed[kind]


def next_change(draft: Draft) -> datetime | None:
    """When time alone may next change a case: its score, a pause that ends, a reopening that `evaluate` put off."""
    times = [draft.reopens] if draft.reopens else []
    cases = [case for case in draft.shipment.cases.values() if case.is_open]
    if cases and (step := next_step(draft.situation, draft.now)) is not None:
        times.append(step)
    times += [case.snoozed_until for case in cases if case.snoozed_until]
    return min((time for time in times if time > draft.now), default=None)


def _gone(draft: Draft, kind: str, case: Case | None, found: dict[str, Finding]) -> None:
    """The cause is gone: an open case ends by itself, and one that a person ended may come back later."""
    draft.shipment.suppressed.pop(kind, None)
    if case is None:
        return
    if case.is_open and case.kept_by is None:
        why = _taken_over_by(draft, kind, found)
        ended = replace(case, resolved_at=draft.now, resolved_by="self", resolution=why, hidden_by=None)
        draft.shipment.cases[kind] = ended
        emit_case(draft, ended, "resolved", occurred_at=_ended_at(draft))
    elif not case.is_open and case.stage and case.resolved_by not in _BY_ITSELF:
        draft.shipment.cases[kind] = replace(case, stage="")


def _taken_over_by(draft: Draft, kind: str, found: dict[str, Finding]) -> str:
    """Why a case ends by itself: because a greater one of the same trouble begins, or because all is well."""
    before = draft.before.cases
    tiers = HIDING[:5] if kind in _OF_DATES else HIDING[:2] if any(kind in tier for tier in HIDING[:3]) else ()
    for tier in tiers:
        for other in (one.name for one in KINDS if one.name in tier and one.name in found):
            if other not in before or not before[other].is_open:
                return f"superseded by {other}"
        if kind in tier:
            break
    return "cause gone"


def _appears(draft: Draft, kind: Kind, found: dict[str, Finding], hidden_by: str | None) -> None:
    """A cause without an open case: open one, unless it is hidden, settled by a person, or has only just ended."""
    case, finding = draft.shipment.cases.get(kind.name), found[kind.name]
    if is_settled(draft, kind.name, finding):
        draft.shipment.suppressed.pop(kind.name, None)
        return
    if hidden_by is not None:
        known = draft.shipment.suppressed.get(kind.name)
        since = known.since if known else draft.now
        draft.shipment.suppressed[kind.name] = Suppressed(hidden_by, since)
        return
    draft.shipment.suppressed.pop(kind.name, None)
    back = reopens_at(draft, case)
    if back is not None and draft.now < back:
        draft.reopens = back if draft.reopens is None else min(back, draft.reopens)
        return
    old = finding.since is not None and draft.now - finding.since > OLD_NEWS
    if (kind.by_clock or finding.by_clock or old) and not draft.by_clock:
        draft.wake = True
        return
    weighed = weigh(draft, kind.name, finding, None, told_by(kind.name, found))
    if case is None:
        _open(draft, weighed, episode=1)
    else:
        _again(draft, case, weighed)


def is_settled(draft: Draft, kind: str, finding: Finding) -> bool:
    """Whether a person ended the case, and nothing has been added to its cause since."""
    case = draft.shipment.cases.get(kind)
    if case is None or case.is_open or case.resolved_by in _BY_ITSELF:
        return False
    return (case.stage, case.mark) == (finding.stage, finding.mark)


def reopens_at(draft: Draft, case: Case | None) -> datetime | None:
    """Until when the cause of a case that ended by itself waits before it counts again; None where nothing waits."""
    if case is None or case.resolved_at is None or case.resolved_by not in _BY_ITSELF:
        return None
    at: datetime = case.resolved_at + draft.policy.value("cases.hysteresis")
    return at


def _open(draft: Draft, weighed: Weighed, episode: int) -> None:
    kind, owner = weighed.twin.kind, weighed.twin.owner_at(weighed.finding.stage)
    shipment = draft.shipment
    case = Case(
        case_id=draft.case_id(kind, episode),
        kind=kind,
        episode=episode,
        owner=owner,
        ruled=owner,
        watchers=watchers_of(draft.situation, weighed.twin, owner),
        opened_at=draft.now,
        cause_event_id=shipment.last_update_id,
        due_by=_due(draft, owner, weighed),
    )
    case = _with(draft, case, weighed)
    shipment.cases[kind] = case
    emit_case(draft, case, "opened", occurred_at=_since(draft, weighed.finding))


def _again(draft: Draft, case: Case, weighed: Weighed) -> None:
    assert case.resolved_at is not None
    if draft.now > case.resolved_at + draft.policy.value("cases.reopen_within"):
        _open(draft, weighed, case.episode + 1)
        return
    case = ruled(case, draft.situation, weighed.twin, weighed.finding.stage)
    due = _due(draft, case.owner, weighed)
    case = replace(case, resolved_at=None, resolved_by=None, resolution=None, due_by=due)
    case = replace(case, acknowledged_by=None, reviewed=(), cause_event_id=draft.shipment.last_update_id)
    case = _with(draft, case, weighed)
    draft.shipment.cases[case.kind] = case
    emit_case(draft, case, "reopened", occurred_at=_since(draft, weighed.finding))


def _still(draft: Draft, case: Case, weighed: Weighed) -> None:
    """The cause goes on: tell of it only where the band rises or evidence that matters changes."""
    if case.snoozed_until is not None and draft.now < case.snoozed_until:
        return
    heard = case.snoozed_until is not None or case.tickets != draft.situation.open_tickets
    change = _change(case, weighed) or ("updated" if heard else None)
    moved = ruled(case, draft.situation, weighed.twin, weighed.finding.stage)
    if moved is not case:
        moved = replace(moved, due_by=_due(draft, moved.owner, weighed), snoozed_until=None, acknowledged_by=None)
        hand_over(draft, case.owner, _with(draft, moved, weighed))
        return
    if change is None:
        return
    due = case.due_by
    if change == "escalated":
        sooner = _due(draft, case.owner, weighed)
        due = sooner if due is None else min(due, sooner)
    case = _with(draft, replace(case, due_by=due, snoozed_until=None), weighed)
    draft.shipment.cases[case.kind] = case
    emit_case(draft, case, change, occurred_at=_since(draft, weighed.finding) if change == "updated" else None)


def _due(draft: Draft, owner: str, weighed: Weighed) -> datetime:
    """By when the owner should have acted: as the kind says, else in the response time of the severity."""
    return weighed.finding.due_by or due_by(owner, weighed.score.severity, draft.now, draft.policy)


def _change(case: Case, weighed: Weighed) -> str | None:
    if _BANDS.index(weighed.score.severity) > _BANDS.index(case.severity):
        return "escalated"
    found = weighed.finding
    now = (weighed.score.severity, found.stage, found.mark, weighed.posture, weighed.review, weighed.hidden_by)
    known = (case.severity, case.stage, case.mark, case.posture, case.review_reasons, case.hidden_by)
    return "updated" if now != known else None


def _with(draft: Draft, case: Case, weighed: Weighed) -> Case:
    return replace(
        case,
        stage=weighed.finding.stage,
        mark=weighed.finding.mark,
        since=weighed.finding.since,
        score=weighed.score.points,
        severity=weighed.score.severity,
        terms=weighed.score.terms,
        posture=weighed.posture,
        review_reasons=weighed.review,
        hidden_by=weighed.hidden_by,
        evidence=weighed.evidence,
        tickets=draft.situation.open_tickets,
        next_action=weighed.twin.action_at(weighed.finding.stage),
        policy_version=draft.policy.version,
    )


def weigh(draft: Draft, kind: str, finding: Finding, hidden_by: str | None, teller: str | None = None) -> Weighed:
    """Its score, how to speak, and the evidence as it is published; `teller` is whose case tells the customer of it."""
    situation, twin = draft.situation, draft.policy.twins[kind]
    scored = score(situation, finding, twin, draft.now)
    posture, review = _posture(situation, finding, twin, scored.severity)
    evidence = [one.plain() for one in finding.evidence if one.observed is not None]
    if hidden_by is not None:
        posture = "silent"
        evidence.append({"fact": "hidden_by", "observed": hidden_by, "limit": None, "policy": "rules.kinds.HIDING"})
    elif teller is not None and posture != "silent":
        posture = "silent"
        told = {"fact": "customer_told_by", "observed": teller, "limit": None, "policy": "rules.kinds.SPEAKS_FOR"}
        evidence.append(told)
    return Weighed(finding, twin, scored, posture, review, hidden_by, tuple(evidence))


def _posture(shipment: Situation, finding: Finding, twin: Twin, severity: str) -> tuple[str, tuple[str, ...]]:
    """How to speak, and why a person has to look first; the more careful of kind, customer and severity wins."""
    posture, review = twin.posture_at(finding.stage), [finding.review] if finding.review else []
    if posture == "human_review":
        review.append(f"{twin.title.lower()}: always reviewed")
    if severity == "critical":
        review.append(f"critical ({shipment.policy.limit('score.bands.critical').path})")
    # What customers have to do now, and where their parcel is, promises nothing and cannot wait for a person.
    plain = posture == "update" and twin.message_class in ("critical", "milestone")
    reasons = _careful(shipment) if posture in ("apology", "update") and not plain else []
    if posture != "silent" and (reasons or severity == "critical"):
        posture = "human_review"
    return posture, (*review, *reasons)


def _careful(shipment: Situation) -> list[str]:
    limit, failures = shipment.policy.limit("review.value_limit"), shipment.policy.limit("review.earlier_failures")
    reasons = []
    if shipment.is_replacement:
        reasons.append("replacement")
    if shipment.is_vip:
        reasons.append("vip customer")
    if shipment.value is not None and shipment.value > limit.value:
        reasons.append(f"value over the limit of {limit.value} ({limit.path})")
    if failures.value and shipment.earlier_failures >= failures.value:
        reasons.append(f"earlier failure in 90 days ({failures.path})")
    return reasons


def _ended_at(draft: Draft) -> datetime:
    """When the cause went: with the scan that moved the state, where it was a scan."""
    moved = draft.shipment.life.state_at
    by_scan = moved is not None and draft.shipment.life != draft.before.life
    return min(moved, draft.now) if by_scan and moved is not None else draft.now


def _since(draft: Draft, finding: Finding) -> datetime:
    """When it happened, never later than now: by the finding where a scan told it, else this moment."""
    if finding.since is None or draft.by_clock:
        return draft.now
    return min(finding.since, draft.now)
