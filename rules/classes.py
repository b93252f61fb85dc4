"""The class of a scan and of a state: informational, customer-facing or exception, by state, reason and context."""

from rules.lifecycle import TERMINAL
from rules.situation import Situation
from rules.state import Lifecycle, Seen

_MILESTONES = frozenset(("picked_up", "out_for_delivery", "delivered"))
_FOR_THE_CUSTOMER = frozenset(("awaiting_customer_pickup", "redirected", "rescheduled"))
_WRONG_WAY = frozenset(("lost", "returning", "refused"))


def class_of(scan: Seen, before: Lifecycle, now: Situation) -> str:
    """What a scan means for people, given the state before it and the situation after it."""
    after = now.life
    if not scan.mapped or len(after.contradictions) > len(before.contradictions):
        return "exception"
    if scan.reason == "retraction" and after.state != before.state:
        # People were told, or about to be told, what is not so.
        return "exception" if before.state == "delivered" else "customer_facing"
    if scan.state is None:
        return "informational"
    if (after.state_at, after.state, after.flags) == (before.state_at, before.state, before.flags):
        return "informational"
    shipped = before.possessed_at is None and after.possessed_at is not None
    found = class_of_state(now)
    if found == "informational" and shipped and not now.is_return:
        return "customer_facing"
    return "informational" if found == "customer_facing" and _is_no_news(scan, before, after, shipped) else found


def class_of_state(now: Situation) -> str:
    """What the state as it is now means for people."""
    life = now.life
    state = life.state
    if now.is_return:
        return "exception" if state in ("damaged", "delayed") or life.contradictions else "informational"
    if state in ("damaged", "returned", "delayed") or life.contradictions or life.damaged_at is not None:
        return "exception"
    if not _WRONG_WAY.isdisjoint(life.flags):
        return "exception"
    if state == "attempted":
        return "customer_facing" if now.attempts == 1 and not life.final_attempt else "exception"
    told = state in _MILESTONES or life.reason in _FOR_THE_CUSTOMER or "pickup_ready" in life.flags
    return "customer_facing" if told else "informational"


def _is_no_news(scan: Seen, before: Lifecycle, after: Lifecycle, shipped: bool) -> bool:
    """A milestone told again changes nothing for the customer."""
    if shipped or after.state not in _MILESTONES or scan.reason in _FOR_THE_CUSTOMER or "pickup_ready" in after.flags:
        return False
    return after.state == before.state or before.state in TERMINAL
