"""The three hops over bytes: records in, records out, marks in their place. The stream agents call these."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from rules.decision import Event
from rules.pipeline.clock import Due, Held, PartitionClock, micros
from rules.pipeline.envelope import ORIGIN_HEADER, cloud_event, mark, mark_time
from rules.pipeline.link import GivenUp, Linked, Linker
from rules.pipeline.park import bad_mark_letter, given_up_letter, parked_letter, refused_letter
from rules.pipeline.records import Headers, Out, Record, Rows
from rules.pipeline.route import Told, heard_links, route
from rules.pipeline.track import Gone, Passed, Place, Refused, Tracked, Tracker
from rules.policy import PolicyBook
from schemas.codec import dumps
from schemas.facts import Fact, FeedFact, base_id, place_of
from schemas.links import Link
from schemas.words import CUSTOMER_MESSAGES, LINK_EVENTS, MARK_HEADER, RAW_TOPICS, SHIPMENT_EVENTS, SHIPMENTS

_JSON = ("content-type", b"application/json")
_CASE_LABELS = ("change", "kind", "severity", "owner")
_LABELS = {CUSTOMER_MESSAGES: ("fate", "reason")}
_MAX_MARK_AHEAD = timedelta(minutes=1)
_decode_fact = msgspec.json.Decoder(Fact).decode
_decode_link = msgspec.json.Decoder(Link).decode
_encode = msgspec.json.encode


def raw_origins(partitions: int) -> frozenset[str]:
    """The inputs whose marks the linker's clock waits for."""
    return frozenset(f"{topic}/{partition}" for topic in RAW_TOPICS for partition in range(partitions))


def all_origins(partitions: int) -> frozenset[str]:
    """The inputs whose marks the tracker's clock waits for."""
    return raw_origins(partitions) | {f"link/{partition}" for partition in range(partitions)}


def route_batch(records: Sequence[Record], told: Told | None = None) -> list[Out]:
    """First hop over the records of one raw partition. Of marks with nothing between them only the last goes on.

    `told` remembers for which hours a carrier was said to be heard.
    """
    told = set() if told is None else told
    outs: list[Out] = []
    pending: Record | None = None
    for record in records:
        if _is_good_mark(record):
            pending = record
            continue
        if pending is not None:
            outs += _forwarded(pending)
            pending = None
        bad_mark = record.header(MARK_HEADER) is not None
        outs += [bad_mark_letter(record)] if bad_mark else routed_outs(record, told)
    if pending is not None:
        outs += _forwarded(pending)
    return outs


def routed_outs(record: Record, told: Told | None = None) -> Iterator[Out]:
    """What one raw record becomes on the topics behind the routers."""
    routed = route(record)
    headers = _internal(f"{record.topic}/{record.partition}")
    for fact in routed.facts:
        yield fact_out(fact, headers)
    for place, key, link in [*routed.links, *heard_links(record, routed, told if told is not None else set())]:
        yield Out(LINK_EVENTS, _bytes(key), _encode(link), link.received_at, headers, place=place)
    for parked in routed.parked:
        yield parked_letter(parked)


def fact_out(fact: Fact, headers: Headers) -> Out:
    """A fact on `shipment-events`; parcels under one reused number stay in one partition."""
    # What is said of a carrier's feed stops clocks in every partition.
    place = None if isinstance(fact, FeedFact) else place_of(fact.subject, fact.shipment_id)
    return Out(SHIPMENT_EVENTS, _bytes(fact.shipment_id), _encode(fact), fact.now, headers, place=place)


def event_out(event: Event, fact: Fact | None, now: datetime) -> Out:
    """A decision's event as subscribers read it."""
    trace = fact.trace if fact is not None else None
    id_ = str(event.value["event_id"])
    headers = cloud_event(id_, event.type, "/wismo/tracker", event.subject, event.time, trace)
    value = dumps(event.value)
    place = base_id(event.key) if event.value["subject"] == "shipment" else event.key
    return Out(event.topic, _bytes(event.key), value, now, headers, place=place, labels=_labels(event))


