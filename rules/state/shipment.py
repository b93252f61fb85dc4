"""All that is known of one shipment, as it is kept between two facts."""

from datetime import datetime

import msgspec
from msgspec import Struct

from rules.state.cases import Case, Suppressed, Ticket
from rules.state.life import Lifecycle, Seen
from rules.state.messages import Message, Sent
from schemas.facts import Order, OrderShipment, subject_id


class Standstill(Struct, frozen=True, array_like=True):
    """The incident a parcel is part of."""

    incident_id: str
    place: str
    since: datetime
    affected: int
    share: float
    usual: float


class Hearsay(Struct, frozen=True, array_like=True):
    """What another parcel of the order has told of itself, and from when it counts."""

    counts: datetime
    told: datetime
    """The other parcel's clock when it told it."""
    sibling: str
    delivered_at: datetime | None
    """None: it is delivered no more."""


class Aside(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Cases kept apart from the live ones: nobody is told of them, and they change nothing."""

    of: str = ""
    """Which candidate policy they are of, and since when: part of their ids."""
    cases: dict[str, Case] = {}
    suppressed: dict[str, Suppressed] = {}
    told: tuple[str, ...] = ()
    """Messages that would have been written, each noted once."""
    next_due: datetime | None = None


class Shipment(Struct, omit_defaults=True, kw_only=True):
    """Everything known of one shipment, or of another subject of cases."""

    shipment_id: str
    subject: str = "shipment"
    """A shipment, or an order, a carrier or an incident that has cases of its own."""
    carrier: str
    tracking_number: str
    clock: datetime | None = None
    """The latest moment anything was decided at; time does not run backwards."""
    scans: list[Seen] = []
    life: Lifecycle = msgspec.field(default_factory=Lifecycle)
    linked_by: str | None = None
    """By what the order found the shipment."""
    order: Order | None = None
    parcel: OrderShipment | None = None
    order_rank: tuple[datetime, str, datetime, str, str] | None = None
    """What decides which of two orders counts; the larger."""
    siblings: dict[str, datetime] = {}
    """Other parcels of its order that were delivered, and when."""
    siblings_from: datetime | None = None
    """From when the last of it counts."""
    hearsay: tuple[Hearsay, ...] = ()
    """What they told that does not count yet, in the order in which it will."""
    incident: Standstill | None = None
    incidents: int = 0
    """How many incidents it was part of."""
    tickets: dict[str, Ticket] = {}
    cases: dict[str, Case] = {}
    """The latest episode of every kind that was ever found."""
    suppressed: dict[str, Suppressed] = {}
    asides: dict[str, Aside] = {}
    """By a word of `schemas.words.SHADOWS`."""
    pending: list[Message] = []
    sent: list[Sent] = []
    imported: bool = False
    """All that is known of it was loaded from before; a recent fact from a live feed ends that."""
    told: list[str] = []
    """What was already taken up to be told: class, topic and episode, whatever the fate."""
    actions: list[str] = []
    """Fact ids of the latest operators' actions."""
    sequences: dict[str, int] = {}
    last_update_id: str | None = None
    last_received_at: datetime | None = None
    next_due: datetime | None = None
    """When time alone may change something; always later than `clock`."""
    forget_at: datetime | None = None
    """When a terminal shipment may leave the table."""

    @property
    def subject_id(self) -> str:
        """What subscribers know it by."""
        return subject_id(self.subject, self.shipment_id)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Shipment)


def encode_shipment(shipment: Shipment) -> bytes:
    """Compact JSON."""
    return _encoder.encode(shipment)


def decode_shipment(raw: bytes) -> Shipment:
    """The inverse; raises `msgspec.DecodeError` on anything else."""
    return _decoder.decode(raw)
