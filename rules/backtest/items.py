"""What the trackers of both policies are fed: facts, marks of the clock, and who asked about what.

Reading, routing and linking do not depend on the policy, but for what is found of feeds and places: so one log serves
both policies, and where their `feed` or `incident` values differ each gets its own.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from rules.pipeline.link import Linked, Linker
from rules.pipeline.records import Out
from rules.pipeline.replay import Replay, in_order, record_of
from rules.policy import PolicyBook
from schemas.facts import Fact, TicketFact, subject_key
from schemas.links import Link, TicketLink
from schemas.recording import RawRecord

OLD, NEW = 1, 2
BOTH = OLD | NEW
"""For which of the two policies an item is."""
_LINKERS = ("feed.", "incident.")


class Mark(Struct, frozen=True, tag_field="fact", tag="mark"):
    """The clock has reached this minute."""

    minute: datetime


class Asked(Struct, frozen=True, tag_field="fact", tag="asked"):
    """A customer opened a ticket that names an order: its parcels may not be known yet."""

    key: str
    ticket_id: str
    at: datetime


Item = Fact | Mark | Asked


class Front(Replay):
    """A replay that stops before the tracker: all that it would be given is written down instead."""

    def __init__(self, policy: PolicyBook) -> None:
        super().__init__(policy)
        self._linker = _Listening(self, self._link_clock, policy)
        self.items: list[Item] = []

    def apply(self, fact: Fact) -> Iterator[Out]:
        """Write the fact down."""
        self.items.append(fact)
        return iter(())

    def _sweep(self, minute: datetime) -> Iterator[Out]:
        self.items.append(Mark(minute))
        return iter(())

    def taken(self) -> list[Item]:
        """What was written down since the last time."""
        items, self.items = self.items, []
        return items


class _Listening(Linker):
    """A linker that notes which orders tickets name."""

    def __init__(self, front: Front, clock: object, policy: PolicyBook) -> None:
        super().__init__(None, clock, 0, policy)  # type: ignore[arg-type]
        self._front = front

    def apply(self, link: Link) -> Iterator[Linked]:
        """Note the order, then link as ever."""
        if isinstance(link, TicketLink) and link.ticket.event == "opened" and link.ticket.order_id:
            key = subject_key("order", link.ticket.order_id)
            self._front.items.append(Asked(key, link.ticket.ticket_id, link.ticket.at))
        return super().apply(link)


class Log:
    """The items of a recording for two policies, each with whom it is for; counts what cannot be used."""

    def __init__(self, old: PolicyBook, new: PolicyBook) -> None:
        shared = _of_linkers(old) == _of_linkers(new)
        self._fronts = [(BOTH, Front(old))] if shared else [(OLD, Front(old)), (NEW, Front(new))]
        self.parked = 0
        """Dead letters: records, or scans of records, that nobody could use."""

    def items(self, records: Iterable[RawRecord], until: datetime | None = None) -> Iterator[tuple[int, list[Item]]]:
        """For each record in order, whom its items are for and the items; after the last those up to `until`.

        Raises `UnknownTopicError` on a record of a topic that is no raw topic.
        """
        for number, raw in enumerate(in_order(records)):
            if until is not None and raw.timestamp > until:
                break
            record = record_of(raw, number)
            for sides, front in self._fronts:
                self._park(sides, [*front.advance(raw.timestamp), *front.feed(record)])
                yield sides, front.taken()
        for sides, front in self._fronts:
            if until is not None:
                self._park(sides, list(front.advance(until)))
                yield sides, front.taken()

    def _park(self, sides: int, letters: list[Out]) -> None:
        # Both policies park the same: of two logs one is counted.
        self.parked += len(letters) if sides & OLD else 0


def ticket_of(item: Item) -> Asked | None:
    """Of a ticket that a customer opened about a shipment: that they asked about it."""
    if isinstance(item, Asked):
        return item
    if isinstance(item, TicketFact) and item.ticket.event == "opened":
        return Asked(item.shipment_id, item.ticket.ticket_id, item.ticket.at)
    return None


def _of_linkers(book: PolicyBook) -> list[object]:
    """As much of a policy as the linker reads."""
    told: list[object] = []
    for number, entry in enumerate(book.entries):
        values = {path: value for path, value in entry.values.items() if path.startswith(_LINKERS)}
        if values or number == 0:
            told.append((entry.begins, book.end(number), entry.scope, values))
    return told
