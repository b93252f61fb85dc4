"""Third hop: the only writer of shipment state. Facts and time go in, decisions come out."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec import Struct

from rules.decision import Decision, Event, Refusal
from rules.engine import decide, end_beside, sweep, sweep_beside
from rules.feeds import NO_FEEDS, Feeds, told
from rules.pipeline.adopt import begins, begun, ends, heir, meant, past
from rules.pipeline.clock import GRID, Due, PartitionClock
from rules.pipeline.records import Rows
from rules.pipeline.shelf import Shelf
from rules.pipeline.siblings import tell_siblings
from rules.policy import PolicyBook
from rules.shadow import due_beside
from rules.state import Shipment
from schemas.codec import digest
from schemas.facts import (
    Action,
    ActionFact,
    Fact,
    FeedFact,
    IncidentFact,
    OrderFact,
    ScansFact,
    SiblingFact,
    TicketFact,
    base_id,
)
from schemas.partitioning import murmur2_partition

MAX_ALIASES = 20
MAX_KEPT = 100


class Row(Struct, omit_defaults=True, kw_only=True):
    """A row of `shipments`: one parcel, or a reused number and the parcels under it."""

    shipment: Shipment | None = None
    armed: datetime | None = None
    """Where the agenda expects this shipment."""
    aliases: dict[str, datetime] = {}
    """Parcels under this reused number, with the time of their first scan."""
    kept: list[OrderFact | TicketFact | ActionFact] = []
    """What was said of the number by those who cannot know which parcel: for parcels heard of later."""
    past: Shipment | None = None
    """Of a number that was taken for a parcel itself until one of its parcels began."""
    feeds: Feeds | None = None
    """In the row of this partition: what is known of the carriers' feeds."""


class Refused(Struct, frozen=True):
    """A fact that the core would not take, and why; nothing of it was applied."""

    fact: Fact
    refusal: Refusal


class Gone(Struct, frozen=True):
    """A shipment that turned out to be only a number, or is forgotten: its latest state is taken back."""

    shipment_id: str


class Passed(Struct, frozen=True):
    """What one parcel's fate means for another: a fact for the partition that keeps it."""

    fact: Fact


Tracked = tuple[Event, Fact | None] | Refused | Gone | Passed

_decoder = msgspec.json.Decoder(Row)


@dataclass(frozen=True, slots=True)
class Place:
    """The partition whose shipments are tracked, of how many."""

    partition: int = 0
    partitions: int = 1

    def owns(self, id_: str) -> bool:
        """Whether a subject of that id is kept here."""
        return murmur2_partition(id_.encode("utf-8", "surrogatepass"), self.partitions) == self.partition


_EVERYWHERE = Place()


