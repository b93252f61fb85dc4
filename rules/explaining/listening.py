"""Hears a recording for the sake of one subject: everything that bears on it, and nothing that does not.

Routers, linker and fleet take every record in, since feeds, incidents and tickets may come from any of them. The
tracker is given the subject, the other parcels of its order and the carriers' feeds: no other fact can reach it.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from msgspec.structs import replace

from rules.feeds import Feed, Feeds
from rules.pipeline.clock import PartitionClock
from rules.pipeline.fleet.rows import Carrier
from rules.pipeline.records import Out
from rules.pipeline.replay import Replay, in_order, record_of
from rules.pipeline.route import route
from rules.pipeline.track import Row, Tracked, Tracker
from rules.policy import PolicyBook
from rules.state import Shipment
from schemas.codec import loads
from schemas.facts import Fact, FeedFact, Scan, ScansFact, base_id, subject_id
from schemas.links import OrderLink
from schemas.recording import RawRecord
from schemas.words import CUSTOMER_MESSAGES, SHADOW_EXCEPTIONS, SHIPMENT_UPDATES, SUBJECTS

Moment = tuple[str, datetime]
"""A subject's key and when it is asked about."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ORDERS: Final = "order-events"
_TOLD_ON: Final = (SHIPMENT_UPDATES, CUSTOMER_MESSAGES, SHADOW_EXCEPTIONS)


@dataclass(slots=True)
class Heard:
    """What a recording says of one subject up to a moment, and what it says after it."""

    key: str
    at: datetime
    shipment: Shipment | None = None
    """Its state as of the moment; None where nothing was known of it."""
    forgotten: bool = False
    """It was over, and has left the table: the state is the last that it had."""
    feeds: Feeds = field(default_factory=Feeds)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """(topic, value) of everything published of it."""
    facts: list[Fact] = field(default_factory=list)
    later: list[Fact] = field(default_factory=list)
    """Facts that came after the moment."""
    names: set[str] = field(default_factory=set)
    """Every subject that was heard of by the moment."""
    names_later: set[str] = field(default_factory=set)

    @property
    def scans(self) -> dict[str, Scan]:
        """The scans as their senders told them, by the identity under which a history keeps them."""
        facts = (fact for fact in self.facts if isinstance(fact, ScansFact))
        return {scan.remembered_as: scan for fact in facts for scan in fact.scans}


def subject_of(key: str) -> str:
    """What kind of subject a key names: `order:A-1` an order, `ups:1Z...` a shipment."""
    first = key.partition(":")[0]
    return first if first in SUBJECTS and first != "shipment" else "shipment"


def listen(records: Iterable[RawRecord], key: str, at: datetime | None, policy: PolicyBook) -> Heard:
    """Hear a recording for one subject.

    Args:
        records: raw records, in any order.
        key: a shipment id, or `order:`, `carrier:` or `incident:` and an id.
        at: the moment, by arrival; None means the last record's.
        policy: what is decided by.

    Raises:
        UnknownTopicError: a record is of no raw topic.
    """
    ordered = in_order(records)
    moment = at or (ordered[-1].timestamp if ordered else _EPOCH)
    cut = bisect_right(ordered, moment, key=lambda record: record.timestamp)
    ear = Ear(policy, kin(ordered, key))
    heard = Heard(key, moment)
    if not ordered:
        return heard
    heard.events = [event for out in ear.run(ordered[:cut], moment) for event in _told_of(out, key)]
    ear.keep_in(heard)
    for number, raw in enumerate(ordered[cut:], start=cut):
        for _ in (*ear.advance(raw.timestamp), *ear.feed(record_of(raw, number))):
            pass
    heard.later, heard.names_later = ear.facts(key)[len(heard.facts) :], ear.names - heard.names
    return heard


def listen_each(records: Iterable[RawRecord], moments: Iterable[Moment], policy: PolicyBook) -> Iterator[Heard]:
    """Hear a recording once for several subjects, each up to its own moment; what comes later is not listened for.

    Answers come by time, then by subject. Raises `UnknownTopicError` on a record of no raw topic.
    """
    ordered, waiting = in_order(records), sorted(moments, key=lambda one: (one[1], one[0]))
    ear, events = Ear(policy, kin(ordered, *(key for key, _ in waiting))), _Events(key for key, _ in waiting)
    fed = 0
    for key, at in waiting:
        cut = bisect_right(ordered, at, key=lambda record: record.timestamp)
        for number, raw in enumerate(ordered[fed:cut], start=fed):
            events.note(ear.advance(raw.timestamp))
            events.note(ear.feed(record_of(raw, number)))
        events.note(ear.advance(at))
        fed, heard = cut, Heard(key, at)
        heard.events = list(events.of[key])
        ear.keep_in(heard)
        yield heard


