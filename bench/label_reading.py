"""Reads a recording for the label scores: what each parcel's scans, order and tickets say, and when it was heard.

It knows senders' formats through `rules.normalize`, and nothing of the kinds, cases and clocks that it is to judge.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import UNSET

from rules.calendar import calendar_of
from rules.normalize import parse_order, parse_scans, parse_ticket
from schemas.facts import OrderChange, OrderShipment, Rejected, Scan, TicketChange, base_id
from schemas.recording import RawRecord

NOTHING: Final = timedelta(0)
_DAY: Final = timedelta(days=1)
_ZONES: Final = {"US": "America/New_York"}
"""Only for destinations that name no zone."""
_FIELDS: Final = ("promise_date", "value", "destination", "replacement_for", "needed_by")


@dataclass(frozen=True, slots=True)
class Seen:
    """A scan, when it happened, and when it was first heard of."""

    at: datetime
    heard: datetime
    scan: Scan


@dataclass(slots=True)
class Sale:
    """An order with everything its events set."""

    order_id: str
    fields: dict[str, Any] = field(default_factory=dict)
    parcels: dict[str, OrderShipment] = field(default_factory=dict)
    created: datetime | None = None
    shipped_heard: datetime | None = None
    """When a parcel of it, or that it was fulfilled or cancelled, was first heard of."""
    fulfilled: datetime | None = None
    cancelled: datetime | None = None

    @property
    def promise_end(self) -> datetime | None:
        """24:00 of the promised day at the destination."""
        promised, place = self.fields.get("promise_date"), self.fields.get("destination")
        if not promised:
            return None
        name = (place.timezone or _ZONES.get(place.country or "", "UTC")) if place else "UTC"
        day = date.fromisoformat(promised) + _DAY
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(name)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """A ticket while it was open and named an order or a number."""

    name: str
    begins: datetime
    ends: datetime | None
    intent: str | None


@dataclass(slots=True)
class Parcel:
    """What was heard of one parcel, in order of occurrence."""

    shipment_id: str
    scans: list[Seen] = field(default_factory=list)
    sale: Sale | None = None

    @property
    def carrier(self) -> str:
        """Who carries it."""
        return self.shipment_id.split(":")[0]

    @property
    def service_level(self) -> str | None:
        """What was paid for: as the order says, else as the last scan that tells."""
        own = self.sale.parcels.get(base_id(self.shipment_id)) if self.sale else None
        told = [seen.scan.service_level for seen in self.scans if seen.scan.service_level]
        return (own.service_level if own else None) or (told[-1] if told else None)

    @property
    def is_return(self) -> bool:
        """A return that is a shipment of its own."""
        own = self.sale.parcels.get(base_id(self.shipment_id)) if self.sale else None
        told = own is not None and own.direction == "return"
        return told or any(seen.scan.direction == "return" for seen in self.scans)

    @property
    def is_replacement(self) -> bool:
        """Sent in place of another order."""
        return self.sale is not None and bool(self.sale.fields.get("replacement_for"))


@dataclass
class Read:
    """A whole recording."""

    parcels: dict[str, Parcel] = field(default_factory=dict)
    sales: dict[str, Sale] = field(default_factory=dict)
    tickets: list[Asked] = field(default_factory=list)
    carriers: dict[str, list[datetime]] = field(default_factory=dict)
    """When each carrier was heard of."""
    outages: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=dict)
    """When each carrier's feed said nothing, by the labels."""
    last: datetime = datetime.min.replace(tzinfo=UTC)

    @cached_property
    def tickets_of(self) -> dict[str, list[Asked]]:
        """The tickets that name an order or a number, once all is read."""
        found: defaultdict[str, list[Asked]] = defaultdict(list)
        for asked in self.tickets:
            found[asked.name].append(asked)
        return found

    @cached_property
    def parcels_of(self) -> dict[str, list[Parcel]]:
        """The parcels under a carrier's number, of which a reused one has several, once all is read."""
        found: defaultdict[str, list[Parcel]] = defaultdict(list)
        for id_, parcel in self.parcels.items():
            found[base_id(id_)].append(parcel)
        return found

    def worked(self, carrier: str, start: datetime, end: datetime) -> timedelta:
        """Business time of a carrier between two moments, without its feed's outages: counted day by day."""
        silent = [(max(start, begins), min(end, ends)) for begins, ends in self.outages.get(carrier, ())]
        return _worked(carrier, start, end) - sum((_worked(carrier, *one) for one in silent), NOTHING)

    def gaps(self, carrier: str) -> timedelta:
        """The longest time in which nothing was heard of a carrier."""
        heard = sorted(self.carriers.get(carrier, ()))
        return max((after - before for before, after in pairwise(heard)), default=NOTHING)


