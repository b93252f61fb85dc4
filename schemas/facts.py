"""Facts: what the routers make of raw bytes, and what travels on `link-events` and `shipment-events`.

These are the hot path, so they are msgspec structs; `schemas/raw.py` holds the pydantic models of what
senders send and `schemas/events.py` those of what subscribers read. All times are aware and UTC.
"""

from datetime import datetime
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from schemas.codec import digest


class Location(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Where a scan was made, as far as the sender says."""

    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None

    def text(self) -> str:
        """The place in one line, for people and for identity."""
        return ", ".join([part for part in (self.city, self.region, self.postal_code, self.country) if part])


class Scan(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One carrier scan in our words.

    `state` is None where the scan says nothing about state: then either `mapped` is true (informational) or
    false (no table knows the code). `occurred_at` is None only with `time_quality` `missing`.
    """

    carrier: str
    tracking_number: str
    unique_id: str | None = None
    """What tells parcels under one reused number apart: the carrier's unique id, or the ship date."""
    state: str | None = None
    reason: str | None = None
    flags: tuple[str, ...] = ()
    direction: str = "outbound"
    occurred_at: datetime | None = None
    time_quality: str = "offset"
    raw_time: str | None = None
    code: str | None = None
    description: str | None = None
    location: Location | None = None
    mapped: bool = True
    estimated_delivery_at: datetime | None = None
    service_level: str | None = None
    scan_id: str | None = None
    """The sender's own id of the scan, where it has one. Not part of its identity."""
    mapping_version: str | None = None
    undoes: tuple[str, ...] = ()
    """Of a retraction: the states it can take back; empty means whatever came last."""

    @property
    def shipment_id(self) -> str:
        """`<carrier>:<NUMBER>`, with the unique id behind it where the carrier reuses numbers."""
        return shipment_id(self.carrier, self.tracking_number, self.unique_id)

    @property
    def informational(self) -> bool:
        """Known, and says nothing about where the shipment is."""
        return self.state is None and self.mapped

    @property
    def identity(self) -> str:
        """Carrier, number or unique id, code, raw time, place: the same scan however often it is resent."""
        # Where a sender has no codes, what it says of the parcel stands for one.
        return self._identity(self.code or f"{self.state}/{self.description}")

    @property
    def remembered_as(self) -> str:
        """The identity under which a history keeps it.

        Without a code its text identifies it; the state beside it would part a scan from itself once a table knows it.
        """
        stateless = self.code is None and self.description and self.state is not None
        return self._identity(f"None/{self.description}") if stateless else self.identity

    def _identity(self, code: str) -> str:
        place = self.location.text() if self.location else ""
        return digest(self.shipment_id, code, self.raw_time, place, size=12)


def shipment_id(carrier: str, tracking_number: str, unique_id: str | None = None) -> str:
    """The one id of a parcel."""
    base = f"{carrier}:{tracking_number}"
    return f"{base}:{unique_id}" if unique_id else base


def subject_key(subject: str, id_: str) -> str:
    """How a subject is addressed: a shipment by its id, anything else by its kind and id."""
    return id_ if subject == "shipment" else f"{subject}:{id_}"


def subject_id(subject: str, key: str) -> str:
    """The inverse of `subject_key`: what subscribers know the subject by."""
    return key if subject == "shipment" else key.split(":", 1)[1]


def place_of(subject: str, key: str) -> str:
    """What decides the partition of a subject: parcels under one reused number stay together."""
    return base_id(key) if subject == "shipment" else subject_id(subject, key)


def base_id(shipment: str) -> str:
    """The id without the part that tells reused numbers apart: what an order or a ticket can name."""
    return ":".join(shipment.split(":", 2)[:2]) if shipment.count(":") > 1 else shipment


class Money(Struct, frozen=True):
    """An amount as the sender wrote it (a decimal text) and its ISO 4217 currency."""

    amount: str
    currency: str


class Customer(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the order says of its customer."""

    tier: str | None = None
    orders_before: int | None = None
    failed_deliveries_90d: int | None = None


class Destination(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Where the order goes; `timezone` is an IANA name."""

    country: str | None = None
    region: str | None = None
    postal_code: str | None = None
    timezone: str | None = None


class OrderShipment(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One parcel of an order."""

    carrier: str
    tracking_number: str
    service_level: str | None = None
    direction: str | None = None
    shipped_at: datetime | None = None

    @property
    def shipment_id(self) -> str:
        """The parcel's id; an order never knows a carrier's unique id."""
        return shipment_id(self.carrier, self.tracking_number)


class OrderChange(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One order event: a later one (by `at`, ties by bytes) replaces the fields it carries.

    UNSET means the event did not carry the field, None that it cleared it.
    """

    event: str
    order_id: str
    at: datetime
    tie: str = ""
    """A hash of the event's bytes: settles the order of two events with one `at`."""
    customer_id: str | None | UnsetType = UNSET
    storefront: str | None | UnsetType = UNSET
    channel: str | None | UnsetType = UNSET
    promise_date: str | None | UnsetType = UNSET
    needed_by: str | None | UnsetType = UNSET
    value: Money | None | UnsetType = UNSET
    customer: Customer | None | UnsetType = UNSET
    destination: Destination | None | UnsetType = UNSET
    replacement_for: str | None | UnsetType = UNSET
    shipments: tuple[OrderShipment, ...] = ()


class Order(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An order as merged from its events so far."""

    order_id: str
    at: datetime
    """The latest `at` among its events."""
    created_at: datetime | None = None
    cancelled_at: datetime | None = None
    fulfilled_at: datetime | None = None
    customer_id: str | None = None
    storefront: str | None = None
    channel: str | None = None
    promise_date: str | None = None
    needed_by: str | None = None
    value: Money | None = None
    customer: Customer | None = None
    destination: Destination | None = None
    replacement_for: str | None = None
    shipments: tuple[OrderShipment, ...] = ()

    @property
    def outbound(self) -> tuple[OrderShipment, ...]:
        """Its parcels but for returns."""
        return tuple(one for one in self.shipments if one.direction != "return")


class TicketChange(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One support-ticket event."""

    event: str
    ticket_id: str
    at: datetime
    order_id: str | None = None
    tracking_number: str | None = None
    customer_id: str | None = None
    channel: str | None = None
    intent: str | None = None
    stated_state: str | None = None


class Action(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What an operator did."""

    action: str
    shipment_id: str
    subject: str | None = None
    """What the id names, where it is no shipment: a word of `words.SUBJECTS`."""
    at: datetime
    case_id: str | None = None
    by: str | None = None
    owner: str | None = None
    assignee: str | None = None
    until: datetime | None = None
    decision: str | None = None
    message_id: str | None = None
    note: str | None = None


LinkedBy = Literal["shipment_id", "order_id", "tracking_number", "customer_id", "ticket_id"]
"""By what a fact found its shipment."""


class _Fact(Struct, frozen=True, omit_defaults=True, kw_only=True, tag_field="fact"):
    """What every fact about a shipment, or about another subject of cases, carries."""

    fact_id: str
    """Deterministic: the same raw event gives the same id, however often it comes."""
    shipment_id: str
    """Whom it is about; of an order, a carrier or an incident `<subject>:<id>`."""
    subject: str = "shipment"
    received_at: datetime
    """When we heard: the record time of the raw event."""
    now: datetime
    """When it counts: `received_at`, or the moment a parked fact was released."""
    source: str
    topic: str
    position: str
    """Sortable place in its topic; with `now` and `topic` the order in which a minute's facts apply."""
    linked_by: LinkedBy = "shipment_id"
    imported: bool = False
    """A history loaded from before: it must not speak to customers."""
    trace: str | None = None
    """W3C traceparent of the raw event, passed on."""


class ScansFact(_Fact, frozen=True, omit_defaults=True, kw_only=True, tag="scans"):
    """The scans of one raw message about one shipment, in true order of occurrence."""

    scans: tuple[Scan, ...]
    ids: tuple[str, ...] = ()
    """For each scan the identity under which it is remembered; worked out by the router, once."""


class OrderFact(_Fact, frozen=True, omit_defaults=True, kw_only=True, tag="order"):
    """The order of this shipment as merged so far; a later one replaces an earlier one."""

    order: Order
    parcel: OrderShipment | None = None
    """The line of the order that is this shipment."""


class TicketFact(_Fact, frozen=True, omit_defaults=True, kw_only=True, tag="ticket"):
    """A ticket event that concerns this shipment."""

    ticket: TicketChange


class ActionFact(_Fact, frozen=True, omit_defaults=True, kw_only=True, tag="action"):
    """An operator's action on this shipment or one of its cases."""

    action: Action


class SiblingFact(_Fact, frozen=True, omit_defaults=True, kw_only=True, tag="sibling"):
    """Another parcel of the same order was delivered, or is so no more."""

    sibling: str
    """Its shipment id as the order knows it."""
    delivered_at: datetime | None = None


class IncidentFact(_Fact, frozen=True, omit_defaults=True, kw_only=True, tag="incident"):
    """Many parcels stand still at one place: told to the incident itself and to each parcel that is part of it."""

    incident_id: str
    carrier: str
    place: str
    since: datetime
    """When it was found."""
    ended: bool = False
    affected: int = 0
    """Parcels that stand still there."""
    share: float = 0.0
    """Of the parcels that came there lately, how many stand still; 0 to 1."""
    usual: float = 0.0
    """The share that is usual there, or at this carrier."""


class FeedFact(_Fact, frozen=True, omit_defaults=True, kw_only=True, tag="feed"):
    """What is heard of a carrier: told to every partition, as all of its parcels' clocks depend on it."""

    carrier: str
    heard_at: datetime
    """The last message about any of its parcels."""
    silent_from: datetime | None = None
    """Since when too little is heard of it; None where all is well."""
    in_flight: int = 0
    """Parcels of it that are under way."""
    observed: float | None = None
    """Messages in the last window, where history says how many to expect."""
    expected: float | None = None


Fact = ScansFact | OrderFact | TicketFact | ActionFact | SiblingFact | IncidentFact | FeedFact


class Rejected(Struct, frozen=True, kw_only=True):
    """Bad input as a value: why a raw message cannot be used, and what to do."""

    reason: str
    """One of `words.DEAD_LETTER_REASONS`."""
    message: str
    """What is wrong, where in the message, what to do. Holds no customer data."""
    stage: str = "decode"