class _Events:
    """What was published of each subject so far."""

    def __init__(self, keys: Iterable[str]) -> None:
        self.of: dict[str, list[tuple[str, dict[str, Any]]]] = {key: [] for key in keys}

    def note(self, outs: Iterable[Out]) -> None:
        for out in outs:
            for key, told in self.of.items():
                told.extend(_told_of(out, key))


def kin(records: Sequence[RawRecord], *keys: str) -> frozenset[str]:
    """The subjects and every parcel that any order ever named beside one, without what tells reused numbers apart.

    More than are needed do no harm: what one parcel is told of another is worked out again by the tracker.
    """
    others = frozenset(key for key in keys if subject_of(key) != "shipment")
    own, orders = {base_id(key) for key in keys} - others, dict[str, set[str]]()
    if not own:
        return others
    for raw in records:
        if raw.topic == _ORDERS:
            for _, _, link in route(record_of(raw, 0)).links:
                if isinstance(link, OrderLink):
                    names = {parcel.shipment_id for parcel in link.change.shipments}
                    orders.setdefault(link.change.order_id, set()).update(names)
    return others.union(own, *(names for names in orders.values() if names & own))


class Ear(Replay):
    """A replay whose tracker is given only what may bear on some subjects, and that notes what reached them."""

    def __init__(self, policy: PolicyBook, kin: frozenset[str]) -> None:
        super().__init__(policy)
        self._kin = kin
        self._noting = _Noting(self._track_clock, policy)
        self._tracker = self._noting
        self.names: set[str] = set()

    def facts(self, key: str) -> list[Fact]:
        """The facts that said something new of a subject."""
        return self._noting.facts[key]

    def apply(self, fact: Fact) -> Iterator[Out]:
        """What one fact leads to at the tracker, if it may bear on the subject."""
        self.names.add(fact.shipment_id)
        if isinstance(fact, FeedFact) or base_id(fact.shipment_id) in self._kin or fact.shipment_id in self._kin:
            yield from super().apply(fact)

    def keep_in(self, heard: Heard) -> None:
        """Note what is known of its subject as of now."""
        now, last = self.shipment(heard.key), self._noting.last.get(heard.key)
        heard.forgotten = now is None and last is not None
        heard.facts, heard.names = list(self.facts(heard.key)), set(self.names)
        heard.shipment, heard.feeds = now or last, self._tracker.feeds
        key = heard.key
        carrier = key.partition(":")[2 if subject_of(key) == "carrier" else 0]
        row = self._linker.carrier(heard.shipment.carrier if heard.shipment else carrier)
        if row is not None:
            # The tracker is told of a feed only when it falls silent or is heard again; the fleet counts all along.
            heard.feeds = _counted(heard.feeds, heard.shipment.carrier if heard.shipment else carrier, row)
            if heard.shipment is None and subject_of(key) == "carrier":
                heard.shipment = Shipment(shipment_id=key, subject="carrier", carrier=carrier, tracking_number="")


def _counted(feeds: Feeds, carrier: str, row: Carrier) -> Feeds:
    feed = feeds.carriers.get(carrier) or Feed(heard_at=row.heard_at)
    feed = replace(feed, heard_at=max(feed.heard_at, row.heard_at), in_flight=row.moving)
    return Feeds({**feeds.carriers, carrier: feed})


class _Noting(Tracker):
    """A tracker that notes what reaches each subject, and the last state of it before it is forgotten."""

    def __init__(self, clock: PartitionClock, policy: PolicyBook) -> None:
        super().__init__(None, clock, policy)
        self.facts: dict[str, list[Fact]] = defaultdict(list)
        self.last: dict[str, Shipment] = {}

    def _decide(self, fact: Fact) -> Iterator[Tracked]:
        known = self.duplicates
        yield from super()._decide(fact)
        if self.duplicates == known:
            self.facts[fact.shipment_id].append(fact)

    def _forget(self, key: str, row: Row) -> None:
        if row.shipment is not None:
            self.last[key] = row.shipment
        super()._forget(key, row)


def _told_of(out: Out, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if out.topic not in _TOLD_ON and not out.topic.startswith("exceptions-"):
        return
    id_ = subject_id(subject_of(key), key)
    if out.key is not None and out.key.decode("utf-8", "replace") == id_:
        value: dict[str, Any] = loads(out.value or b"{}")
        if value.get("subject") == subject_of(key):
            yield out.topic, value
