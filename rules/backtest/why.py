"""Why a policy did not open, at a moment, a case that the other one opened."""

from collections.abc import Iterable, Iterator
from typing import Any

from rules.backtest.course import CaseCourse, Why
from rules.backtest.side import Side
from rules.finding import plain
from rules.kinds import KINDS, conditions
from rules.policy import Policy
from rules.situation import Situation, policy_of
from rules.state import Shipment

_KINDS = {kind.name: kind for kind in KINDS}


def why_not(other: Side, case: CaseCourse) -> Why:
    """Why `other` did not open that case when it was opened, from what was known then."""
    shipment, now = other.tracker.shipment(case.key), case.opened_at
    if shipment is None:
        return Why("nothing was known of it")
    policy, kind = policy_of(shipment, now, other.book), _KINDS[case.kind]
    limits = tuple(limits_of(policy, case.evidence))
    mode, hidden = policy.mode(case.kind), shipment.suppressed.get(case.kind)
    if mode.value != "live":
        return Why(f"{case.kind} is {mode.value} ({mode.path})", limits=limits)
    if hidden is not None:
        return Why(f"hidden by {hidden.hidden_by}, whose case speaks for it", limits=limits)
    situation = Situation(shipment, policy, other.tracker.feeds)
    if shipment.life.state in kind.states and kind.detect(situation, now, policy) is not None:
        return Why(_standing(shipment, case.kind), limits=limits)
    checks = conditions(kind, situation, now, policy)
    failed = next((check for check in checks if not check.holds), None)
    told = tuple({name: _plain(value) for name, value in check.plain().items()} for check in checks)
    return Why("its cause was not there" if failed is None else f"{failed.fact} did not hold", told, limits)


def _standing(shipment: Shipment, kind: str) -> str:
    case = shipment.cases.get(kind)
    if case is None or case.is_open:
        return "its cause was there; it speaks at another minute"
    return f"ended by {case.resolved_by}, and nothing was added to its cause since"


def settings(old: Policy, new: Policy) -> Iterator[dict[str, Any]]:
    """Everything that two policies say differently, with the entries that say it."""
    for path, limit in sorted(old.limits.items()):
        other = new.limits.get(path)
        if other is not None and other.value != limit.value:
            told = {"value": path, "old": _plain(limit.value), "old_policy": limit.path}
            yield {**told, "new": _plain(other.value), "new_policy": other.path}
    for kind in sorted(old.modes.keys() | new.modes.keys()):
        modes = old.mode(kind), new.mode(kind)
        if modes[0].value != modes[1].value:
            told = {"value": f"kinds.{kind}", "old": modes[0].value, "old_policy": modes[0].path}
            yield {**told, "new": modes[1].value, "new_policy": modes[1].path}


def _plain(value: Any) -> Any:
    plainly = plain(value)
    if isinstance(plainly, list | tuple | set | frozenset):
        return [_plain(one) for one in plainly]
    return plainly if plainly is None or isinstance(plainly, str | int | float | bool) else str(plainly)


def limits_of(policy: Policy, evidence: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a policy says where the other one set the limits of that evidence."""
    told = []
    for item in evidence:
        for part in (item["policy"] or "").split(" x "):
            path = part.rpartition(":")[2]
            limit = policy.limits.get(path)
            if limit is not None:
                told.append({"value": path, "limit": _plain(limit.value), "policy": limit.path})
    return told
