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
from rules.policy import Policy
from rules.situation import Situation
from schemas.words import STATES, SUBJECTS


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind: how it is found, and when time alone would change that."""

    name: str
    detect: Callable[[Situation, datetime, Policy], Finding | None]
    due: Callable[[Situation, datetime, Policy], datetime | None] | None = None
    by_clock: bool = False
    """Silence and lateness are found by the clock alone: a fact may be one of many that are still to come."""
    states: Collection[str] = STATES
    """The states of a shipment in which it can be found: the others need not be asked."""
    checks: Callable[[Situation, datetime, Policy], Iterable[Check]] | None = None
    """Its conditions one by one, for those who ask why it fired or did not; `detect` fires where all hold."""
    subject: str = "shipment"
    """What it is an exception of."""


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
    Kind("stalled", stalled.detect, stalled.due, by_clock=True, states=_UNDER_WAY, checks=stalled.checks),
    Kind(
        "long_transit",
        long_transit.detect,
        long_transit.due,
        by_clock=True,
        states=_UNDER_WAY,
        checks=long_transit.checks,
    ),
    Kind("promise_at_risk", promise_at_risk.detect, states=_TO_COME, checks=promise_at_risk.checks),
    Kind("promise_missed", promise_missed.detect, promise_missed.due, by_clock=True, checks=promise_missed.checks),
    Kind(
        "promise_moved",
        promise_moved.detect,
        promise_moved.due,
        states=_TO_COME,
        checks=promise_moved.checks,
    ),
    Kind("carrier_delay", carrier_delay.detect, carrier_delay.due, states=("delayed",), checks=carrier_delay.checks),
    Kind("attempt_failed", attempt_failed.detect, checks=attempt_failed.checks),
    Kind("attempts_exhausting", attempts_exhausting.detect, checks=attempts_exhausting.checks),
    Kind(
        "pickup_expiring",
        pickup_expiring.detect,
        pickup_expiring.due,
        by_clock=True,
        states=_UNDER_WAY,
        checks=pickup_expiring.checks,
    ),
    Kind("address_problem", address_problem.detect, states=_ON_THE_WAY, checks=address_problem.checks),
    Kind("customs_hold", customs_hold.detect, customs_hold.due, states=_UNDER_WAY, checks=customs_hold.checks),
    Kind("damaged", damaged.detect, checks=damaged.checks),
    Kind("lost_declared", lost_declared.detect, checks=lost_declared.checks),
    Kind(
        "lost_presumed",
        lost_presumed.detect,
        lost_presumed.due,
        by_clock=True,
        states=_UNDER_WAY,
        checks=lost_presumed.checks,
    ),
    Kind("returning", returning.detect, checks=returning.checks),
    Kind("returned", returned.detect, states=("returned",), checks=returned.checks),
    Kind("refused", refused.detect, checks=refused.checks),
    Kind("not_received", not_received.detect, not_received.due, states=("delivered",), checks=not_received.checks),
    Kind(
        "delivered_elsewhere",
        delivered_elsewhere.detect,
        delivered_elsewhere.due,
        states=("delivered",),
        checks=delivered_elsewhere.checks,
    ),
    Kind("contradictory_scans", contradictory_scans.detect, checks=contradictory_scans.checks),
    Kind("misrouted", misrouted.detect, states=_BETWEEN_HUBS, checks=misrouted.checks),
    Kind(
        "partial_delivery",
        partial_delivery.detect,
        partial_delivery.due,
        by_clock=True,
        states=partial_delivery.STATES,
        checks=partial_delivery.checks,
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
    Kind("delivered_late", delivered_late.detect, states=("delivered",), checks=delivered_late.checks),
    Kind(
        "replacement_at_risk",
        replacement_at_risk.detect,
        replacement_at_risk.due,
        states=_TO_COME,
        checks=replacement_at_risk.checks,
    ),
    Kind("proof_missing", proof_missing.detect, states=("delivered",), checks=proof_missing.checks),
    Kind("payment_due", payment_due.detect, states=_ON_THE_WAY, checks=payment_due.checks),
    Kind("label_cancelled", label_cancelled.detect, states=("label_created",), checks=label_cancelled.checks),
    Kind("status_unmapped", status_unmapped.detect, checks=status_unmapped.checks),
)

HIDING: Final = (
    frozenset(("lost_declared", "lost_presumed", "damaged", "returned", "returning")),
    frozenset(("refused", "attempts_exhausting", "attempt_failed")),
    frozenset(("promise_missed",)),
    frozenset(("stalled", "long_transit", "replacement_at_risk")),
    frozenset(("promise_at_risk",)),
    frozenset(("carrier_delay", "promise_moved")),
)
"""Each tier hides the tiers below it; a kind in no tier neither hides nor is hidden."""

SPEAKS_FOR: Final = (
    ("payment_due", frozenset(("attempt_failed", "customs_hold", "stalled"))),
    ("customs_hold", frozenset(("stalled",))),
    ("address_problem", frozenset(("attempt_failed", "stalled"))),
    ("attempts_exhausting", frozenset(("address_problem",))),
    ("replacement_at_risk", frozenset(("label_not_scanned", "stalled", "long_transit"))),
)
"""Whose case tells the customer what others would tell too: those stay open for their owners, and say nothing."""

INHIBITED: Final = frozenset(("stalled", "long_transit", "promise_at_risk", "promise_moved", "carrier_delay"))
"""What an incident at the parcel's place speaks for."""

