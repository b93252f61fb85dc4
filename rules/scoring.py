"""The severity of a case: points that add up, each with what it was given for and the policy entry that gave it."""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from rules.finding import Finding
from rules.lifecycle import VAGUE
from rules.policy import Policy
from rules.situation import Situation
from rules.twin import Twin

_HOUR = timedelta(hours=1)
_NOTHING = timedelta(0)


class Score(Struct, frozen=True):
    """The sum, its band, and every term of it."""

    points: int
    severity: str
    terms: dict[str, dict[str, Any]]


def score(shipment: Situation, finding: Finding, twin: Twin, now: datetime) -> Score:
    """Weigh one case; a warning never leaves the band `watch`."""
    policy = shipment.policy
    terms = {
        "base": _term(twin.severity, twin.title, f"kinds/{twin.kind}.yaml:severity"),
        "promise": _promise(shipment, policy, now),
        "value": _value(shipment, policy),
        "customer": _customer(shipment, policy),
        "support": _support(shipment, policy),
        "age": _age(shipment, policy, now),
        "replacement": _replacement(shipment, policy),
        "last_chance": _last_chance(finding, policy),
        "doubt": _doubt(shipment, policy),
    }
    total = max(0, sum(term["points"] for term in terms.values()))
    if finding.watch and total >= policy.value("score.bands.routine"):
        limit = policy.limit("score.bands.routine")
        terms["warning"] = _term(limit.value - 1 - total, "before the limit", limit.path)
        total = limit.value - 1
    return Score(total, band(total, policy), terms)


def band(points: int, policy: Policy) -> str:
    """The severity of a score."""
    for severity in ("critical", "urgent", "routine"):
        if points >= policy.value(f"score.bands.{severity}"):
            return severity
    return "watch"


def next_step(shipment: Situation, now: datetime) -> datetime | None:
    """When time alone gives the next point: as long as the parcel is under way."""
    policy, times = shipment.policy, []
    late_from = shipment.promise_end if _is_under_way(shipment) else None
    for begin, name in ((late_from, "promise"), (_age_start(shipment, policy), "age")):
        if begin is not None:
            hours = policy.value(f"score.{name}.hours_a_point") * _HOUR
            step = max(0, (now - begin) // hours) + 1
            if step <= policy.value(f"score.{name}.most"):
                times.append(begin + step * hours)
    return min(times, default=None)


def _term(points: int, value: Any, policy: str) -> dict[str, Any]:
    return {"points": points, "value": value, "policy": policy}


def _capped(policy: Policy, name: str, points: int) -> int:
    most: int = policy.value(f"score.{name}.most")
    return min(points, most)


def _promise(shipment: Situation, policy: Policy, now: datetime) -> dict[str, Any]:
    end, limit = shipment.promise_end, policy.limit("score.promise.hours_a_point")
    late = max(_NOTHING, now - end) if end is not None and _is_under_way(shipment) else _NOTHING
    points = _capped(policy, "promise", int(late // (limit.value * _HOUR)))
    # A value that changes only with the points keeps two runs over one history alike.
    return _term(points, f"{points * limit.value} h past the promise" if end else "nothing promised", limit.path)


def _is_under_way(shipment: Situation) -> bool:
    return shipment.life.state not in ("delivered", "returned")


def _value(shipment: Situation, policy: Policy) -> dict[str, Any]:
    limit, value = policy.limit("score.value.steps"), shipment.value
    points = max((gives for least, gives in limit.value if value is not None and value >= least), default=0)
    money = shipment.order.value if shipment.order else None
    return _term(points, f"{money.amount} {money.currency}" if money else None, limit.path)


def _customer(shipment: Situation, policy: Policy) -> dict[str, Any]:
    customer = shipment.order.customer if shipment.order else None
    vip = policy.limit("score.customer.vip")
    first = policy.limit("score.customer.first_order")
    is_first = customer is not None and customer.orders_before == 0
    points = (vip.value if shipment.is_vip else 0) + (first.value if is_first else 0)
    words = [word for word, so in (("vip", shipment.is_vip), ("first order", is_first)) if so]
    path = first.path if is_first and not shipment.is_vip else vip.path
    return _term(_capped(policy, "customer", points), ", ".join(words) or "standard", path)


def _support(shipment: Situation, policy: Policy) -> dict[str, Any]:
    ticket, failure = policy.limit("score.support.open_ticket"), policy.limit("score.support.earlier_failure")
    tickets, failures = shipment.open_tickets, shipment.earlier_failures
    points = (ticket.value if tickets else 0) + (failure.value if failures else 0)
    path = failure.path if failures and not tickets else ticket.path
    told = f"{len(tickets)} open tickets, {failures} earlier failures in 90 days"
    return _term(_capped(policy, "support", points), told, path)


def _age_start(shipment: Situation, policy: Policy) -> datetime | None:
    begin = shipment.life.possessed_at or shipment.life.labelled_at
    free: timedelta = policy.value("score.age.free")
    return begin + free if begin is not None and _is_under_way(shipment) else None


def _age(shipment: Situation, policy: Policy, now: datetime) -> dict[str, Any]:
    limit, start = policy.limit("score.age.hours_a_point"), _age_start(shipment, policy)
    points = int(max(_NOTHING, now - start) // (limit.value * _HOUR)) if start is not None else 0
    points = _capped(policy, "age", points)
    return _term(points, f"{points * limit.value} h longer than usual", limit.path)


def _replacement(shipment: Situation, policy: Policy) -> dict[str, Any]:
    limit = policy.limit("score.replacement.points")
    replaced = shipment.order.replacement_for if shipment.order else None
    return _term(limit.value if replaced else 0, replaced, limit.path)


def _last_chance(finding: Finding, policy: Policy) -> dict[str, Any]:
    limit = policy.limit("score.last_chance.points")
    return _term(limit.value, "last attempt", limit.path) if finding.last_chance else _term(0, None, limit.path)


def _doubt(shipment: Situation, policy: Policy) -> dict[str, Any]:
    """A discount where the state may not be true."""
    if shipment.life.contradictions:
        limit = policy.limit("score.doubt.contradicted")
        return _term(-limit.value, "contradictory scans", limit.path)
    limit, quality = policy.limit("score.doubt.vague_time"), shipment.life.state_quality
    return _term(-limit.value if quality in VAGUE else 0, quality, limit.path)