def _worked(carrier: str, start: datetime, end: datetime) -> timedelta:
    calendar, total, at = calendar_of(carrier), NOTHING, start
    while at < end:
        day = at.astimezone(calendar.zone).date()
        following = day + _DAY
        midnight = datetime(following.year, following.month, following.day, tzinfo=calendar.zone).astimezone(UTC)
        if calendar.is_business_day(day):
            total += min(midnight, end) - at
        at = midnight
    return total


def read(records: Iterable[RawRecord]) -> Read:
    """Read a recording; what no sender's format explains is left out."""
    found, changes = Read(), list[tuple[datetime, OrderChange]]()
    told: dict[str, list[tuple[datetime, TicketChange]]] = {}
    for record in sorted(records, key=lambda one: one.timestamp):
        found.last = max(found.last, record.timestamp)
        source, raw = record.source or "", record.value or b""
        if record.topic == "carrier-scans":
            _scans(found, parse_scans(source, raw), record.timestamp)
        elif record.topic == "order-events":
            parsed = parse_order(source, raw)
            changes += [] if isinstance(parsed, Rejected) else [(record.timestamp, one) for one in parsed]
        elif record.topic == "ticket-events":
            tickets = parse_ticket(source, raw)
            for one in () if isinstance(tickets, Rejected) else tickets:
                told.setdefault(one.ticket_id, []).append((record.timestamp, one))
    _orders(found, changes)
    found.tickets = [asked for events in told.values() for asked in _asked(events)]
    return found


def _scans(found: Read, parsed: tuple[Scan, ...] | Rejected, heard: datetime) -> None:
    for scan in () if isinstance(parsed, Rejected) else parsed:
        found.carriers.setdefault(scan.carrier, []).append(heard)
        at = scan.occurred_at or heard
        if at > heard + timedelta(hours=48):
            continue
        parcel = found.parcels.setdefault(scan.shipment_id, Parcel(scan.shipment_id))
        # One code of one minute may stand for two states, as EasyPost's for "delayed" and "in transit".
        known = {(seen.scan.identity, seen.scan.state) for seen in parcel.scans}
        if (scan.identity, scan.state) not in known:
            parcel.scans.append(Seen(at, heard, scan))
            parcel.scans.sort(key=lambda seen: seen.at)


def _orders(found: Read, changes: list[tuple[datetime, OrderChange]]) -> None:
    for heard, change in sorted(changes, key=lambda one: (one[1].at, one[1].tie)):
        _merge(found.sales.setdefault(change.order_id, Sale(change.order_id)), change, heard)
    by_id: dict[str, list[Parcel]] = {}
    for parcel in found.parcels.values():
        by_id.setdefault(base_id(parcel.shipment_id), []).append(parcel)
    for sale in found.sales.values():
        for name in sale.parcels:
            for parcel in by_id.get(name, ()) or [found.parcels.setdefault(name, Parcel(name))]:
                parcel.sale = sale


def _merge(sale: Sale, change: OrderChange, heard: datetime) -> None:
    for name in _FIELDS:
        if (value := getattr(change, name)) is not UNSET:
            sale.fields[name] = value
    sale.parcels |= {one.shipment_id: one for one in change.shipments}
    if change.event == "created":
        sale.created = change.at
    elif change.event == "fulfilled":
        sale.fulfilled = sale.fulfilled or change.at
    elif change.event == "cancelled":
        sale.cancelled = change.at
    if change.shipments or change.event in ("fulfilled", "cancelled"):
        sale.shipped_heard = min(heard, sale.shipped_heard or heard)


def _asked(events: list[tuple[datetime, TicketChange]]) -> Iterable[Asked]:
    """The spans in which a ticket was open, under every name that it gave by then."""
    names: dict[str, datetime] = {}
    intent: str | None = None
    for heard, event in events:
        intent = event.intent or intent
        for name in (event.order_id, event.tracking_number):
            if name and event.event != "closed":
                names.setdefault(name, heard)
        if event.event == "closed":
            yield from (Asked(name, begins, heard, intent) for name, begins in names.items())
            names = {}
    yield from (Asked(name, begins, None, intent) for name, begins in names.items())
