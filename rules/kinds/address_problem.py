"""The carrier cannot deliver because of the address, or because something that it needs to know is missing."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding
from rules.policy import Policy
from rules.situation import Situation
from rules.spells import began_by_reason

_ALWAYS = frozenset(("address_issue", "missing_data"))
_WITHOUT_ATTEMPT = frozenset(("undeliverable", "action_required"))
"""After an attempt these say only that it failed; without one, that nothing goes on before somebody answers."""


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire at once, until the parcel moves on without that reason."""
    life = shipment.life
    if life.reason is None or life.reason not in _reasons(shipment) or shipment.is_return:
        return None
    told = (
        Evidence("reason", life.reason),
        Evidence("told_at", life.state_at),
        Evidence("last_place", _place(shipment)),
    )
    return Finding(told, mark=life.reason, since=began_by_reason(shipment, *_reasons(shipment)))


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """A reason that the customer or the address has to answer."""
    reason, reasons = shipment.life.reason, _reasons(shipment)
    yield Check("reason", reason, sorted(reasons), None, reason in reasons)
    yield Check("direction", shipment.life.direction, "outbound", None, not shipment.is_return)


def _reasons(shipment: Situation) -> frozenset[str]:
    return _ALWAYS if shipment.life.state == "attempted" else _ALWAYS | _WITHOUT_ATTEMPT


def _place(shipment: Situation) -> str | None:
    return next((scan.place for scan in reversed(shipment.shipment.scans) if scan.place), None)