class LinkHop:
    """Second hop in one partition, over the rows of one batch."""

    def __init__(  # noqa: PLR0913 - the two tables, the place, the policy
        self,
        links: Rows,
        due: Rows,
        partition: int,
        partitions: int,
        policy: PolicyBook | None = None,
        *,
        strict: bool,
    ) -> None:
        self._clock = PartitionClock(due, partition, raw_origins(partitions), strict=strict)
        self._linker = Linker(links, self._clock, partition, policy)
        self._name = f"link/{partition}"
        self._headers = _internal(self._name)
        self._said = self._clock.now

    @property
    def clock(self) -> PartitionClock:
        """The clock of this partition."""
        return self._clock

    def save(self) -> None:
        """Write what this batch has changed: the rows, then the agenda and the clock."""
        self._linker.save()
        self._clock.save()

    def handle(self, record: Record) -> Iterator[Out]:
        """What one record of `link-events` leads to."""
        if (time := record.header(MARK_HEADER)) is not None:
            yield from self._mark(record, time)
            return
        assert record.value is not None
        link = _decode_link(record.value)
        origin = record.header(ORIGIN_HEADER) or ""
        if self._clock.must_wait(origin):
            order = f"{micros(link.received_at):020d}|{link.topic}|{link.position}|{record.key!r}"
            self._clock.hold(origin, order, record.value)
        else:
            yield from self._outs(self._linker.apply(link))

    def _mark(self, record: Record, time: str) -> Iterator[Out]:
        for step in self._clock.mark(record.header(ORIGIN_HEADER) or "", mark_time(time)):
            # What waited behind a mark goes out behind the same mark.
            after = step.after if isinstance(step, Held) else step.now
            if self._said is None or after > self._said:
                self._said = after
                yield mark(SHIPMENT_EVENTS, self._name, after)
            yield from self._outs(self._step(step))
        if self._clock.now is not None and (self._said is None or self._clock.now > self._said):
            self._said = self._clock.now
            yield mark(SHIPMENT_EVENTS, self._name, self._said)

    def _step(self, step: Due | Held) -> Iterator[Linked]:
        return self._linker.due(step) if isinstance(step, Due) else self._linker.apply(_decode_link(step.value))

    def _outs(self, linked: Iterable[Linked]) -> Iterator[Out]:
        for one in linked:
            yield given_up_letter(one) if isinstance(one, GivenUp) else fact_out(one, self._headers)


class TrackHop:
    """Third hop in one partition, over the rows of one batch."""

    def __init__(  # noqa: PLR0913 - the two tables, the place, the policies
        self,
        shipments: Rows,
        due: Rows,
        partition: int,
        partitions: int,
        policy: PolicyBook,
        *,
        strict: bool,
        candidate: PolicyBook | None = None,
    ) -> None:
        peers = frozenset(f"track/{one}" for one in range(partitions))
        self._clock = PartitionClock(due, partition, all_origins(partitions), strict=strict, peers=peers)
        self._name = f"track/{partition}"
        self._passed = _internal(self._name)
        self._tracker = Tracker(shipments, self._clock, policy, Place(partition, partitions), candidate)

    @property
    def duplicates(self) -> int:
        """Facts of this batch that were known already, so had no effect."""
        return self._tracker.duplicates

    @property
    def clock(self) -> PartitionClock:
        """The clock of this partition."""
        return self._clock

    def save(self) -> None:
        """Write what this batch has changed: the rows, then the agenda and the clock."""
        self._tracker.save()
        self._clock.save()

    def handle(self, record: Record) -> Iterator[Out]:
        """What one record of `shipment-events` leads to."""
        if (time := record.header(MARK_HEADER)) is not None:
            for step in self._clock.mark(record.header(ORIGIN_HEADER) or "", mark_time(time)):
                yield from self._outs(self._step(step), step.after if isinstance(step, Held) else step.now)
            if (reached := self._clock.announce()) is not None:
                yield mark(SHIPMENT_EVENTS, self._name, reached)
            return
        assert record.value is not None
        fact = _decode_fact(record.value)
        origin = record.header(ORIGIN_HEADER) or ""
        if self._clock.must_wait(origin):
            order = f"{micros(fact.now):020d}|{fact.topic}|{fact.position}|{fact.shipment_id}|{fact.fact_id}"
            self._clock.hold(origin, order, record.value)
        else:
            yield from self._outs(self._tracker.apply(fact), fact.now)

    def _outs(self, tracked: Iterable[Tracked], now: datetime) -> Iterator[Out]:
        for one in tracked:
            if isinstance(one, Passed):
                yield fact_out(one.fact, self._passed)
            else:
                yield from tracked_outs([one], now)

    def _step(self, step: Due | Held) -> Iterator[Tracked]:
        return self._tracker.due(step) if isinstance(step, Due) else self._tracker.apply(_decode_fact(step.value))


def tracked_outs(tracked: Iterable[Tracked], now: datetime) -> Iterator[Out]:
    """Decisions and refusals as records; what concerns other parcels is not among them."""
    for one in tracked:
        if isinstance(one, Refused):
            yield refused_letter(one)
        elif isinstance(one, Gone):
            yield Out(SHIPMENTS, _bytes(one.shipment_id), None, now, place=base_id(one.shipment_id))
        elif not isinstance(one, Passed):
            yield event_out(one[0], one[1], now)


def _labels(event: Event) -> dict[str, str] | None:
    names = _LABELS.get(event.topic) or (_CASE_LABELS if event.topic.startswith("exceptions-") else None)
    return None if names is None else {name: str(event.value.get(name) or "") for name in names}


def _bytes(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")


def _internal(origin: str) -> Headers:
    return (_JSON, (ORIGIN_HEADER, origin.encode()))


def _forwarded(record: Record) -> tuple[Out, Out]:
    origin, time = f"{record.topic}/{record.partition}", mark_time(record.header(MARK_HEADER) or "")
    return mark(LINK_EVENTS, origin, time), mark(SHIPMENT_EVENTS, origin, time)


def _is_good_mark(record: Record) -> bool:
    """A mark that may move the clock; one far ahead of its own record would silence every later event."""
    text = record.header(MARK_HEADER)
    if text is None:
        return False
    try:
        return mark_time(text) <= record.timestamp + _MAX_MARK_AHEAD
    except ValueError:
        return False
