"""What was sent in place of something that went wrong shows a first sign of going wrong too."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding
from rules.kinds import label_not_scanned, long_transit, promise_at_risk, stalled
from rules.policy import Policy
from rules.situation import Situation

_SIGNS = (
    ("promise_at_risk", promise_at_risk.detect),
    ("long_transit", long_transit.detect),
    ("stalled", stalled.detect),
    ("label_not_scanned", label_not_scanned.detect),
)
_CLOCKS = (long_transit.due, stalled.due, label_not_scanned.due)


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire at the first step of any sign; their limits are already those of a replacement."""
    if not shipment.is_replacement or shipment.order is None:
        return None
    signs = [(name, found) for name, look in _SIGNS if (found := look(shipment, now, policy)) is not None]
    if not signs:
        return None
    evidence = [Evidence("replacement_for", shipment.order.replacement_for)]
    evidence += [Evidence("sign", name) for name, _ in signs]
    evidence += [one for _, found in signs for one in found.evidence]
    since = min((found.since for _, found in signs if found.since is not None), default=None)
    # What the carrier expects is known at once; of silence a fact may be one of many that are still to come.
    mark, by_clock = " ".join(name for name, _ in signs), signs[0][0] != "promise_at_risk"
    return Finding(tuple(evidence), signs[0][0], mark, since=since, by_clock=by_clock)


def due(shipment: Situation, now: datetime, policy: Policy) -> datetime | None:
    """The next step of any sign."""
    if not shipment.is_replacement:
        return None
    return min((at for look in _CLOCKS if (at := look(shipment, now, policy)) is not None), default=None)


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """A replacement, and at least one sign."""
    replaced = shipment.order.replacement_for if shipment.order else None
    yield Check("replacement_for", replaced, "an order", None, shipment.is_replacement)
    signs = [name for name, look in _SIGNS if look(shipment, now, policy) is not None]
    path = shipment.policy.limit("replacement.threshold_factor").path
    yield Check("signs", signs, [name for name, _ in _SIGNS], path, bool(signs))
