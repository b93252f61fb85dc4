"""The first delivery attempt failed."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding
from rules.policy import Policy
from rules.situation import Situation

_OVER = frozenset(("delivered", "returned", "damaged"))
_SUPERSEDED = frozenset(("pickup_ready", "returning", "refused", "back_at_sender"))


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire at the first failed attempt, until the parcel goes out again, arrives, waits at a counter or turns back."""
    life = shipment.life
    if not is_open(shipment):
        return None
    if life.final_attempt or shipment.attempts >= policy.value("attempts.exhausting_from"):
        return None
    return Finding((Evidence("attempts", shipment.attempts), Evidence("reason", life.reason)), since=life.attempts[-1])


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """A failed attempt that still stands and is neither the last nor one of several."""
    yield from standing_attempt(shipment)
    limit, attempts = policy.limit("attempts.exhausting_from"), shipment.attempts
    yield Check("attempts", attempts, f"less than {limit.value}", limit.path, attempts < limit.value)
    final = shipment.life.final_attempt
    yield Check("final_attempt", final, False, None, not final)


def standing_attempt(shipment: Situation) -> Iterator[Check]:
    """What makes a failed attempt stand."""
    life = shipment.life
    yield Check("attempts", shipment.attempts, 1, None, shipment.attempts >= 1)
    yield Check("state", life.state, f"not {', '.join(sorted(_OVER))}", None, life.state not in _OVER)
    flags = list(life.flags)
    yield Check("flags", flags, f"not {', '.join(sorted(_SUPERSEDED))}", None, _SUPERSEDED.isdisjoint(flags))
    last = life.attempts[-1] if life.attempts else None
    again = life.out_at is not None and last is not None and life.out_at > last
    yield Check("out_again_at", life.out_at, f"not after {last}" if last else None, None, not again)


def is_open(shipment: Situation) -> bool:
    """Whether the last failed attempt still stands."""
    life = shipment.life
    if not life.attempts or life.state in _OVER or not _SUPERSEDED.isdisjoint(life.flags):
        return False
    return life.out_at is None or life.out_at <= life.attempts[-1]
