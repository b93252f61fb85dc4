"""The promised day has ended at the destination and the parcel is not there."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding
from rules.kinds.label_not_scanned import waiting_since
from rules.policy import Policy
from rules.situation import Situation

_ENDED = frozenset(("delivered", "returned", "damaged"))
_TURNED = frozenset(("returning", "refused"))


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire from 24:00 of the promised date on, until the parcel arrives."""
    end = promised_until(shipment)
    if end is None or now < end:
        return None
    assert shipment.order is not None
    promise = Evidence("promise_date", shipment.order.promise_date, end, f"promise ends by {shipment.zone[1]}")
    # Before the first scan the missing parcel is the news, and `label_not_scanned` tells it.
    stage = "found" if waiting_since(shipment) is None else "not_handed_over"
    return Finding((promise, Evidence("state", shipment.life.state)), stage, since=end)


def due(shipment: Situation, now: datetime, policy: Policy) -> datetime | None:
    """The end of the promised day."""
    end = promised_until(shipment)
    return end if end is not None and end > now else None


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """A promised day that has ended, of a parcel that is still awaited."""
    life, end = shipment.life, shipment.promise_end
    yield Check("promise_ends_at", end, now, f"promise ends by {shipment.zone[1]}", end is not None and now >= end)
    yield Check("state", life.state, f"not {', '.join(sorted(_ENDED))}", None, life.state not in _ENDED)
    flags, turned = list(life.flags), not _TURNED.isdisjoint(life.flags)
    yield Check("flags", flags, f"not {', '.join(sorted(_TURNED))}", None, not turned)
    yield Check("cancelled", shipment.is_cancelled, False, None, not shipment.is_cancelled)
    yield Check("ready_for_pickup_in_time", _waits(shipment), False, None, not _waits(shipment))


def _waits(shipment: Situation) -> bool:
    # At the counter in time: what is missing now is the customer.
    life, end = shipment.life, shipment.promise_end
    return end is not None and "pickup_ready" in life.flags and life.state_at is not None and life.state_at < end


def promised_until(shipment: Situation) -> datetime | None:
    """The end of the promise, while it is neither kept nor void."""
    life, end = shipment.life, shipment.promise_end
    if end is None or life.state in _ENDED or shipment.is_cancelled or not _TURNED.isdisjoint(life.flags):
        return None
    return None if _waits(shipment) else end
