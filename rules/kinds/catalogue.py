"""The kinds of exception, in the order of the catalogue: one small module each, with its twin beside it."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

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


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind: how it is found, and when time alone would change that."""

    name: str
    detect: Callable[[Situation, datetime, Policy], Finding | None]
    due: Clock | None = None
    by_clock: bool = False
    """Silence and lateness are found by the clock alone: a fact may be one of many that are still to come."""
    states: Collection[str] = STATES
    """The states of a shipment in which it can be found: the others need not be asked."""
    checks: Callable[[Situation, datetime, Policy], Iterable[Check]] | None = None
    """Its conditions one by one, for those who ask why it fired or did not; `detect` fires where all hold."""
    subject: str = "shipment"
    """What it is an exception of."""
    needs: int = 0
    """The signs (`rules.kinds.signs`) without any one of which it is never found, nor due."""


_BEFORE = ("unknown", "label_created")
_UNDER_WAY = ("picked_up", "in_transit", "delayed", "attempted", "out_for_delivery")
_ON_THE_WAY = ("label_created", *_UNDER_WAY)
_TO_COME = ("unknown", *_ON_THE_WAY)
_BETWEEN_HUBS = ("picked_up", "in_transit", "delayed")

KINDS: Final = (
    Kind(
        "not_shipped",
        not_shipped.detect,
        not_shipped.due,
        by_clock=True,
        checks=not_shipped.checks,
        subject="order",
    ),
    Kind(
        "label_not_scanned",
        label_not_scanned.detect,
        label_not_scanned.due,
        by_clock=True,
        states=_BEFORE,
        checks=label_not_scanned.checks,
    ),
    Kind("stalled", stalled.detect, stalled.due, by_clock=True, states=_UNDER_WAY, checks=stalled.checks, needs=MOVED),
    Kind(
        "long_transit",
        long_transit.detect,
        long_transit.due,
        by_clock=True,
        states=_UNDER_WAY,
        checks=long_transit.checks,
        needs=MOVED,
    ),
    Kind(
        "promise_at_risk",
        promise_at_risk.detect,
        states=_TO_COME,
        checks=promise_at_risk.checks,
        needs=ESTIMATED | PROMISED,
    ),
    Kind(
        "promise_missed",
        promise_missed.detect,
        promise_missed.due,
        by_clock=True,
        checks=promise_missed.checks,
        needs=PROMISED,
    ),
    Kind(
        "promise_moved",
        promise_moved.detect,
        promise_moved.due,
        states=_TO_COME,
        checks=promise_moved.checks,
        needs=PROMISED | MOVED_DATE,
    ),
    Kind("carrier_delay", carrier_delay.detect, carrier_delay.due, states=("delayed",), checks=carrier_delay.checks),
    Kind("attempt_failed", attempt_failed.detect, checks=attempt_failed.checks, needs=TRIED),
    Kind("attempts_exhausting", attempts_exhausting.detect, checks=attempts_exhausting.checks, needs=TRIED),
    Kind(
        "pickup_expiring",
        pickup_expiring.detect,
        pickup_expiring.due,
        by_clock=True,
        states=_UNDER_WAY,
        checks=pickup_expiring.checks,
        needs=FLAGGED,
    ),
    Kind("address_problem", address_problem.detect, states=_ON_THE_WAY, checks=address_problem.checks, needs=REASONED),
    Kind(
        "customs_hold",
        customs_hold.detect,
        customs_hold.due,
        states=_UNDER_WAY,
        checks=customs_hold.checks,
        needs=REASONED,
    ),
    Kind("damaged", damaged.detect, checks=damaged.checks, needs=HURT),
    Kind("lost_declared", lost_declared.detect, checks=lost_declared.checks, needs=FLAGGED),
    Kind(
        "lost_presumed",
        lost_presumed.detect,
        lost_presumed.due,
        by_clock=True,
        states=_UNDER_WAY,
        checks=lost_presumed.checks,
        needs=MOVED,
    ),
    Kind("returning", returning.detect, checks=returning.checks, needs=FLAGGED),
    Kind("returned", returned.detect, states=("returned",), checks=returned.checks),
    Kind("refused", refused.detect, checks=refused.checks, needs=FLAGGED),
    Kind(
        "not_received",
        not_received.detect,
        not_received.due,
        states=("delivered",),
        checks=not_received.checks,
        needs=TICKETED,
    ),
    Kind(
        "delivered_elsewhere",
        delivered_elsewhere.detect,
        delivered_elsewhere.due,
        states=("delivered",),
        checks=delivered_elsewhere.checks,
    ),
    Kind("contradictory_scans", contradictory_scans.detect, checks=contradictory_scans.checks, needs=CONTRADICTED),
    Kind("misrouted", misrouted.detect, states=_BETWEEN_HUBS, checks=misrouted.checks),
    Kind(
        "partial_delivery",
        partial_delivery.detect,
        partial_delivery.due,
        by_clock=True,
        states=partial_delivery.STATES,
        checks=partial_delivery.checks,
        needs=SIBLING,
    ),
    Kind(
        "invalid_tracking",
        invalid_tracking.detect,
        invalid_tracking.due,
        by_clock=True,
        states=_BEFORE,
        checks=invalid_tracking.checks,
    ),
    Kind("feed_silent", feed_silent.detect, checks=feed_silent.checks, subject="carrier"),
    Kind("incident", incident.detect, checks=incident.checks, subject="incident"),
    Kind("delivered_late", delivered_late.detect, states=("delivered",), checks=delivered_late.checks, needs=PROMISED),
    Kind(
        "replacement_at_risk",
        replacement_at_risk.detect,
        replacement_at_risk.due,
        states=_TO_COME,
        checks=replacement_at_risk.checks,
        needs=REPLACES,
    ),
    Kind("proof_missing", proof_missing.detect, states=("delivered",), checks=proof_missing.checks),
    Kind("payment_due", payment_due.detect, states=_ON_THE_WAY, checks=payment_due.checks, needs=REASONED),
    Kind("label_cancelled", label_cancelled.detect, states=("label_created",), checks=label_cancelled.checks),
    Kind("status_unmapped", status_unmapped.detect, checks=status_unmapped.checks),
)
