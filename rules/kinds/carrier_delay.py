"""The carrier says that the parcel is delayed, for a reason of its own."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding
from rules.policy import Policy
from rules.situation import Situation

_OF_OTHER_KINDS = frozenset(
    """action_required address_issue customs_hold customs_processing documentation held identity_check_failed
    invalid_number lost lost_suspected missing_data missort not_collected partial_delivery payment_due refused
    requested recipient_unavailable undeliverable""".split()
)


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire at once; inside the promise it is a note, past it an apology."""
    life = shipment.life
    if life.state != "delayed" or life.reason in _OF_OTHER_KINDS or shipment.is_return or "lost" in life.flags:
        return None
    end, estimate = shipment.promise_end, life.estimated_at
    past = end is not None and (now >= end or (estimate is not None and estimate > end))
    evidence = (
        Evidence("reason", life.reason or "unspecified"),
        Evidence("estimated_delivery_at", estimate, end),
    )
    return Finding(evidence, "past_promise" if past else "inside_promise", since=_since(shipment, now))


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """A delay of the carrier's own, of a parcel that is not lost."""
    reason, flags = shipment.life.reason, list(shipment.life.flags)
    yield Check("reason", reason, "no reason of another kind", None, reason not in _OF_OTHER_KINDS)
    yield Check("flags", flags, "not lost", None, "lost" not in flags)
    yield Check("direction", shipment.life.direction, "outbound", None, not shipment.is_return)


def _since(shipment: Situation, now: datetime) -> datetime | None:
    """With the scan, or with the end of the promise where that came while the delay lasted."""
    at, end = shipment.life.state_at, shipment.promise_end
    return at if at is None or end is None or now < end else max(at, end)


def due(shipment: Situation, now: datetime, policy: Policy) -> datetime | None:
    """The end of the promise: from then on the delay is past it."""
    end = shipment.promise_end if shipment.life.state == "delayed" else None
    return end if end is not None and end > now else None
