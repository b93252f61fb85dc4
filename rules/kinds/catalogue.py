"""The kinds of exception, in the order of the catalogue: one small module each, with its twin beside it."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from rules.finding import Check, Finding
from rules.kinds import (
    address_problem,
    attempt_failed,
    attempts_exhausting,
    carrier_delay,
    contradictory_scans,
    customs_hold,
    damaged,
    delivered_elsewhere,
    delivered_late,
    feed_silent,
    incident,
    invalid_tracking,
    label_cancelled,
    label_not_scanned,
    long_transit,
    lost_declared,
    lost_presumed,
    misrouted,
    not_received,
    not_shipped,
    partial_delivery,
    payment_due,
    pickup_expiring,
    promise_at_risk,
    promise_missed,
    promise_moved,
    proof_missing,
    refused,
    replacement_at_risk,
    returned,
    returning,
    stalled,
    status_unmapped,
)
from rules.kinds.signs import (
    CONTRADICTED,
    ESTIMATED,
    FLAGGED,
    HURT,
    MOVED,
    MOVED_DATE,
    PROMISED,
    REASONED,
    REPLACES,
    SIBLING,
    TICKETED,
    TRIED,
)
from rules.policy import Policy
from rules.situation import Situation
from schemas.words import STATES

Clock = Callable[[Situation, datetime, Policy], datetime | None]


class _Module(Protocol):
    """A module of one kind."""

    __name__: str

    def detect(self, shipment: Situation, now: datetime, policy: Policy, /) -> Finding | None: ...

    def checks(self, shipment: Situation, now: datetime, policy: Policy, /) -> Iterable[Check]: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind: how it is found, and when time alone would change that."""

    name: str
    detect: Callable[[Situation, datetime, Policy], Finding | None]
    checks: Callable[[Situation, datetime, Policy], Iterable[Check]]
    """Its conditions one by one, for those who ask why it fired or did not; `detect` fires where all hold."""
    due: Clock | None = None
    by_clock: bool = False
    """Silence and lateness are found by the clock alone: a fact may be one of many that are still to come."""
    subject: str = "shipment"
    """What it is an exception of."""
    states: Collection[str] = STATES
    """The states of a shipment in which it can be found: the others need not be asked."""
    needs: int = 0
    """The signs (`rules.kinds.signs`) without any one of which it is never found, nor due."""


def _kind(  # noqa: PLR0913 - one argument a field
    module: _Module,
    due: Clock | None = None,
    *,
    by_clock: bool = False,
    subject: str = "shipment",
    states: Collection[str] = STATES,
    needs: int = 0,
) -> Kind:
    """The kind of a module, named as the module is."""
    name = module.__name__.rpartition(".")[2]
    return Kind(name, module.detect, module.checks, due, by_clock, subject, states, needs)


_BEFORE = ("unknown", "label_created")
_UNDER_WAY = ("picked_up", "in_transit", "delayed", "attempted", "out_for_delivery")
_ON_THE_WAY = ("label_created", *_UNDER_WAY)
_TO_COME = ("unknown", *_ON_THE_WAY)
_BETWEEN_HUBS = ("picked_up", "in_transit", "delayed")

KINDS: Final = (
    _kind(not_shipped, not_shipped.due, by_clock=True, subject="order"),
    _kind(label_not_scanned, label_not_scanned.due, by_clock=True, states=_BEFORE),
    _kind(stalled, stalled.due, by_clock=True, states=_UNDER_WAY, needs=MOVED),
    _kind(long_transit, long_transit.due, by_clock=True, states=_UNDER_WAY, needs=MOVED),
    _kind(promise_at_risk, states=_TO_COME, needs=ESTIMATED | PROMISED),
    _kind(promise_missed, promise_missed.due, by_clock=True, needs=PROMISED),
    _kind(promise_moved, promise_moved.due, states=_TO_COME, needs=PROMISED | MOVED_DATE),
    _kind(carrier_delay, carrier_delay.due, states=("delayed",)),
    _kind(attempt_failed, needs=TRIED),
    _kind(attempts_exhausting, needs=TRIED),
    _kind(pickup_expiring, pickup_expiring.due, by_clock=True, states=_UNDER_WAY, needs=FLAGGED),
    _kind(address_problem, states=_ON_THE_WAY, needs=REASONED),
    _kind(customs_hold, customs_hold.due, states=_UNDER_WAY, needs=REASONED),
    _kind(damaged, needs=HURT),
    _kind(lost_declared, needs=FLAGGED),
    _kind(lost_presumed, lost_presumed.due, by_clock=True, states=_UNDER_WAY, needs=MOVED),
    _kind(returning, needs=FLAGGED),
    _kind(returned, states=("returned",)),
    _kind(refused, needs=FLAGGED),
    _kind(not_received, not_received.due, states=("delivered",), needs=TICKETED),
    _kind(delivered_elsewhere, delivered_elsewhere.due, states=("delivered",)),
    _kind(contradictory_scans, needs=CONTRADICTED),
    _kind(misrouted, states=_BETWEEN_HUBS),
    _kind(partial_delivery, partial_delivery.due, by_clock=True, states=partial_delivery.STATES, needs=SIBLING),
    _kind(invalid_tracking, invalid_tracking.due, by_clock=True, states=_BEFORE),
    _kind(feed_silent, subject="carrier"),
    _kind(incident, subject="incident"),
    _kind(delivered_late, states=("delivered",), needs=PROMISED),
    _kind(replacement_at_risk, replacement_at_risk.due, states=_TO_COME, needs=REPLACES),
    _kind(proof_missing, states=("delivered",)),
    _kind(payment_due, states=_ON_THE_WAY, needs=REASONED),
    _kind(label_cancelled, states=("label_created",)),
    _kind(status_unmapped),
)
