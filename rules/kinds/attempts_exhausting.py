"""Delivery failed again, and the carrier's last attempt is near or over."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding, held_against
from rules.kinds.attempt_failed import is_open, standing_attempt
from rules.policy import Policy
from rules.situation import Situation


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire from the second attempt on; the last one the carrier makes is its own stage."""
    life = shipment.life
    if not is_open(shipment):
        return None
    attempts, start = shipment.attempts, policy.limit("attempts.exhausting_from")
    if attempts < start.value and not life.final_attempt:
        return None
    allowed = policy.choice("attempts.allowed", shipment.shipment.carrier, "other")
    last = life.final_attempt or attempts >= allowed.value
    evidence = (
        held_against("attempts", attempts, start),
        held_against("attempts_made_of_allowed", attempts, allowed),
        Evidence("reason", life.reason),
    )
    stage = "last" if last else f"attempt {attempts}"
    return Finding(evidence, stage, f"{attempts} attempts", last_chance=last, since=life.attempts[-1])


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """A failed attempt that still stands, and is the carrier's last or one of several."""
    yield from standing_attempt(shipment)
    start, attempts = policy.limit("attempts.exhausting_from"), shipment.attempts
    enough = attempts >= start.value or shipment.life.final_attempt
    told = "final attempt" if shipment.life.final_attempt else attempts
    yield Check("attempts", told, start.value, start.path, enough)
