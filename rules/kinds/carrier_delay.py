"""The carrier says that the parcel is delayed, for a reason of its own."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding
from rules.policy import Policy
from rules.situation import Situation
from rules.spells import began

_OF_OTHER_KINDS = frozenset(
    """action_required address_issue customs_hold customs_processing documentation held identity_check_failed
    invalid_number lost missing_data missort not_collected partial_delivery payment_due refused requested
    recipient_unavailable undeliverable""".split()
)


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire at once: a note at first, an exception past the promise or once a working day has not solved it."""
    life = shipment.life
    if life.state != "delayed" or life.reason in _OF_OTHER_KINDS or shipment.is_return or "lost" in life.flags:
        return None
    end, estimate, (start, unsolved_at) = shipment.promise_end, life.estimated_at, _spell(shipment)
    past = end is not None and (now >= end or (estimate is not None and estimate > end))
    unsolved = unsolved_at is not None and now >= unsolved_at
    why, expected = Evidence("reason", life.reason or "unspecified"), Evidence("estimated_delivery_at", estimate, end)
    evidence = (why, Evidence("delayed_since", start, unsolved_at, "end of the next working day"), expected)
    stage = "past_promise" if past else "unsolved" if unsolved else "inside_promise"
    since = unsolved_at if stage == "unsolved" else _since(shipment, now)
    review = "the delay was not solved by the next working day" if unsolved else None
    return Finding(evidence, stage, review or "", watch=stage == "inside_promise", since=since, review=review)


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """A delay of the carrier's own, of a parcel that is not lost."""
    reason, flags = shipment.life.reason, list(shipment.life.flags)
    yield Check("reason", reason, "no reason of another kind", None, reason not in _OF_OTHER_KINDS)
    yield Check("flags", flags, "not lost", None, "lost" not in flags)
    yield Check("direction", shipment.life.direction, "outbound", None, not shipment.is_return)


def due(shipment: Situation, now: datetime, policy: Policy) -> datetime | None:
    """The end of the promise, and that of the next working day."""
    times = (shipment.promise_end, _spell(shipment)[1]) if shipment.life.state == "delayed" else ()
    return min((at for at in times if at is not None and at > now), default=None)


def _spell(shipment: Situation) -> tuple[datetime | None, datetime | None]:
    """When the delay began, and the end of the carrier's first working day after that."""
    start = began(shipment, lambda scan: scan.state == "delayed")
    return start, None if start is None else shipment.next_working_day_over(start)


def _since(shipment: Situation, now: datetime) -> datetime | None:
    """With the scan, or with the end of the promise where that came while the delay lasted."""
    at, end = shipment.life.state_at, shipment.promise_end
    return at if at is None or end is None or now < end else max(at, end)