_FITTING: Final = {
    (subject, state): tuple(kind for kind in KINDS if kind.subject == subject and state in kind.states)
    for subject in SUBJECTS
    for state in STATES
}
_DUE: Final = {place: tuple((kind.name, kind.due) for kind in kinds if kind.due) for place, kinds in _FITTING.items()}
_NONE: Final[frozenset[str]] = frozenset()


def next_due(shipment: Situation, now: datetime, policy: Policy, without: Collection[str] = _NONE) -> datetime | None:
    """When time alone would next change what is found of any kind but `without`."""
    asked = _DUE[shipment.subject, shipment.life.state]
    times = [due(shipment, now, policy) for name, due in asked if name not in without]
    return min((time for time in times if time is not None), default=None)


def find(shipment: Situation, now: datetime, policy: Policy, without: Collection[str] = _NONE) -> dict[str, Finding]:
    """Every cause that is there now, by kind; kinds in `without` are not asked."""
    found: dict[str, Finding] = {}
    for kind in _FITTING[shipment.subject, shipment.life.state]:
        if without and kind.name in without:
            continue
        finding = kind.detect(shipment, now, policy)
        if finding is not None:
            found[kind.name] = finding
    return found


def conditions(kind: Kind, shipment: Situation, now: datetime, policy: Policy) -> list[Check]:
    """Every condition of a kind, in the order in which an operator would ask; it fires where all hold."""
    state = shipment.life.state
    first = (
        [] if kind.subject != "shipment" else [Check("state", state, sorted(kind.states), None, state in kind.states)]
    )
    return first if kind.checks is None else [*first, *kind.checks(shipment, now, policy)]


def told_by(kind: str, found: Collection[str]) -> str | None:
    """Which other found kind tells the customer of this one's trouble, if one does."""
    if len(found) < 2:
        return None
    return next((speaker for speaker, others in SPEAKS_FOR if kind in others and speaker in found), None)


def hidden(hiding: Collection[str], found: Collection[str]) -> dict[str, str]:
    """Which found kinds are hidden, and by which of those that may hide."""
    if len(found) < 2:
        return {}
    hides: dict[str, str] = {}
    hider: str | None = None
    for tier in HIDING:
        here = [kind.name for kind in KINDS if kind.name in found and kind.name in tier]
        if hider is not None:
            hides.update(dict.fromkeys(here, hider))
        else:
            hider = next((name for name in here if name in hiding), None)
    return hides
