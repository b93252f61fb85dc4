"""What is found of a shipment, which of it speaks for what, and when time alone would find more."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Final

from rules.finding import Check, Finding
from rules.kinds.catalogue import KINDS, Clock, Kind
from rules.kinds.signs import signs
from rules.policy import Policy
from rules.situation import Situation
from schemas.words import STATES, SUBJECTS

__all__ = ["HIDING", "INHIBITED", "KINDS", "SPEAKS_FOR", "Kind", "conditions", "find", "hidden", "next_due", "told_by"]

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
_NONE: Final[frozenset[str]] = frozenset()


@cache
def _asked(subject: str, state: str, there: int) -> tuple[Kind, ...]:
    """The kinds that may be found in a state with these signs."""
    return tuple(kind for kind in _FITTING[subject, state] if not kind.needs & ~there)


@cache
def _clocks(subject: str, state: str, there: int) -> tuple[tuple[str, Clock], ...]:
    """Those of them that time alone may bring."""
    return tuple((kind.name, kind.due) for kind in _asked(subject, state, there) if kind.due is not None)


def next_due(shipment: Situation, now: datetime, policy: Policy, without: Collection[str] = _NONE) -> datetime | None:
    """When time alone would next change what is found of any kind but `without`."""
    least: datetime | None = None
    for name, due in _clocks(shipment.subject, shipment.life.state, signs(shipment)):
        if name in without or (at := due(shipment, now, policy)) is None:
            continue
        if least is None or at < least:
            least = at
    return least


def find(shipment: Situation, now: datetime, policy: Policy, without: Collection[str] = _NONE) -> dict[str, Finding]:
    """Every cause that is there now, by kind; kinds in `without` are not asked."""
    found: dict[str, Finding] = {}
    for kind in _asked(shipment.subject, shipment.life.state, signs(shipment)):
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
    return [*first, *kind.checks(shipment, now, policy)]


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
