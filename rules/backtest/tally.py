"""What is counted of one policy and of both together; tallies of several processes add up to one."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct, field

from rules.backtest.course import CaseCourse, MessageCourse
from rules.backtest.differences import Difference
from schemas.facts import base_id, subject_key

SIDES: Final = ("old", "new")
_TICKET_BEFORE: Final = timedelta(days=7)
"""A ticket opened at most this long before a case is about the same trouble: the customer was first."""
_HOUR: Final = timedelta(hours=1)

Tickets = dict[str, dict[str, datetime]]
"""By subject and ticket id, when it was opened."""


class Tally(Struct):
    """Counts, leads and differences."""

    counts: Counter[tuple[str, ...]] = field(default_factory=Counter)
    leads: dict[str, list[float]] = field(default_factory=lambda: {side: [] for side in SIDES})
    """Hours by which cases came before the ticket, by policy."""
    tickets: set[str] = field(default_factory=set)
    """Tickets that named a shipment or an order."""
    foreseen: dict[str, set[str]] = field(default_factory=lambda: {side: set() for side in SIDES})
    """Those of them for which a case was open before, by policy."""
    digests: dict[str, set[str]] = field(default_factory=lambda: {side: set() for side in SIDES})
    """Keys of the digests that were sent, by policy: parcels of one order may be counted in several processes."""
    differences: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By what differs and by kind."""
    examples: list[Difference] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Add what another process counted."""
        self.counts.update(other.counts)
        self.differences.update(other.differences)
        self.tickets |= other.tickets
        for side in SIDES:
            self.leads[side] += other.leads[side]
            self.foreseen[side] |= other.foreseen[side]
            self.digests[side] |= other.digests[side]
        self.examples += other.examples

    def differs(self, difference: Difference) -> None:
        """Count a difference."""
        self.differences[difference.what, difference.kind] += 1
        self.examples.append(difference)

    def keep(self, examples: int) -> None:
        """Keep the first so many examples of each kind of difference."""
        kept: dict[str, list[Difference]] = defaultdict(list)
        for one in sorted(self.examples, key=lambda one: one.rank):
            if len(kept[one.what]) < examples:
                kept[one.what].append(one)
        self.examples = [one for several in kept.values() for one in several]


def count_case(tally: Tally, side: str, case: CaseCourse, tickets: Tickets, noise: timedelta | None) -> None:
    """Count a case of one policy, by kind, owner, severity and posture."""
    measures = ["opened", *_endings(case, noise)]
    ticket = first_ticket(case, tickets)
    if ticket is not None:
        name, at = ticket
        before = case.opened_at < at
        measures.append("before_ticket" if before else "after_ticket")
        if before:
            tally.leads[side].append((at - case.opened_at) / _HOUR)
            tally.foreseen[side].add(name)
    groups = [("all",), ("kind", case.kind), ("owner", case.owners[0]), ("severity", case.severity)]
    for group in (*groups, ("posture", case.posture), ("day", case.opened_at.date().isoformat())):
        for measure in measures:
            tally.counts[side, *group, measure] += 1
        if case.reopened:
            tally.counts[side, *group, "reopened"] += case.reopened


def _endings(case: CaseCourse, noise: timedelta | None) -> list[str]:
    if case.resolved_at is None:
        return ["still_open"]
    if case.resolved_by == "self":
        return ["cleared_itself", "noise"] if is_noise(case, noise) else ["cleared_itself"]
    return ["ended_by_policy" if case.resolved_by == "policy" else "ended_by_people"]


def is_noise(case: CaseCourse, span: timedelta | None) -> bool:
    """Whether a case cleared itself before anyone could act: by its `due_by`, or within `span` where one is given.

    One that a greater case took over is none: its trouble went on.
    """
    if case.resolved_at is None or case.resolved_by != "self" or case.handled or case.resolution != "cause gone":
        return False
    limit = case.opened_at + span if span is not None else case.due_by
    return limit is not None and case.resolved_at < limit


def first_ticket(case: CaseCourse, tickets: Tickets) -> tuple[str, datetime] | None:
    """The first ticket about the case's shipment or order from a week before its opening to its end."""
    keys = {case.key, base_id(case.key), subject_key("order", str(case.order_id))}
    found = [(at, name) for key in keys for name, at in tickets.get(key, {}).items()]
    fitting = [one for one in found if _fits(case, one[0])]
    if not fitting:
        return None
    at, name = min(fitting)
    return name, at


def _fits(case: CaseCourse, at: datetime) -> bool:
    return case.opened_at - _TICKET_BEFORE <= at and (case.resolved_at is None or at <= case.resolved_at)


def count_message(tally: Tally, side: str, message: MessageCourse) -> None:
    """Count a message by its last fate and its class, and once for each reason for which it was held."""
    tally.counts[side, "message", message.fate, message.reason or ""] += 1
    tally.counts[side, "class", message.class_, message.fate] += 1
    if message.digest:
        tally.counts[side, "in_digests"] += 1
        tally.digests[side].add(message.idempotency_key)
    for reason in message.held:
        tally.counts[side, "held", reason] += 1
