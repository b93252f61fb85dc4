"""The parcel has arrived, after the end of the promised day."""

from collections.abc import Iterator
from datetime import date, datetime

from rules.finding import Check, Evidence, Finding
from rules.policy import Policy
from rules.situation import Situation
from rules.state import Seen

_ITS_DAY = frozenset(("naive", "date_only", "placeholder"))


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire on delivery; a person ends it with the claim, or the carrier by taking the delivery back."""
    end, scan = _promised(shipment), _delivery(shipment)
    if end is None or scan is None or not _is_late(shipment, scan, end):
        return None
    told = Evidence("delivered_at", scan.occurred_at, end, f"promise ends by {shipment.zone[1]}")
    # Who was not at home on the promised day may void the carrier's guarantee.
    attempts = shipment.life.attempts
    evidence = (told, Evidence("time_quality", scan.quality), Evidence("first_attempt_at", next(iter(attempts), None)))
    return Finding(evidence, since=scan.happened)


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """A promise that nothing had kept before, and a delivery that is surely after its end."""
    end, scan = _promised(shipment), _delivery(shipment)
    yield Check("promise_ends_at", end, None, None, end is not None)
    late = end is not None and scan is not None and _is_late(shipment, scan, end)
    yield Check("delivered_at", scan.occurred_at if scan else None, end, None, late)


def _promised(shipment: Situation) -> datetime | None:
    """The end of the promise, unless the parcel was at a counter by then: the customer came late."""
    end = shipment.promise_end
    if end is None or shipment.is_cancelled:
        return None
    waited = any("pickup_ready" in scan.flags and scan.at < end for scan in shipment.shipment.scans)
    return None if waited else end


def _delivery(shipment: Situation) -> Seen | None:
    at = shipment.life.delivered_at
    return next((one for one in reversed(shipment.shipment.scans) if one.state == "delivered" and one.at == at), None)


def _is_late(shipment: Situation, scan: Seen, end: datetime) -> bool:
    """Whether it surely is: without a zone or an hour its day counts as written, and without a time nothing does."""
    promised = shipment.order.promise_date if shipment.order else None
    if scan.occurred_at is None or scan.quality == "missing" or promised is None:
        return False
    return (
        scan.occurred_at.date() > date.fromisoformat(promised) if scan.quality in _ITS_DAY else scan.occurred_at > end
    )
