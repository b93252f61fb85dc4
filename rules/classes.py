"""The class of a scan: informational, customer-facing or exception, by state, reason and context."""

from rules.lifecycle import TERMINAL
from rules.state import Lifecycle, Seen

_MILESTONES = frozenset(("picked_up", "out_for_delivery", "delivered"))
_FOR_THE_CUSTOMER = frozenset(("awaiting_customer_pickup", "redirected", "rescheduled"))


def class_of(scan: Seen, before: Lifecycle, after: Lifecycle) -> str:
    """What a scan means for people, given the state before and after it."""
    if not scan.mapped or len(after.contradictions) > len(before.contradictions):
        return "exception"
    if scan.state is None:
        return "informational"
    if after.state_at == before.state_at and after.state == before.state:
        return "informational"
    if after.direction == "return":
        return "exception" if after.state in ("damaged", "delayed") else "informational"
    return _by_state(scan, before, after)


def _by_state(scan: Seen, before: Lifecycle, after: Lifecycle) -> str:
    state = after.state
    if state in ("damaged", "returned", "delayed") or "lost" in after.flags:
        return "exception"
    if state == "attempted":
        first = len(after.attempts) == 1 and not after.final_attempt and "refused" not in after.flags
        return "customer_facing" if first else "exception"
    if scan.reason in _FOR_THE_CUSTOMER or "pickup_ready" in after.flags:
        return "customer_facing"
    shipped = before.possessed_at is None and after.possessed_at is not None
    moved = state != before.state and before.state not in TERMINAL
    return "customer_facing" if shipped or (moved and state in _MILESTONES) else "informational"