class Tracker:
    """Applies facts and time to the shipments of one partition; yields events in order."""

    def __init__(
        self,
        rows: Rows | None,
        clock: PartitionClock,
        policy: PolicyBook,
        place: Place = _EVERYWHERE,
        candidate: PolicyBook | None = None,
    ) -> None:
        self._rows = Shelf(rows, _decoder.decode, msgspec.json.encode)
        self._clock = clock
        self._policy = policy
        self._candidate = candidate
        self._place = place
        self._feeds: Feeds | None = None
        self.duplicates = 0
        """Facts that were known already, so had no effect."""

    def save(self) -> None:
        """Write the rows that have changed."""
        self._rows.save()

    def shipment(self, shipment_id: str) -> Shipment | None:
        """The state of one shipment as of now."""
        return self._load(shipment_id).shipment

    def apply(self, fact: Fact) -> Iterator[Tracked]:
        """What one fact leads to."""
        if isinstance(fact, FeedFact):
            yield from self._feed(fact)
            return
        if fact.subject != "shipment":
            yield from self._decide(fact)
            return
        base = base_id(fact.shipment_id)
        if isinstance(fact, ScansFact):
            yield from self._scans(base, fact)
            return
        if isinstance(fact, SiblingFact | IncidentFact):
            yield from self._decide(self._latest(fact))
            return
        if base == fact.shipment_id:
            row = self._load(base)
            if row.aliases:
                yield from self._onto_aliases(row, fact)
                return
            if _reuses(fact.shipment_id):
                self._store_kept(base, row, fact)
        yield from self._decide(fact)

    def _scans(self, base: str, fact: ScansFact) -> Iterator[Tracked]:
        """Scans of a parcel, or of a number that several parcels have had: then of the last that had begun by then."""
        if base != fact.shipment_id:
            yield from self._adopt(base, fact)
        elif _reuses(base):
            last = begun(self._load(base).aliases, ends(fact))
            fact = msgspec.structs.replace(fact, shipment_id=last[0]) if last else fact
        yield from self._decide(fact)

    def due(self, step: Due) -> Iterator[Tracked]:
        """A shipment's minute has come."""
        row = self._load(step.subject)
        if row.shipment is None:
            return
        row.armed = None
        if row.shipment.forget_at is not None and row.shipment.forget_at <= step.now:
            if row.shipment.subject == "shipment":
                yield Gone(step.subject)
            self._forget(step.subject, row)
            return
        beside = due_beside(row.shipment.asides)
        if row.shipment.next_due is not None and row.shipment.next_due <= step.now:
            decision = sweep(row.shipment, step.now, self._policy, self.feeds, self._candidate)
        elif beside is not None and beside <= step.now:
            decision = sweep_beside(row.shipment, step.now, self._policy, self.feeds, self._candidate)
        else:
            self._keep(step.subject, row, row.shipment, step.now)
            return
        self._keep(step.subject, row, decision.shipment, step.now)
        for event in decision.events:
            yield event, None

    def _decide(self, fact: Fact) -> Iterator[Tracked]:
        row = self._load(fact.shipment_id)
        before = row.shipment
        known = before if before is not None else row.past
        decision: Decision = decide(known, fact, fact.now, self._policy, self.feeds, self._candidate)
        for refusal in decision.refusals:
            yield Refused(fact, refusal)
        if decision.duplicate:
            self.duplicates += 1
            if row.armed is not None:
                self._clock.heal(fact.shipment_id, row.armed)
            return
        self._keep(fact.shipment_id, row, decision.shipment)
        for event in decision.events:
            yield event, fact
        for passed in tell_siblings(before, decision.shipment, fact):
            yield Passed(passed)

    @property
    def feeds(self) -> Feeds:
        """The carriers' feeds as this partition has heard of them."""
        if self._feeds is None:
            self._feeds = self._load(self._feeds_key).feeds or NO_FEEDS
        return self._feeds

    @property
    def _feeds_key(self) -> str:
        return f"feeds@{self._place.partition}"

    def _feed(self, fact: FeedFact) -> Iterator[Tracked]:
        """Every partition keeps the feeds; the one that a carrier belongs to keeps the carrier's cases."""
        self._feeds, changed = told(self.feeds, fact)
        self._store(self._feeds_key, Row(feeds=self._feeds))
        if changed and self._place.owns(fact.carrier):
            yield from self._decide(fact)

    def _latest(self, fact: SiblingFact | IncidentFact) -> SiblingFact | IncidentFact:
        """Of a reused number, the parcel that began last."""
        aliases = self._load(fact.shipment_id).aliases
        return msgspec.structs.replace(fact, shipment_id=max(aliases, key=aliases.__getitem__)) if aliases else fact

    def _adopt(self, base: str, fact: ScansFact) -> Iterator[Tracked]:
        """First word of a parcel under a reused number: it learns what was said of the number before."""
        row = self._load(base)
        if fact.shipment_id in row.aliases and self.shipment(fact.shipment_id) is not None:
            return
        if fact.shipment_id not in row.aliases:
            if len(row.aliases) >= MAX_ALIASES:
                return
            row.aliases = {**row.aliases, fact.shipment_id: begins(fact)}
        placeholder, row.shipment = row.shipment, None
        kept = row.kept
        self._store(base, row)
        if placeholder is not None:
            placeholder = yield from self._close(placeholder, fact)
            self._disarm(base, row)
            row.past = past(placeholder)
            self._store(base, row)
            yield Gone(base)
            parcel = heir(placeholder, fact)
            if parcel is not None and self.shipment(fact.shipment_id) is None:
                self._store(fact.shipment_id, Row(shipment=parcel))
        for old in kept:
            if fact.shipment_id in meant(old, row.aliases, kept):
                yield from self._decide(_addressed(old, fact))

    def _close(self, placeholder: Shipment, fact: ScansFact) -> Generator[Tracked, None, Shipment]:
        """The number alone was taken for a parcel until now: its cases move on with the real one."""
        for case in list(placeholder.cases.values()):
            if case.is_open:
                action = Action(
                    action="resolve", shipment_id=placeholder.shipment_id, at=fact.now, case_id=case.case_id, by="self"
                )
                closing = ActionFact(
                    fact_id=digest("adopted", case.case_id, fact.shipment_id),
                    shipment_id=placeholder.shipment_id,
                    received_at=fact.received_at,
                    now=fact.now,
                    source=fact.source,
                    topic=fact.topic,
                    position=fact.position,
                    action=action,
                )
                decision = decide(placeholder, closing, fact.now, self._policy, self.feeds, self._candidate)
                placeholder = decision.shipment
                for event in decision.events:
                    yield event, fact
        for event in end_beside(placeholder, fact, self._policy):
            yield event, fact
        placeholder.asides = {}
        return placeholder

    def _onto_aliases(self, row: Row, fact: OrderFact | TicketFact | ActionFact) -> Iterator[Tracked]:
        """Something said of a reused number goes to the parcel it means; to the bare number where that is not known."""
        self._store_kept(base_id(fact.shipment_id), row, fact)
        parcels = meant(fact, row.aliases, row.kept)
        for name in parcels:
            yield from self._decide(msgspec.structs.replace(fact, shipment_id=name))
        if not parcels:
            yield from self._decide(fact)

    def _store_kept(self, base: str, row: Row, fact: OrderFact | TicketFact | ActionFact) -> None:
        if all(old.fact_id != fact.fact_id for old in row.kept):
            row.kept = [*row.kept, fact][-MAX_KEPT:]
            self._store(base, row)

    def _keep(self, key: str, row: Row, shipment: Shipment, swept: datetime | None = None) -> None:
        due = _earliest(shipment.next_due, shipment.forget_at, due_beside(shipment.asides))
        if due is not None and swept is not None:
            due = max(due, swept + GRID)  # never twice in one minute, whatever the core asks for
        # An entry that comes too early asks again; only one that would come too late has to move.
        if due is not None and (row.armed is None or due < row.armed):
            self._disarm(key, row)
            self._clock.arm(key, due)
            row.armed = due
        row.shipment = shipment
        self._store(key, row)

    def _forget(self, key: str, row: Row) -> None:
        if row.aliases:
            row.past = row.past if row.shipment is None else past(row.shipment)
            row.shipment = None
            self._store(key, row)
        else:
            self._rows.drop(key)

    def _disarm(self, key: str, row: Row) -> None:
        if row.armed is not None:
            self._clock.disarm(key, row.armed)
            row.armed = None

    def _load(self, key: str) -> Row:
        return self._rows.get(key) or Row()

    def _store(self, key: str, row: Row) -> None:
        self._rows.put(key, row)


def _reuses(shipment_id: str) -> bool:
    return shipment_id.startswith("fedex:")


def _addressed(old: OrderFact | TicketFact | ActionFact, fact: Fact) -> OrderFact | TicketFact | ActionFact:
    """The same fact for the parcel it is now known to mean, at the moment that became known."""
    return msgspec.structs.replace(old, shipment_id=fact.shipment_id, now=max(old.now, fact.now))


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
